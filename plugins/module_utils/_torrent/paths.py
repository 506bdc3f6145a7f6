# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The names of files in a torrent: what is no ordinary path below a directory is refused, not renamed."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from .._printable import is_printable
from .refusal import RefusedError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PART = 255
MAX_PARTS = 40
MAX_PATH = 2000
_SEPARATORS = re.compile(r"[/\\]")
_WINDOWS = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
#: A drive, with or without a path on it.
_DRIVE = re.compile("[a-z]:", re.IGNORECASE | re.ASCII)
#: Joiners of letters, which names in Persian and in Indic languages need, and of pictures.
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def check_part(raw: object) -> str:
    """One part of a path as text, if every common system takes it for an ordinary name in a directory."""
    if not isinstance(raw, bytes):
        raise RefusedError("the name of a file is not a text")
    try:
        part = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError(f"the name of a file {quoted(raw)} is not valid UTF-8") from None
    reason = _why_not(part, len(raw))
    if reason is not None:
        raise RefusedError(f"the name of a file {quoted(part)} {reason}")
    return part


def check_path(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A whole path of checked parts, if it is not too long."""
    if not parts:
        raise RefusedError("a file has no name")
    if len(parts) > MAX_PARTS or len("/".join(parts).encode()) > MAX_PATH:
        raise RefusedError(
            f"the path {quoted('/'.join(parts))} is too long: {MAX_PARTS} parts and {MAX_PATH} bytes are the maximum"
        )
    return parts


def check_distinct(paths: Iterable[tuple[str, ...]]) -> None:
    """Refuse two files that are one on some system, and a file whose path leads through another file."""
    files: dict[tuple[str, ...], str] = {}
    directories: set[tuple[str, ...]] = set()
    for path in paths:
        key, shown = tuple(map(_folded, path)), "/".join(path)
        if key in files:
            raise RefusedError(f"two files have the same name on some systems: {quoted(files[key])}, {quoted(shown)}")
        files[key] = shown
        directories.update(key[:end] for end in range(1, len(key)))
    both = directories & files.keys()
    if both:
        raise RefusedError(f"{quoted(files[min(both)])} is both a file and a directory")


def _why_not(part: str, size: int) -> str | None:
    if not part:
        return "is empty"
    if part in (".", ".."):
        return "leads to another directory"
    if _SEPARATORS.search(part):
        return "contains a separator of directories"
    if not is_printable(part.translate(_JOINERS)):
        return "contains control characters, or invisible ones"
    if size > MAX_PART:
        return f"is longer than {MAX_PART} bytes"
    if _WINDOWS.fullmatch(part) or _DRIVE.match(part):
        return "is reserved on Windows"
    if part[-1] in ". ":
        return "ends with a dot or a space, which Windows drops"
    return None


def _folded(part: str) -> str:
    """The same for all spellings that a file system can take for one: of case, and of composed characters."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", part).casefold())
