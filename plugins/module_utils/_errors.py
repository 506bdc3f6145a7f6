# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The one family of errors that users see: a message that says what to do, a stable code, and details."""

from __future__ import annotations

from typing import Any

from ._printable import (
    MAX_MESSAGE,
    printable,
    printable_data,
)


class VenvError(Exception):
    """Base of all expected failures; ``main()`` catches it once and hands ``details()`` to ``fail_json``.

    ``message`` names the input, says what is wrong and what to do. ``context`` holds values that JSON can carry;
    never a secret. Both hold text of others, so that what acts on a terminal is escaped here, for every message.
    """

    code = "error"

    def __init__(self, message: str, **context: Any) -> None:
        self.message = _shown(message)
        super().__init__(self.message)
        self.context = context

    def details(self) -> dict[str, Any]:
        """What ``fail_json`` gets: ``msg``, ``error_code`` and the context."""
        context: dict[str, Any] = printable_data(self.context, lines=True)
        return {"msg": self.message, "error_code": self.code, **context}


def _shown(message: str) -> str:
    shown = printable(" ".join(line.strip() for line in message.split("\n")))
    more = len(shown) - MAX_MESSAGE
    return shown if more <= 0 else f"{shown[:MAX_MESSAGE]}… ({more} characters more)"


class InputError(VenvError):
    """A value that the user gave cannot be used."""

    code = "bad_input"


class CommandError(VenvError):
    """A program that we started failed; ``context`` has ``argv``, ``rc`` and ``stderr``."""

    code = "command_failed"


class ToolMissingError(VenvError):
    """A program that is needed (uv, an interpreter) is not on this host and cannot be had."""

    code = "tool_missing"


class SourceError(VenvError):
    """A source of collections, or what it delivered, cannot be used."""

    code = "source"


class ResolutionError(VenvError):
    """The requirements conflict, or a package does not exist."""

    code = "resolution"


class StoreError(VenvError):
    """The store is in a place or a state in which it must not be used."""

    code = "store"


class NetworkError(VenvError):
    """A package index, or what it names, cannot be reached or does not answer as one."""

    code = "network"


class NoSpaceError(VenvError):
    """A disk is full, or a quota used up."""

    code = "no_room"


class LockedError(VenvError):
    """Somebody else holds the lock; ``context`` names the holder."""

    code = "locked"


class AuditError(VenvError):
    """A venv on disk is not what its records say."""

    code = "audit"
