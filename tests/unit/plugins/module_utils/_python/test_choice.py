# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Choosing an interpreter among real files that answer as interpreters do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    CommandError,
    InputError,
    ToolMissingError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import Location, PythonRequirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python import interpreter as interpreters
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.choice import choose, choose_python
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import Interpreter
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Interpreters:
    """A runner whose programs answer with a version, or fail; ``started`` are those that were asked."""

    def __init__(self, versions: Mapping[str, str | None]) -> None:
        self.versions = versions
        self.started: list[str] = []

    def run(self, argv: Sequence[str], **_options: object) -> Completed:
        self.started.append(argv[0])
        version = self.versions.get(argv[0])
        if version is None:
            raise CommandError(f"{argv[0]} cannot be started: No such file or directory")
        facts = {"executable": argv[0], "implementation": "CPython", "version": version, "soabi": "s", "machine": "m"}
        return Completed(tuple(argv), 0, json.dumps({**facts, "libc": "glibc-2.36"}), "")


@pytest.fixture(name="bin")
def fixture_bin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("python3", "python3.9", "python3.11", "python3.13", "python3-config", "python3.13t"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(interpreters, "_DIRECTORIES", ())
    return tmp_path


def known(bin: Path, **more: str) -> Interpreters:
    versions = {f"{bin}/python3.9": "3.9.18", f"{bin}/python3.11": "3.11.2", f"{bin}/python3.13": "3.13.0"}
    return Interpreters({**versions, **{path.replace("_", "/"): version for path, version in more.items()}})


def test_the_modules_own_interpreter_is_taken_where_it_will_do(bin: Path) -> None:
    own = Interpreters({sys.executable: "{}.{}.0".format(*sys.version_info), f"{bin}/python3.13": "3.13.0"})
    assert choose(None, [">=3.9"], runner=own).executable == sys.executable


def test_else_the_newest(bin: Path) -> None:
    assert choose(None, [">=3.11"], runner=known(bin)).version == "3.13.0"


def test_a_version_is_taken_and_no_other(bin: Path) -> None:
    assert choose("3.11", [">=3.9"], runner=known(bin)).version == "3.11.2"


def test_a_path_is_taken_as_it_is(bin: Path) -> None:
    assert choose(f"{bin}/python3.9", [">=3.9"], runner=known(bin)).executable == f"{bin}/python3.9"


def test_a_path_that_is_too_old_is_refused(bin: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"python3.9 is Python 3.9.18, but 3.11 or newer is required"):
        choose(f"{bin}/python3.9", [">=3.11"], runner=known(bin))


def test_a_path_that_does_not_exist_is_refused(bin: Path) -> None:
    with pytest.raises(ToolMissingError, match="/nowhere/python cannot be used: .*No such file"):
        choose("/nowhere/python", [">=3.9"], runner=known(bin))


def test_a_program_that_is_no_python_is_refused(bin: Path) -> None:
    class Liar(Interpreters):
        def run(self, argv: Sequence[str], **_options: object) -> Completed:
            return Completed(tuple(argv), 0, "hello", "")

    with pytest.raises(ToolMissingError, match="does not work as a Python 3 interpreter"):
        choose("/bin/echo", [">=3.9"], runner=Liar({}))


def test_none_that_will_do_says_what_was_looked_at(bin: Path) -> None:
    with pytest.raises(ToolMissingError, match="This host has no Python 3.14 .*install it, or name an interpreter"):
        choose("3.14", [">=3.12"], runner=known(bin))
    with pytest.raises(ToolMissingError, match=r"3.14 or newer \(.*python3.13 is Python 3.13"):
        choose(None, [">=3.14"], runner=known(bin))


@pytest.mark.parametrize(
    ("asked", "version"),
    [(">=3.10,<3.13", "3.11.2"), ("<3.10", "3.9.18"), ("3.13", "3.13.0"), ("~=3.9,!=3.11.*", "3.13.0")],
)
def test_clauses_are_asked_for_as_versions_are(bin: Path, asked: str, version: str) -> None:
    assert choose(asked, [">=3.9"], runner=known(bin)).version == version


def test_no_program_is_started_that_cannot_be_the_one(bin: Path) -> None:
    host = known(bin)
    other = "3.9" if sys.version_info[:2] != (3, 9) else "3.11"
    assert choose(other, [], runner=host).executable == f"{bin}/python{other}"
    assert host.started == [f"{bin}/python{other}"]


def test_a_patch_release_that_is_not_allowed_is_passed_over(bin: Path) -> None:
    assert choose(None, [">=3.11,!=3.13.0", "!=3.12.*"], runner=known(bin)).version == "3.11.2"


@pytest.mark.parametrize("asked", ["three", ">=", "3.12 or so", "=3.12"])
def test_what_is_no_version_is_refused(bin: Path, asked: str) -> None:
    with pytest.raises(InputError, match="^python: .* is not a version of Python"):
        choose(asked, [], runner=known(bin))


def requirements(*versions: str) -> list[PythonRequirement]:
    return [PythonRequirement(one, Location(f"p{number}", "file", number)) for number, one in enumerate(versions, 1)]


def test_projects_choose_what_all_of_them_allow(bin: Path) -> None:
    assert choose_python(None, requirements(">=3.9", "<3.13", "!=3.9.*"), runner=known(bin)).version == "3.11.2"
    assert choose_python("3.13", requirements("<3.13"), runner=known(bin)).version == "3.13.0"


def test_projects_that_do_not_go_together_get_what_a_venv_gets(bin: Path) -> None:
    assert choose_python(None, requirements("<3.10", ">=3.11"), runner=known(bin)).version == "3.13.0"


def test_a_host_without_what_projects_allow_says_who_asks_for_what(bin: Path) -> None:
    message = r"no Python that all projects allow: ==3.10.\* \(file, line 1\); >=3.9 \(file, line 2\). Install one"
    with pytest.raises(ToolMissingError, match=message):
        choose_python(None, requirements("==3.10.*", ">=3.9"), runner=known(bin))


def test_a_patch_release_is_no_part_of_the_identity() -> None:
    def identity(version: str) -> object:
        return Interpreter("/usr/bin/python3.11", "CPython", version, "cpython-311", "x86_64", "glibc-2.36").identity()

    assert identity("3.11.2") == identity("3.11.9") != identity("3.12.2")
