# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Break a module, or the uv that it starts, at a chosen step."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

#: Interpreters import it at their start. The steps are the events by which Python tells that it is about to change
#: something below a directory, or to start a program; `fsync` is none of them and becomes one here.
_SITECUSTOMIZE = """
import atexit, errno, os, signal, sys
directory, wanted, effect = os.environ["STEPS_BELOW"], int(os.environ["STEPS_WANTED"]), os.environ["STEPS_EFFECT"]
growing = {"open", "os.mkdir", "os.rename", "os.symlink", "os.fsync", "subprocess.Popen"}
others = {"os.chmod", "os.remove", "os.rmdir", "fcntl.flock"}
steps = []
def changes(name, args):
    if name == "open":
        return isinstance(args[0], str) and args[0].startswith(directory) and args[2] & (os.O_WRONLY | os.O_RDWR)
    if name in ("subprocess.Popen", "fcntl.flock", "os.fsync"):
        return True
    return any(isinstance(one, str) and one.startswith(directory) for one in args)
def hook(name, args):
    if name not in growing and name not in others or not changes(name, args):
        return
    steps.append(name)
    if len(steps) == wanted and effect == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    if len(steps) == wanted and effect == "EIO":
        raise OSError(errno.EIO, os.strerror(errno.EIO), directory)
    if 0 < wanted <= len(steps) and effect == "ENOSPC" and name in growing:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), directory)
def announced(descriptor, fsync=os.fsync):
    sys.audit("os.fsync", descriptor)
    fsync(descriptor)
os.fsync = announced
if "STEPS_COUNT" in os.environ:
    atexit.register(lambda: open(os.environ["STEPS_COUNT"], "w").write(str(len(steps))))
sys.addaudithook(hook)
"""


@dataclass(frozen=True)
class Steps:
    """Environments in which a module breaks at one of its steps below ``below``; ``directory`` is scratch space."""

    directory: Path
    below: Path

    def environment(self, effect: str, *, at: int) -> dict[str, str]:
        """``effect``: ``KILL`` before step ``at`` (the first is 1), ``EIO`` in it, ``ENOSPC`` in it and all later."""
        self.directory.mkdir(exist_ok=True)
        (self.directory / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        return {
            "PYTHONPATH": os.pathsep.join([str(self.directory), *sys.path]),
            "STEPS_BELOW": str(self.below),
            "STEPS_WANTED": str(at),
            "STEPS_EFFECT": effect,
        }

    def counting(self) -> dict[str, str]:
        """An environment in which nothing breaks, and :meth:`count` tells how many steps there were."""
        return {**self.environment("NONE", at=0), "STEPS_COUNT": str(self.directory / "count")}

    def count(self) -> int:
        """The steps of the module that ran last in the environment :meth:`counting`."""
        return int((self.directory / "count").read_text())


def uv_behind(directory: Path, uv: str, *, sync: str) -> dict[str, str]:
    """An environment whose ``uv`` runs the shell line ``sync`` before it installs; ``exec`` in it stands for uv.

    In the line ``"$@"`` are uv's arguments and ``$UV`` is the real program.
    """
    directory.mkdir(exist_ok=True)
    program = directory / "uv"
    program.write_text(f'#!/bin/sh\nUV={shlex.quote(uv)}\ncase "$*" in "pip sync "*) {sync};; esac\nexec "$UV" "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}
