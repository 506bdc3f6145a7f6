# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run an analysis in a limited process of its own, and hand it the collections that it asks for.

What is analysed is read there. Fetching and verifying collections is done here, with the user's rights and network.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError, InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps import _worker
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._model import CollectionFinder

#: How long a process may wait for a collection to arrive, and everything else, before it is taken for lost.
WALL_SECONDS = 1800.0


@dataclass(frozen=True)
class Limits:
    """What an analysis may use."""

    cpu_seconds: int = 120
    memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class Request:
    """What to analyse: ``playbooks`` below ``root``, with the ansible-core in the package folder ``core``.

    ``ansible_core`` is the requirement for core that goes into the profile, None for none.
    """

    root: str
    playbooks: Sequence[str]
    core: str
    ansible_core: str | None = None


def analyse_limited(request: Request, *, source: CollectionFinder, limits: Limits | None = None) -> dict[str, Any]:
    """Profile, evidence, unresolved and dynamic names as plain data. Raises :class:`InputError` for bad projects."""
    limits = limits or Limits()
    message = {
        **asdict(request),
        "playbooks": list(request.playbooks),
        "limits": asdict(limits),
        "sys_path": [place for place in sys.path if place],
    }
    with _start() as process:
        timer = threading.Timer(WALL_SECONDS, process.kill)
        timer.start()
        try:
            answer = _talk(process, message, source)
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
    if answer is None:
        raise _ended(code, request, limits)
    if "error" in answer:
        raise InputError(answer["error"]["message"], **answer["error"].get("context", {}))
    result: dict[str, Any] = answer["result"]
    return result


def _start() -> subprocess.Popen[str]:
    """Python alone: no site of the user, no environment, no bytecode, the null device for what it complains of."""
    return subprocess.Popen(
        [sys.executable, "-I", "-B", str(Path(_worker.__file__).resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        encoding="utf-8",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
    )


def _talk(process: subprocess.Popen[str], message: dict[str, Any], source: CollectionFinder) -> dict[str, Any] | None:
    """Answer its questions until it ends; None when it ends without an answer."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        _write(process.stdin, message)
        for line in process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "collection" not in said:
                return said
            folder = source(said["collection"])
            _write(process.stdin, {"path": str(folder.path), "version": folder.version} if folder else None)
    except (BrokenPipeError, json.JSONDecodeError):
        return None
    return None


def _write(pipe: IO[str], message: dict[str, Any] | None) -> None:
    pipe.write(json.dumps(message) + "\n")
    pipe.flush()


def _ended(code: int, request: Request, limits: Limits) -> Exception:
    """The error for a process that ended on its own."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return InputError(
            f"The analysis of {request.root} was stopped: it used more than {limits.cpu_seconds} s of CPU time. "
            "Name a smaller folder, or only some playbooks",
        )
    return CommandError(
        f"The analysis of {request.root} ended without a result, with status {code}. A file of the project may be "
        f"larger than the memory that an analysis may use ({limits.memory_bytes // 1024**2} MiB)",
        rc=code,
    )
