# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a test, an import or an interpreter starts ends with it: when time is over, and when the module is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from polling import wait_until
from shared_venv_process import SharedVenvProcess

#: Starts a child in each way to get out of reach, and waits until they are there: argument 1 is a number they carry.
_BROOD = """
import os, signal, subprocess, sys, time
mark = sys.argv[1]
deaf = f"trap '' TERM INT HUP; while :; do sleep {mark}; done"
subprocess.Popen(["sleep", mark])
subprocess.Popen(["setsid", "sleep", mark])
subprocess.Popen(["sh", "-c", deaf])
subprocess.Popen(["setsid", "sh", "-c", f"({deaf}) & exit"]).wait()
while subprocess.run(["pgrep", "-c", "-f", f"^sleep {mark}"], stdout=subprocess.PIPE).stdout < b"4":
    time.sleep(0.05)
"""
_WAITS = "time.sleep(600)\n"


def processes(mark: str) -> list[str]:
    """The processes that carry the number in their arguments, by what they are called with."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", mark.encode()]:
            found.append(path.parent.name)
    return found


@pytest.fixture(name="mark")
def fixture_mark() -> Iterator[str]:
    mark = f"{os.getpid()}.{time.monotonic_ns() % 10**9}"
    yield mark
    for pid in processes(mark):
        os.kill(int(pid), signal.SIGKILL)


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path, mark: str) -> Path:
    """A project with a venv, in which a module starts the brood when it is imported, and a program with it as well."""
    project = tmp_path / "news"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / "venv")], check=True, env={})
    (site,) = project.glob("venv/lib/python3.*/site-packages")
    code = _BROOD.replace("sys.argv[1]", repr(mark))
    (site / "broods.py").write_text(code)
    (site / "broods_and_waits.py").write_text(code + _WAITS)
    (project / "requirements.txt").write_text("")
    return project


def start(module: str, **options: Any) -> SharedVenvProcess:
    return SharedVenvProcess.start(module=module, **options)


def migration_test(project: Path, command: list[str], **options: Any) -> SharedVenvProcess:
    """A test of the project in another venv that its link leads to."""
    os.rename(project / "venv", project.parent / "shared")
    (project / "venv").symlink_to("../shared")
    entry = {"path": str(project), "test": command}
    return start("venv_migration_test", projects=[entry], store=str(project.parent / "store"), **options)


def test_a_test_that_runs_out_of_time(project: Path, mark: str) -> None:
    answer = migration_test(project, [sys.executable, "-c", _BROOD + _WAITS, mark], timeout=5).result()
    assert answer["projects"][0]["passed"] is False
    assert "was stopped: it ran longer than 5 s" in answer["projects"][0]["output"]
    assert processes(mark) == []


def test_a_test_that_leaves_children(project: Path, mark: str) -> None:
    answer = migration_test(project, [sys.executable, "-c", _BROOD, mark]).result()
    assert answer["passed"], answer
    assert processes(mark) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("whole_group", [False, True], ids=["module", "group"])
def test_a_module_that_is_killed_while_it_tests(
    project: Path, mark: str, number: signal.Signals, whole_group: bool
) -> None:
    # A shell that runs tests in the background has them ignore what Ctrl-C sends.
    prefix = ("env", "--default-signal=INT")
    module = migration_test(project, [sys.executable, "-c", _BROOD + _WAITS, mark], prefix=prefix)
    wait_until(lambda: len(processes(mark)) == 4)
    (os.killpg if whole_group else os.kill)(module.process.pid, number)
    module.process.communicate(timeout=60)
    wait_until(lambda: processes(mark) == [])
    assert (project / "venv").is_symlink()


@pytest.mark.parametrize("module", ["broods", "broods_and_waits"])
def test_an_import_that_starts_children(project: Path, mark: str, module: str) -> None:
    entry = {"path": str(project), "imports": [module]}
    answer = start("shared_venv_verify", projects=[entry], import_timeout=5).result()
    assert not answer.get("failed"), answer["msg"]
    (line,) = [line for line in answer["projects"][0]["checks"] if line["check"] == "imports"]
    assert line["ok"] is (module == "broods"), line
    assert processes(mark) == []


def test_an_interpreter_that_starts_children(project: Path, mark: str) -> None:
    """What a venv calls ``python`` is asked for its version before a link to it is made."""
    python = project.parent / "odd" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (python.parent.parent / "pyvenv.cfg").touch()
    python.write_text(f"#!{sys.executable} -I\nimport sys\nsys.argv[1] = {mark!r}\n{_BROOD}print('3.12.4')\n")
    python.chmod(0o755)
    sibling = project.parent / "sibling"
    sibling.mkdir()
    answer = start("venv_symlink", project=str(sibling), target="../odd", store=str(project.parent / "store")).result()
    assert answer["links"][0]["python"]["version"] == "3.12.4", answer
    assert processes(mark) == []


def test_a_candidate_for_an_interpreter_that_starts_children(tmp_path: Path, mark: str) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!{sys.executable} -I\nimport sys\nsys.argv[1] = {mark!r}\n{_BROOD}print('nonsense')\n")
    python.chmod(0o755)
    options = {"name": "site", "packages": ["six"], "store": str(tmp_path / "store")}
    answer = start("shared_venv", python=str(python), **options).result()
    assert answer["msg"] == f"{python} cannot be used: it does not work as a Python 3 interpreter"
    assert processes(mark) == []
