# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The Python that all projects can use."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .._errors import ToolMissingError
from .constraint import (
    MINORS,
    allowed_minors,
    allows,
    conflicting,
)
from .interpreter import (
    Interpreter,
    find_interpreter,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._projects.model import PythonRequirement
    from .._runner import Runner


def choose_python(asked: str | None, demands: Sequence[PythonRequirement], *, runner: Runner) -> Interpreter:
    """``asked``, or the one of the host that all ``demands`` allow, the module's own first, then the newest.

    Where the demands allow none together it is the one that a venv gets without any. Raises :class:`ToolMissingError`
    where the host has none.
    """
    versions = [demand.versions for demand in demands]
    minors = allowed_minors(versions)
    if asked is not None or not demands or not minors:
        return find_interpreter(asked, minimum=MINORS[0], runner=runner)
    own = sys.version_info[:2]
    for minor in sorted(minors, key=lambda minor: (minor == own, minor), reverse=True):
        try:
            found = find_interpreter("{}.{}".format(*minor), minimum=MINORS[0], runner=runner)
        except ToolMissingError:
            continue
        if all(allows(clauses, found.version) for clauses in versions):
            return found
    wanted = "; ".join(f"{demand.versions} ({demand.origin})" for demand in demands)
    raise ToolMissingError(f"This host has no Python that all projects allow: {wanted}. Install one, or set 'python'")


def python_conflict(demands: Sequence[PythonRequirement], chosen: Interpreter) -> list[PythonRequirement]:
    """The fewest demands that no version can meet, else those that ``chosen`` does not meet."""
    impossible = conflicting([demand.versions for demand in demands])
    if impossible:
        return [demands[position] for position in impossible]
    return [demand for demand in demands if not allows(demand.versions, chosen.version)]
