# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program of a guard: started by ``guard_process`` in a session of its own, with its order on standard input.

The order has the token, which is nowhere else. It answers with one line of JSON, ``{"ready": true}`` or ``{"error":
…}``, and closes that stream: from then on it has none. What ends a terminal or a run does not end it; ``guard`` says
what it does.
"""

from __future__ import annotations

import json
import os
import resource
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

_MOUNT = Path(__file__).resolve().parents[1] / "_mount.py"
_POLL_SECONDS = 0.01
#: What a terminal sends, and what somebody at one may send by mistake.
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def main() -> None:
    """Read the order, take the guard's place, say so, and stay."""
    first = os.getpid()
    if os.fork():
        os._exit(0)  # so that it is nobody's child, whom somebody has to wait for
    while os.getppid() == first:
        time.sleep(_POLL_SECONDS)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    # What is in memory shall not come to be in a file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    _replace(0, os.O_RDONLY)
    sys.path[:] = order.pop("sys_path")
    runpy.run_path(str(_MOUNT))["mount_collection"]()
    _guard(order)


def _guard(order: dict[str, Any]) -> None:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.guard import Guard, GuardOrder

    try:
        with Guard(GuardOrder(**order)) as guard:
            signal.signal(signal.SIGTERM, lambda number, frame: guard.terminate())
            _say({"ready": True})
            _replace(1, os.O_WRONLY)
            guard.stay()
    except VenvError as error:
        _say({"error": error.details()})
    except OSError as error:
        _say({"error": {"msg": f"{error.filename}: {error.strerror}", "error_code": "guard"}})


def _say(answer: dict[str, Any]) -> None:
    """Raises BrokenPipeError where nobody waits for it: the task ended, and so does this."""
    os.write(1, json.dumps(answer).encode() + b"\n")


def _replace(descriptor: int, flags: int) -> None:
    opened = os.open(os.devnull, flags)
    os.dup2(opened, descriptor)
    os.close(opened)


if __name__ == "__main__":
    main()
