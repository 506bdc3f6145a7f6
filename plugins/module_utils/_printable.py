# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Text of others (names, paths, what programs say) made fit for a terminal: the one place that escapes and cuts it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The longest message that is shown whole; whoever puts names into one cuts them with :func:`shortened`.
MAX_MESSAGE = 10_000
_SHOWN = 200
#: What a terminal obeys, or what changes the order or the lines of what it shows: C0, DEL and C1, marks of direction,
#: separators of lines and paragraphs, other invisible characters; and halves of pairs, which no encoding can write.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_UNPRINTABLE_IN_LINES = re.compile(_UNPRINTABLE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))


def printable(text: str, *, lines: bool = False) -> str:
    """``text`` with what would act on a terminal written as ``\\x1b``; twice is once.

    ``lines`` lets tabs and ends of lines stand, for what programs say over several lines.
    """
    return (_UNPRINTABLE_IN_LINES if lines else _UNPRINTABLE).sub(_escaped, text)


def is_printable(text: str) -> bool:
    """Whether nothing in ``text`` would act on a terminal."""
    return not _UNPRINTABLE.search(text)


def shortened(text: str, limit: int = _SHOWN) -> str:
    """``text`` as it may stand in a message: printable, and not longer than ``limit``."""
    shown = printable(text[: limit + 1])
    return shown if len(text) <= limit and len(shown) <= 2 * limit else f"{shown[:limit]}…"


def listed(names: Sequence[str], *, most: int = 10) -> str:
    """``a, b and 3 more``: no more than ``most`` of the names."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def printable_data(value: Any, *, lines: bool = False) -> Any:
    """A value that JSON can carry, with every text in it printable; see :func:`printable`."""
    if isinstance(value, str):
        return printable(value, lines=lines)
    if isinstance(value, dict):
        return {printable_data(key): printable_data(item, lines=lines) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable_data(item, lines=lines) for item in value]
    return value


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
