# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which lines of a collection's requirements count, and what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.declared import declared
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.collection_content import (
    CollectionContent,
)


def content(tmp_path: Path, **files: str) -> CollectionContent:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".yml" if "meta" in name else ".txt").write_text(text)
    return CollectionContent(CollectionDirectory("acme.tools", "1.0.0", tmp_path))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Six_Tools.x", "six-tools-x"),
        ("six >= 1.0, <2  # for old code", "six"),
        ("six (>=1.0)", "six"),
        ("six[a,b]>=1; python_version < '3.10'", "six"),
        ("six==1.*", "six"),
        ("six \\\n  >=1.0", "six"),
        ("six==1.0 --hash=sha256:00 \\\n  --hash=sha256:11", "six"),
        ("six==1.0 ; python_version < '3.10' --hash=sha256:00", "six"),
    ],
)
def test_a_requirement_by_name_counts_however_it_is_written(tmp_path: Path, line: str, name: str) -> None:
    (one,) = declared(content(tmp_path, requirements=f"\n{line}\n"))
    assert one.name == name


@pytest.mark.parametrize(
    "line",
    ["-r more.txt", "--hash=sha256:0", "git+https://x/y", "./six", "# six", "six>=1.0.*", "-r ../../six.txt"],
)
def test_what_is_no_requirement_by_name_does_not(tmp_path: Path, line: str) -> None:
    assert declared(content(tmp_path, requirements=line)) == ()


@pytest.mark.parametrize("option", ["-r more.txt", "-rmore.txt", "--requirement more.txt", "--requirement=more.txt"])
def test_files_that_a_file_includes(tmp_path: Path, option: str) -> None:
    files = {"requirements": f"lxml\n{option}\n", "more": "six\n-r requirements.txt\n"}
    assert [one.name for one in declared(content(tmp_path, **files))] == ["lxml", "six"]


def test_files_that_include_each_other_without_end(tmp_path: Path) -> None:
    files = {f"f{number}": f"-r f{number + 1}.txt\n" for number in range(30)}
    with pytest.raises(InputError, match="acme.tools/f19.txt: requirement files include each other more than 20 deep"):
        declared(content(tmp_path, requirements="-r f0.txt\n", **files))


@pytest.mark.parametrize(
    "line",
    [
        "Six @ https://x/y.whl",
        "six[a]@git+ssh://x/y",
        "git+https://x/y#egg=six",
        "-e git+https://x/y#egg=six",
        "https://x/y/six-1.0-py2.py3-none-any.whl",
        "https://x/six-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl#sha256=0",
    ],
)
def test_an_address_is_declared_as_one(tmp_path: Path, line: str) -> None:
    (one,) = declared(content(tmp_path, requirements=line))
    assert (one.name, one.address) == ("six", True)


@pytest.mark.parametrize("line", ["https://x/y.whl", "https://x/six-1.0.tar.gz", "https://x/a-b-c.whl"])
def test_an_address_without_the_name_of_a_wheel(tmp_path: Path, line: str) -> None:
    assert declared(content(tmp_path, requirements=line)) == ()


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (one,) = declared(content(tmp_path, requirements="\ufeffsix>=1\n"))
    assert (one.name, one.text) == ("six", "six>=1")


def test_the_file_of_ansible_builder_decides(tmp_path: Path) -> None:
    listed = "version: 3\ndependencies: {python: [lxml, six>=1]}\n"
    found = declared(content(tmp_path, requirements="requests\n", **{"meta__execution-environment": listed}))
    assert [one.text for one in found] == ["lxml", "six>=1"]


def test_a_list_without_end_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="acme.tools/requirements.txt has more than 2000 lines"):
        declared(content(tmp_path, requirements="six\n" * 2001))
