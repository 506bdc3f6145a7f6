# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read the JSON files of a store: only what has the announced type is believed."""

from __future__ import annotations

import json
import os
import stat
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

#: The list of files of a large venv has some MiB.
MAX_BYTES = 256 << 20
#: For TypedDicts: Python 3.9 cannot evaluate ``str | None``.
OptionalText = Union[str, None]


def read_json(path: str, kind: Any) -> Any:
    """The content of ``path``, of the type ``kind``.

    Raises OSError where there is no regular file to read, ValueError for what is not JSON, or of another type.
    """
    text = read_regular(path, MAX_BYTES)
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply") from None
    if not conforms(value, kind):
        raise ValueError(f"{path} does not have the expected content")
    return value


def read_regular(path: str, limit: int, *, directory: int | None = None) -> bytes:
    """The content of ``path``, relative to the descriptor ``directory`` if given; links are not followed.

    Raises OSError where there is nothing to read, ValueError for what is no regular file, or larger than ``limit``.
    """
    # Not blocking: to open a FIFO would wait for a writer.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is not a regular file")
        with open(descriptor, "rb", closefd=False) as stream:
            content = stream.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise ValueError(f"is larger than {limit >> 20} MiB, the maximum")
    return content


def conforms(value: Any, kind: Any) -> bool:
    """Whether ``value``, read from JSON, has the type ``kind``.

    That is a plain type, or a TypedDict (further keys are allowed), list, tuple, dict or union of such types.
    """
    if kind is Any:
        return True
    if kind is str:
        return isinstance(value, str) and _can_be_a_path(value)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Union:
        return any(conforms(value, part) for part in parts)
    if origin is list:
        return isinstance(value, list) and all(conforms(item, parts[0]) for item in value)
    if origin is tuple:
        return isinstance(value, list) and len(value) == len(parts) and all(map(conforms, value, parts))
    if origin is dict:
        return (
            isinstance(value, dict)
            and all(map(conforms, value, [str] * len(value)))
            and all(conforms(item, parts[1]) for item in value.values())
        )
    if hasattr(kind, "__total__"):
        hints = _hints(kind)
        return isinstance(value, dict) and all(
            conforms(value[key], hint) if key in value else key not in kind.__required_keys__
            for key, hint in hints.items()
        )
    return isinstance(value, kind) and isinstance(value, bool) == (kind is bool)


_hints = cache(get_type_hints)


def _can_be_a_path(text: str) -> bool:
    """Whether the system takes ``text`` for a name: nothing that we write holds anything else."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
