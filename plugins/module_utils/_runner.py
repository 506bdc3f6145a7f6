# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How domain code starts a program: a protocol, and its implementation."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from ._errors import CommandError, VenvError
from ._resource import module_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


#: How often a program that writes nothing is asked whether it has ended.
_LOOK_SECONDS = 1.0


class InterruptedRunError(VenvError):
    """A program was cut off from outside: nothing may be concluded from how it ended."""

    code = "interrupted"


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
        ending = f"signal {-self.returncode}" if self.returncode < 0 else f"exit code {self.returncode}"
        output = (self.stderr or self.stdout).strip() or f"it ended with {ending} and no output"
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
        """Run ``argv`` to its end.

        With ``timeout``, in seconds, everything that it started ends with it: after that time, when this process is
        killed or interrupted, and also when the program itself ends.
        """


class SubprocessRunner:
    """The :class:`Runner` of modules and of plugins.

    Not ``AnsibleModule.run_command``: it loses the output of a program that writes and ends just when a second without
    output is over (it ends the loop without reading once more), and it keeps the environment.
    """

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
        with Supervision(argv, env=env, timeout=timeout) as supervision:
            try:
                # Not subprocess.run: interrupted, that kills its child, and it is the child that ends the program then.
                # Not run_command: it loses output, see above.
                process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                    supervision.argv,
                    env=dict(env),
                    cwd=cwd,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=(*pass_fds, *supervision.pass_fds),
                )
            except OSError as error:
                raise cannot_start(argv, error.strerror) from error
            stdout, stderr = (
                output.decode("utf-8", "surrogateescape") for output in _outputs(process, os.fsencode(stdin or ""))
            )
            return supervision.completed(process.returncode, stdout, stderr)


def _outputs(process: subprocess.Popen[bytes], stdin: bytes) -> tuple[bytes, bytes]:
    """All that a program has written when it has ended; what it leaves running may keep its streams open.

    ``communicate`` gives no more input once it was interrupted by its ``timeout``, so that another thread does.
    """
    pipe, process.stdin = process.stdin, None
    giver = threading.Thread(target=_give, args=(pipe, stdin), daemon=True)
    giver.start()
    while True:
        has_ended = process.poll() is not None
        try:
            return process.communicate(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired as waiting:
            if has_ended:
                for stream in filter(None, (process.stdout, process.stderr)):
                    stream.close()
                return waiting.stdout or b"", waiting.stderr or b""


def _give(pipe: IO[bytes] | None, stdin: bytes) -> None:
    """Write all input; a program may end before it has read it."""
    if pipe is not None:
        with suppress(BrokenPipeError), pipe:
            pipe.write(stdin)


class Supervision:
    """How a program is started, and how it ended: one with a time limit is watched by ``_supervisor``.

    Start ``argv`` with ``pass_fds`` besides others, and hand what came of it to :meth:`completed`. At the exit, however
    it comes, the program and all that it started are ended.
    """

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], timeout: float | None) -> None:
        self._command = tuple(argv)
        self._timeout = timeout
        self._ours: socket.socket | None = None
        self._theirs: socket.socket | None = None
        self.argv = self._command
        self.pass_fds: tuple[int, ...] = ()
        if timeout is not None:
            # A run that starts nothing does not pay for it.
            from . import _supervisor

            self._ours, self._theirs = socket.socketpair()
            self.pass_fds = (self._theirs.fileno(),)
            arguments = (str(timeout), str(self._theirs.fileno()), env.get("LC_CTYPE", ""))
            program = (sys.executable, "-I", "-S", "-B", "-c", module_source(_supervisor.__name__))
            self.argv = (*program, *arguments, *self._command)

    def __enter__(self) -> Supervision:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for end in (self._ours, self._theirs):
            if end is not None:
                end.close()

    def completed(self, returncode: int, stdout: str, stderr: str) -> Completed:
        """What the program came to; raises :class:`CommandError` when it could not be started or ran too long."""
        if self._ours is None or self._theirs is None:
            return Completed(self._command, returncode, stdout, stderr)
        self._theirs.close()
        with self._ours.makefile("r", encoding="ascii") as stream:
            pid, _newline, report = stream.read().partition("\n")
        if not report:
            if pid:
                from ._supervisor import end_orphaned

                end_orphaned(int(pid))
            raise InterruptedRunError(
                f"{self._command[0]} was interrupted: its supervisor was killed, so the result is unknown; run this "
                "again"
            )
        told = json.loads(report)
        if told["errno"]:
            raise cannot_start(self._command, os.strerror(told["errno"]))
        returncode = -told["signal"] if told["signal"] else told["rc"]
        if told["ended"] is not None:
            raise CommandError(
                f"{self._command[0]} was stopped: it ran longer than {self._timeout:g} s",
                argv=list(self._command),
                rc=returncode,
                stderr=stderr,
                timeout=self._timeout,
            )
        return Completed(self._command, returncode, stdout, stderr)


def cannot_start(argv: Sequence[str], reason: str | None) -> CommandError:
    """The error for a program that could not be started."""
    return CommandError(f"{argv[0]} cannot be started: {reason}", argv=list(argv))
