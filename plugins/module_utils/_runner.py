# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How domain code starts a program: a protocol, and its implementation on top of ``AnsibleModule.run_command``."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ansible.module_utils.basic import AnsibleModule


@dataclass(frozen=True)
class Completed:
    """A program that has ended; ``returncode`` is negative when a signal ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    def check(self, doing: str) -> Completed:
        """Raise :class:`CommandError` that starts with ``doing`` unless the program succeeded."""
        if self.returncode == 0:
            return self
        output = (self.stderr or self.stdout).strip()
        raise CommandError(f"{doing} failed: {output}", argv=list(self.argv), rc=self.returncode, stderr=self.stderr)


class Runner(Protocol):
    """Starts programs. ``env`` is the whole environment of the program: nothing is inherited."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        stdin: str | None = None,
        pass_fds: Sequence[int] = (),
        timeout: float | None = None,
    ) -> Completed:
        """Run ``argv`` to its end; after ``timeout`` seconds it is killed, with its process group if it leads one."""


class ModuleRunner:
    """A :class:`Runner` for modules."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        stdin: str | None = None,
        pass_fds: Sequence[int] = (),
        timeout: float | None = None,
    ) -> Completed:
        """See :class:`Runner`; raises :class:`CommandError` when the program cannot be started or runs too long."""
        deadline = _Deadline(timeout)
        try:
            with _environment(env), deadline:
                returncode, stdout, stderr = self._module.run_command(
                    list(argv),
                    cwd=cwd,
                    data=stdin,
                    pass_fds=list(pass_fds),
                    expand_user_and_vars=False,
                    before_communicate_callback=deadline.start,
                    handle_exceptions=False,
                )
        except OSError as error:
            raise CommandError(f"{argv[0]} cannot be started: {error.strerror}", argv=list(argv)) from error
        completed = Completed(tuple(argv), returncode, stdout, stderr)
        if deadline.expired:
            raise CommandError(
                f"{argv[0]} was stopped: it ran longer than {timeout:g} s",
                argv=list(argv),
                rc=returncode,
                stderr=stderr,
                timeout=timeout,
            )
        return completed


class _Deadline:
    """Kills the process group of a program when its time is over."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._timer: threading.Timer | None = None
        self.expired = False

    def start(self, process: Any) -> None:
        if self._seconds is not None:
            self._timer = threading.Timer(self._seconds, self._expire, [process])
            self._timer.daemon = True
            self._timer.start()

    def _expire(self, process: Any) -> None:
        self.expired = True
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()

    def __enter__(self) -> _Deadline:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._timer is not None:
            self._timer.cancel()


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    """Make ``env`` the whole environment: ``run_command`` can only add to what this process has."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
