# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program that compiles what packages bring, as a base interpreter runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import compile as compiler

PROGRAM = Path(compiler.__file__ or "").read_text()


def compiled(root: Path, *left_out: Path, seconds: float = 60, program: str = PROGRAM) -> list[str]:
    """The sources that have bytecode afterwards."""
    argv = [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", program, str(seconds), str(root)]
    done = subprocess.run([*argv, *map(str, left_out)], cwd="/", env={}, capture_output=True, check=True, timeout=300)
    assert (done.stdout, done.stderr) == (b"", b"")
    return sorted(path.name.partition(".")[0] for path in root.rglob("*.pyc"))


def write(root: Path, **sources: str) -> None:
    for name, text in sources.items():
        (root / f"{name}.py").write_text(text)


def test_all_but_what_is_left_out_too_large_or_no_python(tmp_path: Path) -> None:
    (tmp_path / "collection").mkdir()
    write(tmp_path, good="x = 1\n", old="print 1\n", nul="\0", large="#" * (compiler.LARGEST_BYTES + 1))
    write(tmp_path / "collection", module="x = 1\n")
    (tmp_path / "linked.py").symlink_to("/etc/passwd")
    assert compiled(tmp_path, tmp_path / "collection") == ["good"]


def test_nothing_is_imported(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    evil = f"open({str(canary)!r}, 'w')\n"
    names = ["sitecustomize", "usercustomize", "py_compile", "resource", "contextlib", "tempfile", "encodings"]
    write(tmp_path, **dict.fromkeys(names, evil))
    (tmp_path / "evil.pth").write_text(f"import os; {evil}")
    assert compiled(tmp_path) == sorted(names)
    assert not canary.exists()


@pytest.mark.parametrize(
    "source",
    ["(" * 100_000, "-" * 400_000 + "1", "1" + "+1" * 200_000, "x" + ".a" * 200_000, "if 1:\n" + "elif 1:\n" * 50_000]
    + ["[" * 190 + "x" + " for x in y]" * 190, "{" * 150 + ":", "x = 1 << 10 ** 9\n" * 100],
)
def test_a_source_that_is_hard_to_compile_is_passed_over(tmp_path: Path, source: str) -> None:
    write(tmp_path, hard=source, **{f"good{number}": "x = 1\n" for number in range(20)})
    assert set(compiled(tmp_path)) >= {f"good{number}" for number in range(20)}


@pytest.mark.parametrize("fault", ["os.kill(os.getpid(), 11)", "while True: pass", "raise MemoryError"])
def test_a_worker_that_dies_costs_one_file(tmp_path: Path, fault: str) -> None:
    """A crash, a file that takes for ever and one that takes all memory, put into the place of the compiler's."""
    hurt = f"""
original = py_compile.compile
def compile_or_fail(path, **options):
    if "hard" in path:
        {fault}
    return original(path, **options)
py_compile.compile = compile_or_fail
FILE_CPU_SECONDS = 1
if __name__ == "__main__":"""
    assert PROGRAM.count('if __name__ == "__main__":') == 1
    write(tmp_path, **{f"{kind}{number}": "x = 1\n" for kind in ("hard", "good") for number in range(4)})
    program = PROGRAM.replace('if __name__ == "__main__":', hurt)
    assert compiled(tmp_path, program=program) == [f"good{number}" for number in range(4)]


def test_it_ends_in_time(tmp_path: Path) -> None:
    write(tmp_path, **{f"good{number}": "x = 1\n" for number in range(4)})
    assert compiled(tmp_path, seconds=-1) == []
    assert os.listdir(tmp_path)
