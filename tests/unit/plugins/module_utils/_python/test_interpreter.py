# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Choosing an interpreter among real files that answer as interpreters do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python import interpreter as interpreters
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import (
    Interpreter,
    find_interpreter,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Interpreters:
    """A runner whose programs answer with a version, or fail."""

    def __init__(self, versions: Mapping[str, str | None]) -> None:
        self.versions = versions

    def run(self, argv: Sequence[str], **_options: object) -> Completed:
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
    own = Interpreters({sys.executable: "3.12.0", f"{bin}/python3.13": "3.13.0"})
    assert find_interpreter(None, minimum=(3, 11), runner=own).executable == sys.executable


def test_else_the_newest(bin: Path) -> None:
    assert find_interpreter(None, minimum=(3, 11), runner=known(bin)).version == "3.13.0"


def test_a_version_is_taken_and_no_other(bin: Path) -> None:
    assert find_interpreter("3.11", minimum=(3, 9), runner=known(bin)).version == "3.11.2"


def test_a_path_is_taken_as_it_is(bin: Path) -> None:
    assert find_interpreter(f"{bin}/python3.9", minimum=(3, 9), runner=known(bin)).executable == f"{bin}/python3.9"


def test_a_path_that_is_too_old_is_refused(bin: Path) -> None:
    with pytest.raises(ToolMissingError, match=r"python3.9 is Python 3.9.18; what is asked for needs 3.11 or newer"):
        find_interpreter(f"{bin}/python3.9", minimum=(3, 11), runner=known(bin))


def test_a_path_that_does_not_exist_is_refused(bin: Path) -> None:
    with pytest.raises(ToolMissingError, match="/nowhere/python cannot be used: .*No such file"):
        find_interpreter("/nowhere/python", minimum=(3, 9), runner=known(bin))


def test_a_program_that_is_no_python_is_refused(bin: Path) -> None:
    class Liar(Interpreters):
        def run(self, argv: Sequence[str], **_options: object) -> Completed:
            return Completed(tuple(argv), 0, "hello", "")

    with pytest.raises(ToolMissingError, match="does not answer as a Python 3 does"):
        find_interpreter("/bin/echo", minimum=(3, 9), runner=Liar({}))


def test_none_that_will_do_says_what_was_looked_at(bin: Path) -> None:
    with pytest.raises(ToolMissingError, match="This host has no Python 3.14 .*install it, or name an interpreter"):
        find_interpreter("3.14", minimum=(3, 12), runner=known(bin))
    with pytest.raises(ToolMissingError, match=r"3.14 or newer \(.*python3.13 is Python 3.13.0"):
        find_interpreter(None, minimum=(3, 14), runner=known(bin))


def test_a_patch_release_is_no_part_of_the_identity() -> None:
    def identity(version: str) -> object:
        return Interpreter("/usr/bin/python3.11", "CPython", version, "cpython-311", "x86_64", "glibc-2.36").identity()

    assert identity("3.11.2") == identity("3.11.9") != identity("3.12.2")
