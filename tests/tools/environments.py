# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The virtual environments in build/venvs, each made once from tests/requirements/<name>.txt.

Run as a program it makes the environments that are named, or with ``--lock`` writes their requirement files anew.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from places import BUILD, CACHE, REQUIREMENTS, ROOT, clean_environment

LOCKED = (
    "installer",
    "controller",
    "whole",
    "dev",
    "core-2.19",
    "core-2.21",
    "oldest-python",
    "importer",
    "builder",
    "wheelhouse",
    "torrent",
    "editors",
)
FIRST_PYTHON = {"core-2.21": "3.12", "oldest-python": "3.9"}
_VENVS = BUILD / "venvs"


class SetUpError(Exception):
    """An environment cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment that is complete."""

    path: Path

    def program(self, name: str) -> str:
        """The absolute path of a program in it."""
        return str(self.path / "bin" / name)


def environment(name: str, *, python: str = sys.executable) -> Environment:
    """The environment ``name``, made with the interpreter ``python`` unless it is there and as its file demands."""
    requirements = REQUIREMENTS / f"{name}.txt"
    path = _VENVS / name
    stamp = path / "complete"
    wanted = _digest(requirements, python)
    _VENVS.mkdir(parents=True, exist_ok=True)
    with (_VENVS / f"{name}.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text() != wanted:
            print(f"Setting up {path.relative_to(ROOT)} …", file=sys.stderr, flush=True)
            shutil.rmtree(path, ignore_errors=True)  # it need not be there
            make = _make_installer if name == "installer" else _make_with_uv
            make(path, python=python, requirements=requirements)
            stamp.write_text(wanted)
    return Environment(path)


def uv() -> str:
    """The absolute path of uv."""
    return environment("installer").program("uv")


def uv_environment() -> dict[str, str]:
    """What uv runs with: the system's certificates, a cache in build/, no download of interpreters."""
    return clean_environment(UV_SYSTEM_CERTS="1", UV_CACHE_DIR=str(CACHE / "uv"), UV_PYTHON_DOWNLOADS="never")


def _digest(requirements: Path, python: str) -> str:
    return hashlib.sha256(requirements.read_bytes() + str(Path(python).resolve()).encode()).hexdigest()


def _make_installer(path: Path, *, python: str, requirements: Path) -> None:
    """The one environment that pip makes: it holds uv, which makes the others a hundred times faster."""
    env = clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CACHE_DIR=str(CACHE / "pip"))
    _run([python, "-m", "venv", str(path)], env=env, hint="On Debian `apt install python3-venv` is needed.")
    pip = [str(path / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    _run([*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)], env=env)


def _make_with_uv(path: Path, *, python: str, requirements: Path) -> None:
    program, env = uv(), uv_environment()
    _run([program, "venv", "--quiet", "--python", python, str(path)], env=env)
    sync = [program, "pip", "sync", "--quiet", "--require-hashes", "--python", str(path / "bin" / "python")]
    _run([*sync, str(requirements)], env=env)


def _run(argv: list[str], *, env: dict[str, str], hint: str = "") -> None:
    try:
        subprocess.run(argv, env=env, check=True)
    except subprocess.CalledProcessError as error:
        raise SetUpError(f"Set-up failed with {error.returncode}: {' '.join(argv)}\n{hint}".rstrip()) from error


def lock() -> None:
    """Resolve every group of pyproject.toml to exact versions with hashes, for all platforms and later Pythons."""
    for name in LOCKED:
        print(f"Locking {name} …", flush=True)
        argv = [uv(), "pip", "compile", "--quiet", "--upgrade", "--universal", "--generate-hashes", "--no-header"]
        argv += ["--no-annotate", "--python-version", FIRST_PYTHON.get(name, "3.11")]
        argv += ["--group", f"{ROOT / 'pyproject.toml'}:{name}", "--output-file", str(REQUIREMENTS / f"{name}.txt")]
        _run(argv, env=uv_environment())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(LOCKED)}")
    parser.add_argument("--lock", action="store_true", help="write tests/requirements anew from pyproject.toml")
    arguments = parser.parse_args()
    try:
        if arguments.lock:
            lock()
        for name in arguments.names:
            environment(name)
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
