# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which interpreter a venv gets, and when that of a generation is no answer any more."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import Location, PythonRequirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.interpreter import (
    choose_interpreter,
    is_still_allowed,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Answers:
    """A runner for which every interpreter is a Python of this version; ``started`` are those that were asked."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.started: list[str] = []

    def run(self, argv: Sequence[str], **_options: Any) -> Completed:
        self.started.append(argv[0])
        facts = {"executable": argv[0], "implementation": "CPython", "version": self.version, "soabi": "x"}
        return Completed(tuple(argv), 0, json.dumps({**facts, "machine": "x86_64", "libc": "glibc-2.36"}), "")


def request(*versions: str, python: str | None = None, ansible_core: str | None = None) -> VenvRequest:
    needed = tuple(PythonRequirement(one, Location("a", "/a/pyproject.toml", 3)) for one in versions)
    return VenvRequest(python, ansible_core, ("six",), (), None, python_requirements=needed)


def generation(tmp_path: Path, version: str, *, interpreter_is_newer: bool = False) -> Generation:
    """A generation that was made with an interpreter of this version, whose file was changed since or not."""
    (tmp_path / "generation").mkdir()
    first, second = tmp_path / "python", tmp_path / "generation" / "venv.json"
    for path in (second, first) if interpreter_is_newer else (first, second):
        path.touch(mode=0o755)
    now = (tmp_path / "python").stat().st_ctime
    os.utime(second, (now, now - 100 if interpreter_is_newer else now + 100))
    record = {"interpreter": {"executable": str(first), "version": version}}
    return Generation("x", str(tmp_path / "generation"), record)


@pytest.mark.parametrize(
    ("versions", "version", "newer", "now", "allowed", "asked"),
    [
        # What no patch release decides is never asked, and neither is what did not change.
        ([], "3.11.2", True, "3.11.9", True, 0),
        ([">=3.9", "==3.11.*"], "3.11.2", True, "3.11.9", True, 0),
        ([">=3.11.1"], "3.11.2", False, "", True, 0),
        ([">=3.11.1", "<3.11.5"], "3.11.2", True, "3.11.4", True, 1),
        ([">=3.11.1", "<3.11.5"], "3.11.2", True, "3.11.9", False, 1),
        (["!=3.11.2"], "3.11.1", True, "3.11.2", False, 1),
        # A store that was edited, or an answer to something else.
        (["==3.12.*"], "3.11.2", False, "", False, 0),
    ],
)
def test_a_generation_whose_python_no_longer_suits_is_no_answer(
    tmp_path: Path, versions: list[str], version: str, newer: bool, now: str, allowed: bool, asked: int
) -> None:
    runner = Answers(now)
    found = generation(tmp_path, version, interpreter_is_newer=newer)
    assert is_still_allowed(found, request(*versions), runner=runner) == allowed
    assert len(runner.started) == asked


@pytest.mark.parametrize("rights", [None, 0o644])
def test_a_generation_whose_interpreter_is_gone_or_cannot_run_is_no_answer(tmp_path: Path, rights: int | None) -> None:
    found = generation(tmp_path, "3.11.2")
    if rights is None:
        (tmp_path / "python").unlink()
    else:
        (tmp_path / "python").chmod(rights)
    assert not is_still_allowed(found, request(), runner=Answers("3.11.2"))


def executable(tmp_path: Path) -> str:
    (tmp_path / "python").touch(mode=0o755)
    return str(tmp_path / "python")


def test_the_python_that_is_asked_for_must_suit_the_projects(tmp_path: Path) -> None:
    python = executable(tmp_path)
    assert choose_interpreter(request(">=3.11", python=python), runner=Answers("3.12.4")).version == "3.12.4"
    with pytest.raises(ResolutionError, match=r"a requires Python >=3\.13 \(/a/pyproject\.toml, line 3\)"):
        choose_interpreter(request(">=3.11", ">=3.13", python=python), runner=Answers("3.12.4"))


def test_ansible_core_counts_as_a_project_does(tmp_path: Path) -> None:
    asked = request("<3.12", python=executable(tmp_path), ansible_core="ansible-core==2.21.1")
    with pytest.raises(ResolutionError) as caught:
        choose_interpreter(asked, runner=Answers("3.11.4"))
    assert "ansible-core requires Python >=3.12" in caught.value.message
    assert "a requires Python <3.12" in caught.value.message


def test_where_a_requirement_is_written_is_no_part_of_the_request() -> None:
    here, there = (
        request(">=3.11"),
        VenvRequest(
            None,
            None,
            ("six",),
            (),
            None,
            python_requirements=(PythonRequirement(">=3.11", Location("b", "/b/setup.cfg", 9)),) * 2,
        ),
    )
    assert here.digest == there.digest != request(">=3.12").digest
