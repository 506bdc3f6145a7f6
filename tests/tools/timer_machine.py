# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A view of this machine in which a test has cron and systemd to itself: real programs, none of the machine's files.

It has an empty ``/run``, no jobs of the system, and a user whose home directory is the test's. All that was started in
it ends with it. Only root can make one.
"""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import control_groups
from another_user import AS_THEM, UID
from hosts import missing as hosts_missing

_SET_UP = """\
set -eu
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/systemd/system "/run/user/$RUN_AS" /run/view/cron.d
chown "$RUN_AS" "/run/user/$RUN_AS"
chmod 0700 "/run/user/$RUN_AS"
awk -F: -v OFS=: '$3 == ENVIRON["RUN_AS"] { $6 = ENVIRON["HOME_OF_USER"] } { print }' /etc/passwd > /run/view/passwd
mount --bind /run/view/passwd /etc/passwd
if [ -d /var/spool/cron ]; then
    mount -t tmpfs -o mode=0755 tmpfs /var/spool/cron
    install -d -m 1730 -g crontab /var/spool/cron/crontabs
    : > /run/view/crontab
    for place in crontab cron.d; do
        [ ! -e "/etc/$place" ] || mount --bind "/run/view/$place" "/etc/$place"
    done
fi
if [ -n "$HIDDEN" ]; then
    mkdir /run/view/shown
    mount --bind "$SHOWN" /run/view/shown
    mount -t tmpfs -o mode=0755 tmpfs "$HIDDEN"
    mkdir -p "$SHOWN"
    mount --bind /run/view/shown "$SHOWN"
fi
echo ready
exec sleep infinity
"""


@dataclass(frozen=True)
class TimerMachine:
    """``uid`` is 0 or that of another user, whose home directory is ``home``."""

    process: subprocess.Popen[str]
    uid: int
    home: Path
    groups: tuple[Path, ...]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def make(cls, home: Path, *, uid: int = 0, shown: Path | None = None) -> TimerMachine:
        """``home`` is there, and the user's. ``shown`` can be reached, also if it lies where only root can go."""
        groups = control_groups.make(uid) if uid else ()
        env = {
            "PATH": os.defpath + ":/usr/sbin:/sbin",
            "HOME_OF_USER": str(home),
            "RUN_AS": str(uid),
            "HIDDEN": str(_hidden(shown) or "") if shown else "",
            "SHOWN": str(shown),
        }
        argv = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _SET_UP]
        process = subprocess.Popen(argv, env=env, cwd="/", stdout=subprocess.PIPE, text=True)
        made = cls(process, uid, home, groups)
        if process.stdout is None or process.stdout.readline() != "ready\n":
            made.close()
            raise RuntimeError("the view of the machine could not be made")
        return made

    def run(
        self, *argv: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, as_root: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in it as the user, to its end."""
        return subprocess.run(
            self._argv("env", f"--chdir={cwd or '/'}", *argv, as_root=as_root),
            env=self._environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start(self, *argv: str | Path) -> None:
        """Start a program in it that ends with it, in control groups of its own."""
        as_user = AS_THEM if self.uid else ()
        quiet = subprocess.DEVNULL
        joined = f'{control_groups.joining(self.groups)} exec "$@"'
        inside = self._argv("sh", "-c", joined, "sh", *as_user, *argv, as_root=True)
        env = self._environment()
        self.started.append(subprocess.Popen(inside, env=env, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet))

    def start_systemd(self) -> str | None:
        """Start the manager of the user; returns why that is not possible here, if it is not."""
        self.start("/usr/lib/systemd/systemd", "--user")
        end = time.monotonic() + 15
        while time.monotonic() < end:
            asked = self.run("systemctl", "--user", "show", "--property=Version")
            if asked.returncode == 0:
                return None
            time.sleep(0.2)
        return f"no systemd of a user can run here: {asked.stderr}"

    def close(self) -> None:
        """End all that runs in it, and remove its control groups."""
        self.process.kill()
        self.process.wait()
        for started in self.started:
            started.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        control_groups.remove(self.groups)

    def _argv(self, *argv: str | Path, as_root: bool = False) -> list[str]:
        inside = ["nsenter", "--target", self._inside(), "--mount", "--pid"]
        return [*inside, *(AS_THEM if self.uid and not as_root else ()), *map(str, argv)]

    def _inside(self) -> str:
        """The process that is the first one in it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return children.read_text().split()[0]

    def _environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        own = {"HOME": str(self.home), "XDG_RUNTIME_DIR": f"/run/user/{self.uid}", "LC_ALL": "C.UTF-8"}
        return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **own, **(more or {})}


def missing(programs: Sequence[str]) -> str | None:
    """Why there is no such view here; None where there is."""
    absent = [program for program in programs if not os.access(program, os.X_OK)]
    return hosts_missing() or (f"there is no {absent[0]}" if absent else None)


def _hidden(path: Path) -> Path | None:
    """The first directory on the way to ``path`` that others cannot go through."""
    return next((one for one in reversed(path.parents) if not one.stat().st_mode & stat.S_IXOTH), None)


__all__ = ["UID", "TimerMachine", "missing"]
