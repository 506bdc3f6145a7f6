# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Find Python interpreters: on PATH, and in the directories of pyenv, whose shims only work for the chosen versions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

Version = tuple[int, int]


def find_python(versions: Iterable[Version]) -> Path | None:
    """The first interpreter that starts, in the order of ``versions``; None when this machine has none of them."""
    for version in versions:
        for candidate in _candidates(version):
            if _version_of(candidate) == version:
                return candidate
    return None


def _candidates(version: Version) -> Iterator[Path]:
    name = f"python{version[0]}.{version[1]}"
    yield Path(sys.executable)
    if found := shutil.which(name):
        yield Path(found)
    for root in _pyenv_roots():
        for directory in sorted(root.glob(f"versions/{version[0]}.{version[1]}.*"), reverse=True):
            yield directory / "bin" / name


def _pyenv_roots() -> Iterator[Path]:
    """The directories of pyenv: in the environment, at home, around the shims on PATH and around this interpreter."""
    if "PYENV_ROOT" in os.environ:
        yield Path(os.environ["PYENV_ROOT"])
    if "HOME" in os.environ:
        yield Path(os.environ["HOME"], ".pyenv")
    for entry in os.get_exec_path():
        if Path(entry).name == "shims":
            yield Path(entry).parent
    for parent in Path(sys.executable).resolve().parents:
        if parent.name == "versions":
            yield parent.parent


def _version_of(interpreter: Path) -> Version | None:
    """What ``interpreter`` says of itself; None when it is missing or does not start (a shim of another version)."""
    if not interpreter.exists():
        return None
    ask = [str(interpreter), "-I", "-c", "import sys; print(*sys.version_info[:2])"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)
