# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the gate says: one JSON object in a line, with the version of its form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...module_utils._errors import VenvError
from ...module_utils._printable import printable_data

VERSION = 1


class GateError(VenvError):
    """Something that is refused, or cannot be done; ``code`` says which."""

    def __init__(self, message: str, *, code: str = "refused", **context: Any) -> None:
        super().__init__(message, **context)
        self.code = code


def defect(error: Exception) -> GateError:
    """What is said of an error that nobody expected."""
    return GateError(f"the gate itself failed ({type(error).__name__}); report this", code="gate")


def answer_line(answer: Mapping[str, Any]) -> bytes:
    """An answer as it is sent, of printable text."""
    return json.dumps({"gate": VERSION, **printable_data(answer)}).encode("ascii") + b"\n"


def error_line(error: VenvError) -> bytes:
    """An error as it is sent. What an error of another part carries beside its message is not for a phone."""
    more = error.context if isinstance(error, GateError) else {}
    return answer_line({"error": error.message, "code": error.code, **more})
