# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The forced command: one connection, one command, one answer."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from ...module_utils._errors import InputError, NoSpaceError, VenvError
from .answers import GateError, answer_line, defect, error_line
from .connection import Connection
from .disk_space import FULL, is_of_full_disk
from .grammar import parse_command
from .settings import GateSettings, check_verb
from .spool import Spool
from .verbs import answer

_COMMAND = "SSH_ORIGINAL_COMMAND"
_REFUSED, _FAILED = 2, 1
#: What an archive can make the reader of it need.
_MEMORY = 1 << 30
#: What sshd gives, what the process of a run gets, and what removes the gate or a key of it.
_CONNECTION, _WORK = ("--config", "--key"), ("--config", "--key", "--run", "--phase")
_STOP, _REMOVE_KEY = ("--config", "--stop"), ("--config", "--remove-key")
#: What forgets the last use of a profile that was removed.
_FORGET_PROFILE = ("--config", "--forget-profile")
_FORMS = (_CONNECTION, _WORK, _STOP, _REMOVE_KEY, _FORGET_PROFILE)


def main(arguments: Sequence[str]) -> int:
    """Answer on standard output; returns the exit code, 0 only for what was done."""
    os.umask(0o077)
    # The connection may end at any time; what was begun is finished or removed.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        _act(arguments)
    except BrokenPipeError:
        return _FAILED
    except GateError as error:
        return _say(error, _REFUSED)
    except VenvError as error:
        return _say(error, _FAILED)
    except MemoryError:
        return _say(GateError("the input needs more memory than the gate has", code="upload"), _REFUSED)
    except OSError as error:
        return _say(_explained(error), _FAILED)
    except Exception as error:  # a mistake of ours is one line for a phone, too
        return _say(defect(error), _FAILED)
    return 0


def _act(arguments: Sequence[str]) -> None:
    options = dict(zip(arguments[::2], arguments[1::2], strict=False))
    form = tuple(options)
    if form not in _FORMS or len(arguments) != 2 * len(options):
        raise InputError("phone-gate is the forced command of a key: --config FILE --key NAME")
    settings = GateSettings.read(options["--config"])
    if form == _STOP:
        from .stopping import stop_all

        stop_all(settings)
    elif form == _REMOVE_KEY:
        from .stopping import remove_key

        remove_key(settings, options["--remove-key"])
    elif form == _FORGET_PROFILE:
        from .stopping import forget_profile

        forget_profile(settings, options["--forget-profile"])
    elif form == _WORK:
        from .worker import Worker

        spool = Spool(settings.file["spool"], options["--key"])
        Worker(settings, spool, spool.run(options["--run"])).work(options["--phase"])
    else:
        _answer(settings, options["--key"])


def _answer(settings: GateSettings, name: str) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    key = settings.key(name)
    command = parse_command(os.environ.get(_COMMAND, ""))
    check_verb(key, command.verb)
    spool = Spool(settings.file["spool"], name)
    spool.open()
    told = answer(Connection(settings, key, spool, sys.stdin.buffer, sys.stdout.buffer), command)
    if told is not None:
        sys.stdout.buffer.write(answer_line(told))
    sys.stdout.buffer.flush()


def _say(error: VenvError, code: int) -> int:
    try:
        sys.stdout.buffer.write(error_line(error))
        sys.stdout.buffer.flush()
    except OSError:  # nobody is there to be told
        return _FAILED
    return code


def _explained(error: OSError) -> VenvError:
    if is_of_full_disk(error):
        return NoSpaceError(FULL)
    return InputError(f"{error.filename or 'a file of the gate'}: {error.strerror}")
