# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Another user of this machine, who runs our modules or attacks; only root can become one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible
from places import COLLECTION, ROOT
from shared_venv_process import SharedVenvProcess

UID = 65534
AS_THEM = ("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups")
#: What venvs of the tests contain.
SIX, BOTH = ["six==1.17.0"], ["jmespath==1.1.0", "six==1.17.0"]
#: An interpreter that every user can reach.
PYTHON = "/usr/bin/python3"


def missing() -> str | None:
    """Why nobody else can be had here; None where it works."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return "only root can act as another user"
    if not os.access(PYTHON, os.X_OK):
        return f"there is no {PYTHON}, which every user could reach"
    return None


@dataclass(frozen=True)
class AnotherUser:
    """``directory`` is root's and everybody can read it; ``home`` in it is theirs alone."""

    directory: Path

    @classmethod
    def make(cls, *, uv: str, wheelhouse: Path) -> AnotherUser:
        """With copies of what they need: the modules, uv, and the wheels but for the large one."""
        directory = Path(tempfile.mkdtemp(prefix="public-"))
        directory.chmod(0o755)
        ignored = shutil.ignore_patterns("__pycache__", "ansible-*")
        shutil.copytree(ROOT / "plugins", directory / "search" / COLLECTION / "plugins", ignore=ignored)
        package = Path(ansible.__file__).parent
        for part in ("__init__.py", "release.py", "_vendor", "module_utils"):
            place = directory / "search" / "ansible" / part
            place.parent.mkdir(exist_ok=True)
            (shutil.copytree if (package / part).is_dir() else shutil.copy)(package / part, place)
        # Root's files, so that they cannot keep the bytecode, and would compile all of it for each module.
        subprocess.run([PYTHON, "-m", "compileall", "-q", str(directory / "search")], check=True)
        shutil.copytree(wheelhouse, directory / "wheels", ignore=ignored)
        (directory / "bin").mkdir()
        shutil.copy(uv, directory / "bin" / "uv")
        (directory / "home").mkdir(mode=0o700)
        os.chown(directory / "home", UID, UID)
        return cls(directory)

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def wheels(self) -> Path:
        return self.directory / "wheels"

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.directory / 'bin'}:{os.defpath}", "HOME": str(self.home)}

    def options(self, store: Path, **more: Any) -> dict[str, Any]:
        """The options of shared_venv for a venv with six, by the name of site; None leaves one out."""
        asked: dict[str, Any] = {"store": str(store), "name": "site", "packages": SIX, "python": PYTHON}
        asked.update(find_links=[str(self.wheels)], offline=True, **more)
        return {option: value for option, value in asked.items() if value is not None}

    def module(self, module: str, **options: Any) -> dict[str, Any]:
        """Run one of our modules as them; returns its answer, also when that is a failure."""
        started = SharedVenvProcess.start(
            module=module,
            prefix=AS_THEM,
            runs_in=PYTHON,
            search=(str(self.directory / "search"),),
            environment=self.environment,
            **options,
        )
        return started.result()

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a Python ``program`` as them, with pipes to it."""
        argv = [*AS_THEM, PYTHON, "-c", program, *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, env=self.environment, cwd="/", stdin=pipe, stdout=pipe, text=True)

    def find(self, root: Path, *tests: str) -> list[str]:
        """What ``find`` finds below ``root`` when they run it."""
        argv = [*AS_THEM, "find", str(root), *tests]
        done = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=False)
        return done.stdout.splitlines()

    def remove(self) -> None:
        """Remove the directory and all below it."""
        subprocess.run(["rm", "-rf", str(self.directory)], check=True)


def tree(root: Path) -> list[str]:
    """All below a directory, with its mode."""
    return sorted(f"{path.relative_to(root)} {path.lstat().st_mode:o}" for path in root.rglob("*"))
