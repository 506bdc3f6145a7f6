# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The exit code in the report of the program that runs; tests/system/test_report.py has real ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _mount
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report import recorded, reported_program

PROGRAM = """\
import os, sys
{imports}
{begins}
sys.exit({code})
"""
BEGINS = """\
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report import recorded
run = recorded.RecordedRun.at(os.environ["MOBILE_ANSIBLE_VENV_PROGRESS_REPORT"], print)
run.event("start", {"playbook": "a.yml"})
"""
ENDS = """\
run.end("failed", {"hosts": {"web": {"ok": 1, "failures": 1}}}, {})
"""
MOUNT = f"import runpy; runpy.run_path({str(_mount.__file__)!r})['mount_collection']()"


def _ended(directory: Path, code: str, *, begins: str = "") -> tuple[int, dict[str, Any]]:
    """The exit code of a program that is run so, and the report."""
    program, report = directory / "bin" / "program", directory / "r.json"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(imports=MOUNT if begins else "", begins=begins, code=code))
    environment = {**os.environ, recorded.PATH_VARIABLE: str(report)}
    argv = [sys.executable, reported_program.__file__, str(program), "--flag"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr in ("", f"{code}\n".replace("'", "")), done.stderr
    return done.returncode, json.loads(report.read_text())


@pytest.mark.parametrize(
    ("code", "expected", "state"),
    [
        ("4", 4, "failed"),
        ("0", 0, "succeeded"),
        ("None", 0, "succeeded"),
        ("'why'", 1, "failed"),
        ("99", 99, "stopped"),
    ],
)
def test_a_program_that_began_no_report_has_its_exit_code_in_one(
    tmp_path: Path, code: str, expected: int, state: str
) -> None:
    ended, report = _ended(tmp_path, code)
    assert (ended, report["rc"], report["state"]) == (expected, expected, state)


def test_an_error_of_ansible_before_any_callback_has_its_exit_code_in_one(tmp_path: Path) -> None:
    """It has its finder of collections by then, and has loaded no collection."""
    report = tmp_path / "r.json"
    (tmp_path / "a.yml").write_text("- hosts: all\n")
    environment = {
        **os.environ,
        recorded.PATH_VARIABLE: str(report),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(Path(reported_program.__file__).parents[6]),
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    argv = [sys.executable, reported_program.__file__, program, "--vault-password-file", "gone", "a.yml"]
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    told = json.loads(report.read_text())
    assert (done.returncode, told["rc"], told["state"]) == (1, 1, "failed")


def test_the_exit_code_is_added_to_what_is_written(tmp_path: Path) -> None:
    ended, report = _ended(tmp_path, "2", begins=BEGINS + ENDS)
    assert (ended, report["rc"], report["playbook"]) == (2, 2, "a.yml")
    assert [row["host"] for row in report["hosts"]["items"]] == ["web"]


def test_the_exit_code_is_in_what_is_written_after_it(tmp_path: Path) -> None:
    """The end of a run that an error stops is told when Python ends."""
    later = "import atexit; atexit.register(lambda: run.end('failed', {}, {}))\n"
    ended, report = _ended(tmp_path, "250", begins=BEGINS + later)
    assert (ended, report["rc"], report["state"]) == (250, 250, "failed")


def test_the_program_sees_itself(tmp_path: Path) -> None:
    """Its name, its arguments, and its directory as that in which modules are looked for first."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "program"
    program.write_text("import sys; print(__name__, sys.argv, sys.path[0])")
    argv = [sys.executable, reported_program.__file__, str(program), "-i", "x"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == f"__main__ {[str(program), '-i', 'x']} {tmp_path / 'bin'}\n"
