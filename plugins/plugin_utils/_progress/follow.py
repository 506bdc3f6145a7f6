# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Look each second how far something is that runs on the host of a task, beside the module or transfer that runs.

The looks are shell commands over a connection of their own, so that they are the same on this machine and on others.
"""

from __future__ import annotations

import copy
import json
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ...module_utils._background import in_background
from ...module_utils._store.layout import PROGRESS
from ...module_utils._torrent.download_directory import progress_of_download

_SECONDS = 1.0
_MAX_CHARACTERS = 1 << 16
#: What Ansible stumbles with over an answer that has another shape than it takes for granted.
_BROKEN_BY_AN_ANSWER = (AnsibleError, ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)

Look = Callable[[], Mapping[str, Any] | None]


class Listener(Protocol):
    """Who is told how far something is."""

    def tell(self, said: Mapping[str, Any], /) -> None: ...


def beside(action: ActionBase) -> ActionBase:
    """The same action with a connection of its own, for a thread beside the one in which its module runs."""
    other = copy.copy(action)
    other._connection = copy.copy(action._connection)
    other._connection.become = copy.copy(action._connection.become)
    return other


@contextmanager
def followed(progress: Listener, look: Look) -> Iterator[None]:
    """While the block runs, ``progress`` is told what ``look`` sees."""
    with in_background(partial(_follow, progress, look)):
        yield


def _follow(progress: Listener, look: Look, ended: threading.Event) -> None:
    while not ended.wait(_SECONDS):
        with suppress(*_BROKEN_BY_AN_ANSWER):
            said = look()
            if said is not None:
                progress.tell(said)


def build_with(action: ActionBase, store: str, ident: str) -> Look:
    """The progress file with this id in a store of the host: which venv is built, its module finds out."""

    def command(directory: str) -> str:
        return f"grep -hF {shlex.quote(ident)} {shlex.quote(f'{directory}/{PROGRESS}')}/*.json"

    return _with_id(action, store, ident, command)


def download_into(action: ActionBase, dest: str, ident: str) -> Look:
    """The progress file with this id of a download into the directory ``dest`` of the host."""
    return _with_id(action, dest, ident, lambda path: f"cat {shlex.quote(progress_of_download(path))}")


def _with_id(action: ActionBase, directory: str, ident: str, command: Callable[[str], str]) -> Look:
    """What ``command`` prints of this id; ``directory`` is expanded on the host, once."""
    reader = beside(action)
    known = ""

    def look() -> Mapping[str, Any] | None:
        nonlocal known
        if not known:
            known = f"{command(reader._remote_expand_user(directory))} 2>/dev/null"
        return _found(_output(reader, known), lambda value: value.get("id") == ident)

    return look


def file_at(action: ActionBase, path: str) -> Look:
    """A progress file of the host."""
    reader = beside(action)
    command = f"cat {shlex.quote(path)} 2>/dev/null"
    return lambda: _found(_output(reader, command), lambda value: "percent" in value)


def growing(action: ActionBase, path: str, *, size: int, step: str) -> Look:
    """How much of a file that has ``size`` bytes has arrived on the host at ``path``."""
    reader = beside(action)
    command = f"wc -c < {shlex.quote(path)} 2>/dev/null"

    def look() -> Mapping[str, Any] | None:
        numbers = [int(word) for word in _output(reader, command).split() if word.isdecimal()]
        return {"step": step, "done": numbers[-1] >> 10, "total": max(1, size >> 10)} if numbers else None

    return look


def _output(action: ActionBase, command: str) -> str:
    done = action._low_level_execute_command(
        command, sudoable=action._connection.become is not None, encoding_errors="replace"
    )
    return str(done["stdout"])[:_MAX_CHARACTERS]


def _found(output: str, is_meant: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any] | None:
    """The JSON object among the lines of a host, around which a login shell may say anything."""
    for line in output.splitlines():
        with suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict) and is_meant(value):
                return value
    return None
