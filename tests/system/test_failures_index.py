# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A package index that fails or lies, and wheels that are not what they say: one error in time, nothing half-made."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from package_index import BUSY, SILENT, STALLING, package_index, wheel
from shared_venv_process import built, installed, leftovers, shared_venv

NAME = "demo"
#: These take a minute: an index that says nothing is asked three times.
WAITING = (SILENT, STALLING)


@pytest.fixture(name="options")
def fixture_options(store: Path, uv: str, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A store with the venv ``site``, which works and is to get the package ``demo``."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    options = {"store": str(store), "name": "site"}
    built(packages=["six==1.17.0"], find_links=[str(wheelhouse)], offline=True, **options)
    return options


@pytest.fixture(name="demo")
def fixture_demo(tmp_path: Path) -> dict[str, bytes]:
    """A good wheel, large enough to stall in its middle."""
    return dict([wheel(tmp_path, NAME, {"demo.py": "# demo\n" * 100_000})])


def refused(options: dict[str, Any], index: str, *, code: str | None = None, **more: Any) -> str:
    """The error, of this ``code``; what was there still serves, and nothing is left."""
    answer = shared_venv(**{"index_url": index, "packages": [NAME], **options, **more})
    assert answer["failed"]
    assert code is None or answer["error_code"] == code, answer
    assert "Traceback" not in answer["msg"]
    store = Path(options["store"])
    assert installed(store / "site") == ["six==1.17.0"]
    assert leftovers(store) == []
    return str(answer["msg"])


@pytest.mark.catalogue(36)
@pytest.mark.parametrize(
    ("where", "how"),
    [
        ("page", BUSY),
        ("file", BUSY),
        *(pytest.param(where, how, marks=pytest.mark.destructive) for where in ("page", "file") for how in WAITING),
    ],
)
def test_an_index_in_trouble(options: dict[str, Any], demo: dict[str, bytes], where: str, how: str) -> None:
    """One error that names what was asked for; once the index is well the next run is right."""
    (name,) = demo
    with package_index(demo, answers={"page" if where == "page" else name: how}) as index:
        message = refused(options, index, code="network" if how == BUSY else None)
    assert NAME in message
    assert how != BUSY or message.startswith("index_url: http://127.0.0.1:")
    with package_index(demo) as index:
        assert installed(built(index_url=index, packages=[NAME], **options)["path"]) == ["demo==1.0"]


@pytest.mark.catalogue(36)
@pytest.mark.parametrize(
    ("index", "shown"),
    [
        ("http://127.0.0.1:1/simple", "http://127.0.0.1:1/simple/demo/ cannot be read: Connection refused"),
        ("http://me:s3cret@127.0.0.1:1/simple", "http://127.0.0.1:1/simple/demo/ cannot be read: Connection refused"),
        ("https://nowhere.invalid/simple/", "the host name cannot be resolved (nowhere.invalid)"),
    ],
)
def test_an_index_that_is_not_there(options: dict[str, Any], index: str, shown: str) -> None:
    message = refused(options, index, code="network")
    assert message.startswith("index_url: ") and shown in message
    for hidden in ("s3cret", "***", "retries", "Failed to fetch"):
        assert hidden not in message


@pytest.mark.parametrize("address", ["nonsense", "me:s3cret@index.example/simple", "file:///srv/nowhere"])
def test_no_address_of_an_index(options: dict[str, Any], address: str) -> None:
    """It is refused before anything is looked for."""
    message = refused(options, address, code="bad_input")
    assert message.startswith("index_url: ")
    assert "s3cret" not in message and "***" not in message


def test_a_page_of_wheels_that_is_not_there(options: dict[str, Any], demo: dict[str, bytes]) -> None:
    """The name is not asked for at the index instead."""
    with package_index(demo) as index:
        message = refused(options, index, code="network", find_links=["http://127.0.0.1:1/wheels/"])
    assert message.startswith("find_links: http://127.0.0.1:1/wheels/ cannot be read: Connection refused")


def test_a_proxy_that_is_not_there(options: dict[str, Any]) -> None:
    environment = {"PATH": os.environ["PATH"], "http_proxy": "http://me:pr0xy@127.0.0.1:1"}
    message = refused(options, "http://index.example/simple", code="network", environment=environment)
    assert "through the proxy http://127.0.0.1:1" in message and "pr0xy" not in message


def test_a_name_that_the_index_does_not_have(options: dict[str, Any]) -> None:
    """The address may be the wrong one: it is shown."""
    with package_index({}) as index:
        assert f"(index_url: {index})" in refused(options, index, code="resolution")


@pytest.mark.catalogue(37)
def test_a_wrong_hash(options: dict[str, Any], demo: dict[str, bytes]) -> None:
    with package_index(demo, stated=dict.fromkeys(demo, "0" * 64)) as index:
        assert "ash mismatch" in refused(options, index)


@pytest.mark.catalogue(37)
def test_no_hash(options: dict[str, Any], demo: dict[str, bytes]) -> None:
    """What is installed is what was looked at while resolving: its hash is in the list."""
    (content,) = demo.values()
    with package_index(demo, stated=dict.fromkeys(demo, "")) as index:
        answer = built(index_url=index, packages=[NAME], **options)
    assert hashlib.sha256(content).hexdigest() in Path(answer["generation"], "requirements.txt").read_text()


@pytest.mark.catalogue(37)
def test_only_a_source_package(options: dict[str, Any], tmp_path: Path) -> None:
    """Building one would run its code."""
    with package_index({"demo-1.0.tar.gz": b"not looked at"}) as index:
        assert "demo" in refused(options, index)


SCRIPT = "[console_scripts]\npython = demo:main\n"
HOSTILE: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "content differs from RECORD": ({"demo.py": "evil = 1\n"}, {"demo.py": "good = 1\n"}, "demo.py differs from what"),
    "entry point called python": (
        {"demo.py": "def main(): pass\n", "demo-1.0.dist-info/entry_points.txt": SCRIPT},
        {},
        "must not use the reserved name `python`",
    ),
    "script called python": (
        {"demo-1.0.data/scripts/python": "#!python\n"},
        {},
        "must not use the reserved name `python`",
    ),
    "a file of another package": (
        {"_mobile_ansible_venv.pth": "import os\n"},
        {},
        "_mobile_ansible_venv.pth was replaced by a package",
    ),
    "a settings file": ({"demo-1.0.data/data/pyvenv.cfg": "home = /\n"}, {}, "pyvenv.cfg was replaced by a package"),
}


@pytest.mark.catalogue(39)
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_wheel(options: dict[str, Any], tmp_path: Path, case: str) -> None:
    """Its hash is right, so that it is installed: the look from outside finds it."""
    files, lies, message = HOSTILE[case]
    with package_index(dict([wheel(tmp_path, NAME, files, lies=lies)])) as index:
        assert message in refused(options, index)
