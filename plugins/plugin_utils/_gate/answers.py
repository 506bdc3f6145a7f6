# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the gate says: one JSON object in a line, with the version of its form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._errors import VenvError
from ...module_utils._printable import printable_data, shortened

VERSION = 1
#: What is shown of a list of names that others chose, in entries, and in bytes as they are sent.
_MOST, _MOST_BYTES = 50, 1 << 14


class GateError(VenvError):
    """Something that is refused, or cannot be done; ``code`` says which."""

    def __init__(self, message: str, *, code: str = "refused", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code


def defect(error: Exception) -> GateError:
    """What is said of an error that nobody expected."""
    return GateError(f"the gate itself failed ({type(error).__name__}); report this", code="gate")


def shown(lists: Mapping[str, Sequence[str]]) -> tuple[dict[str, list[str]], int]:
    """The beginning of each list, with its entries shortened, and how many entries are not shown."""
    begun = {name: _begun(entries) for name, entries in lists.items()}
    return begun, sum(len(entries) - len(begun[name]) for name, entries in lists.items())


def _begun(entries: Sequence[str]) -> list[str]:
    found: list[str] = []
    left = _MOST_BYTES
    for entry in entries[:_MOST]:
        text = shortened(entry)
        left -= len(json.dumps(text))
        if left < 0:
            break
        found.append(text)
    return found


def answer_line(answer: Mapping[str, Any]) -> bytes:
    """An answer as it is sent, of printable text."""
    return json.dumps({"gate": VERSION, **printable_data(answer)}).encode("ascii") + b"\n"


def error_line(error: VenvError) -> bytes:
    """An error as it is sent. What an error of another part carries beside its message is not for a phone."""
    more = error.context if isinstance(error, GateError) else {}
    return answer_line({"error": error.message, "code": error.code, **more})
