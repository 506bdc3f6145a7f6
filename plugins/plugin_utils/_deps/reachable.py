# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What names depend on, and what that depends on, to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def reachable(names: Iterable[str], dependencies: Callable[[str], Iterable[str]]) -> set[str]:
    """``names`` and all that these depend on; each is asked for once."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += dependencies(name)
    return found
