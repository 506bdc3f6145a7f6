# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Reading uv's pylock.toml, and the choice of a wheel."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.pylock import parse_pylock

SHA = "a" * 64


def wheel(filename: str, sha256: str = SHA) -> str:
    return (
        f'{{ url = "https://files.invalid/packages/{filename}", upload-time = 2026-08-03T21:19:36Z, '
        f'hashes = {{ sha256 = "{sha256}" }} }}'
    )


def package(name: str, version: str, *wheels: str, marker: str = "") -> str:
    lines = [
        "[[packages]]",
        f'name = "{name}"',
        f'version = "{version}"',
        *([f'marker = "{marker}"'] if marker else []),
    ]
    lines.append(
        f"wheels = [{wheels[0]}]" if len(wheels) == 1 else "wheels = [\n    " + ",\n    ".join(wheels) + ",\n]"
    )
    return "\n".join(lines)


def pylock(*packages: str) -> str:
    return 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.11"\n\n' + "\n\n".join(packages) + "\n"


def test_each_package_has_its_wheel() -> None:
    text = pylock(
        package("cffi", "2.1.1", wheel("cffi-2.1.1-cp311-cp311-manylinux_2_17_x86_64.whl"), marker="os_name != 'x'"),
        package("pycparser", "3.12", wheel("pycparser-3.12-py3-none-any.whl", "b" * 64)),
    )
    first, second = parse_pylock(text)
    assert (first.name, first.version, first.sha256) == ("cffi", "2.1.1", SHA)
    assert first.url == "https://files.invalid/packages/cffi-2.1.1-cp311-cp311-manylinux_2_17_x86_64.whl"
    assert (second.filename, second.sha256) == ("pycparser-3.12-py3-none-any.whl", "b" * 64)


def test_nothing_resolved_is_an_empty_list() -> None:
    assert parse_pylock(pylock()) == []


@pytest.mark.parametrize(
    ("best", "others"),
    [
        (
            "x-1-cp311-abi3-manylinux_2_34_x86_64.whl",
            [
                "x-1-cp39-abi3-manylinux_2_34_x86_64.whl",
                "x-1-cp311-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
            ],
        ),
        (
            "x-1-cp313-cp313-macosx_11_0_arm64.whl",
            ["x-1-cp313-cp313-macosx_10_9_universal2.whl", "x-1-py3-none-any.whl"],
        ),
        ("x-1-cp39-abi3-linux_x86_64.whl", ["x-1-py3-none-any.whl"]),
        ("x-1-cp313-none-any.whl", ["x-1-py3-none-any.whl"]),
    ],
)
def test_the_most_specific_wheel_is_chosen_in_any_order(best: str, others: list[str]) -> None:
    for order in ([best, *others], [*others, best]):
        assert parse_pylock(pylock(package("x", "1", *map(wheel, order))))[0].filename == best


def test_a_wheel_in_a_directory_has_its_own_name() -> None:
    text = pylock(
        '[[packages]]\nname = "x"\nversion = "1"\n'
        f'wheels = [{{ url = "file:///srv/my%20wheels/x-1-py3-none-any.whl", hashes = {{ sha256 = "{SHA}" }} }}]'
    )
    assert parse_pylock(text)[0].filename == "x-1-py3-none-any.whl"


@pytest.mark.parametrize(
    "body",
    [
        'sdist = { url = "https://files.invalid/x-1.tar.gz", hashes = { sha256 = "' + SHA + '" } }',
        'wheels = [{ url = "https://files.invalid/x-1-py3-none-any.whl" }]',
        'wheels = [{ url = "https://files.invalid/x-1-py3-none-any.whl", hashes = { md5 = "00" } }]',
        'directory = { path = "x" }',
    ],
)
def test_a_package_without_a_hashed_wheel_is_refused_by_name(body: str) -> None:
    with pytest.raises(ResolutionError, match="^x: the index has no wheel"):
        parse_pylock(pylock(f'[[packages]]\nname = "x"\nversion = "1"\n{body}'))


def test_of_the_wheels_only_those_with_an_allowed_hash_are_chosen_from() -> None:
    best, other = wheel("x-1-cp313-cp313-linux_x86_64.whl"), wheel("x-1-py3-none-any.whl", "b" * 64)
    text = pylock(package("x", "1", best, other), package("y", "1", wheel("y-1-py3-none-any.whl")))
    assert [one.sha256 for one in parse_pylock(text, hashes={"x": ["b" * 64]})] == ["b" * 64, SHA]
    with pytest.raises(ResolutionError, match="^x==1: no wheel .* has a sha256 that the requirement files allow"):
        parse_pylock(text, hashes={"x": ["c" * 64]})
