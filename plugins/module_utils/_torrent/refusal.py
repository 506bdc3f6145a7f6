# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How a reader says what is wrong with a magnet link or a .torrent file; the caller knows what the input is called."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._errors import VenvError
from .._printable import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So much of an input is shown.
_SHOWN = 60


class MagnetError(VenvError):
    """A magnet link or a .torrent file cannot be used, or does not describe what was asked for."""

    code = "magnet"


class RefusedError(Exception):
    """What is wrong, in words that follow the name of the input; ``advice`` says what to do, if the usual does not."""

    def __init__(self, what: str, *, advice: str | None = None) -> None:
        super().__init__(what)
        self.advice = advice


@contextmanager
def refusals_of(source: str, *, advice: str) -> Iterator[None]:
    """Raise :class:`MagnetError` with the name of the input, ``source``, for what is refused inside."""
    try:
        yield
    except RefusedError as error:
        raise MagnetError(f"{source}: {error}; {error.advice or advice}") from error


def quoted(text: str | bytes) -> str:
    """The begin of a text of others, in quotes and printable."""
    if isinstance(text, bytes):
        text = text[: 4 * _SHOWN].decode("utf-8", "replace")
    return f"'{shortened(text, _SHOWN)}'"
