# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program that compiles what packages bring, as a base interpreter runs it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import compile as compiler

PROGRAM = Path(compiler.__file__ or "").read_text()


def compiled(root: Path, *, seconds: float = 60, program: str = PROGRAM) -> list[str]:
    """The sources that have bytecode afterwards, which is compared with their hashes and its own."""
    target = root.parent / f"{root.name}-bytecode"
    target.mkdir()
    sources = sorted(root.rglob("*.py"))
    argv = [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", program, str(seconds), str(target)]
    stdin = json.dumps([str(path) for path in sources]).encode()
    done = subprocess.run(argv, cwd="/", env={}, input=stdin, capture_output=True, check=True, timeout=300)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert not list(root.rglob("*.pyc"))
    whole = {}
    for path in target.glob("*.pyc"):
        source, own, suffix = path.name.split(".", 2)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == own
        assert suffix == f"{sys.implementation.cache_tag}.pyc"
        whole[source] = path.read_bytes()
    found = {path.stem: whole.get(hashlib.sha256(path.read_bytes()).hexdigest()) for path in sources}
    return sorted(name for name, bytecode in found.items() if bytecode)


def write(root: Path, **sources: str) -> None:
    for name, text in sources.items():
        (root / f"{name}.py").write_text(text)


def test_what_is_no_python_has_an_empty_file(tmp_path: Path) -> None:
    """So that it is not tried again for every venv."""
    root = tmp_path / "root"
    root.mkdir()
    write(root, good="x = 1\n", old="print 1\n", nul="\0")
    assert compiled(root) == ["good"]
    assert sorted(path.stat().st_size > 0 for path in (tmp_path / "root-bytecode").iterdir()) == [False, False, True]


def test_the_bytecode_is_that_of_the_source(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    write(root, good="x = 6 * 7\n")
    compiled(root)
    (path,) = (tmp_path / "root-bytecode").iterdir()
    assert path.read_bytes()[:16] == importlib.util.MAGIC_NUMBER + bytes(12)
    names: dict[str, int] = {}
    exec(marshal.loads(path.read_bytes()[16:]), names)
    assert names["x"] == 42


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
    write(tmp_path, hard=source, **{f"good{number}": f"x = {number}\n" for number in range(20)})
    assert set(compiled(tmp_path)) >= {f"good{number}" for number in range(20)}


@pytest.mark.parametrize("fault", ["os.kill(os.getpid(), 11)", "while True: pass", "raise MemoryError"])
def test_a_worker_that_dies_costs_one_file(tmp_path: Path, fault: str) -> None:
    """A crash, a file that takes for ever and one that takes all memory, put into the place of the compiler's."""
    hurt = f"""
original = compile_file
def compile_file(path, target):
    if "hard" in path:
        {fault}
    return original(path, target)
FILE_CPU_SECONDS = 1
if __name__ == "__main__":"""
    assert PROGRAM.count('if __name__ == "__main__":') == 1
    kinds = ("good", "hard", "good", "hard", "good")
    write(tmp_path, **{f"{kind}{number}": f"x = {number}\n" for number, kind in enumerate(kinds)})
    program = PROGRAM.replace('if __name__ == "__main__":', hurt)
    assert compiled(tmp_path, program=program) == ["good0", "good2", "good4"]


def test_it_ends_in_time(tmp_path: Path) -> None:
    write(tmp_path, **{f"good{number}": "x = 1\n" for number in range(4)})
    assert compiled(tmp_path, seconds=-1) == []
    assert os.listdir(tmp_path)
