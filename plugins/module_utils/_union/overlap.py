# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How much projects have in common: one formula, for a pair and for all of them."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Overlap:
    """Of the ``total`` packages that any of ``projects`` needs, those that two or more of them need.

    None in place of both where a project cannot be resolved, so that nobody knows what it needs.
    """

    projects: tuple[str, ...]
    common: tuple[str, ...] | None
    total: int | None

    @property
    def percent(self) -> float | None:
        """``common`` of ``total`` in percent; 100 where nobody needs anything."""
        if self.common is None or self.total is None:
            return None
        return round(100 * len(self.common) / self.total, 1) if self.total else 100.0


def overlap(packages: Mapping[str, frozenset[str] | None]) -> Overlap:
    """The overlap of all the projects; ``packages`` are the names that each project resolves to on its own."""
    known = [names for names in packages.values() if names is not None]
    if len(known) < len(packages):
        return Overlap(tuple(packages), None, None)
    users = Counter(name for names in known for name in names)
    return Overlap(tuple(packages), tuple(sorted(name for name, count in users.items() if count > 1)), len(users))


def pairs(packages: Mapping[str, frozenset[str] | None]) -> Iterable[Overlap]:
    """The overlap of every two projects."""
    return [overlap({one: packages[one], other: packages[other]}) for one, other in itertools.combinations(packages, 2)]
