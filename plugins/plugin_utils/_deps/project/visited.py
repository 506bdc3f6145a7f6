# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What of a project was walked before, and what has to be walked once more."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .values import Values

if TYPE_CHECKING:
    from .context import Context


class Visited:
    """The files and roles that were walked, and whether as Ansible reads them before the first task."""

    def __init__(self) -> None:
        self._static: dict[tuple[Hashable, Path | None], bool] = {}
        self._at_base: set[Hashable] = set()

    def searched_at_base(self, keys: Iterable[Hashable]) -> None:
        """In these something was searched as far as the playbook's directory."""
        self._at_base.update(keys)

    def before(self, key: Hashable, base: Path, within: tuple[Hashable, ...] = (), *, static: bool) -> bool:
        """Whether ``key`` was walked before; it counts as walked from now on.

        What an include led to is walked once more where Ansible reads it before the first task as well, and for each
        directory of playbooks that something in it is searched in.
        """
        at_base = key in self._at_base
        if self._static.get((key, base if at_base else None), -1) >= static:
            self.searched_at_base(within if at_base else ())
            return True
        self._static[key, base] = self._static[key, None] = static
        return False


class TemplatedNames:
    """What follows templated names, each with how many values of variables were known when it did."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._known: dict[Callable[[], None], int] = {}
        #: What followed a name that could mean one thing only, by the values that were known then.
        self._sure: dict[Callable[[], None], None] = {}
        self._has_all_values = False

    def again(self, follow: Callable[[], None]) -> None:
        """Remember what followed a templated name."""
        self._known[follow] = self._values.known

    def certain(self, context: Context, follow: Callable[[], None], *, is_sure: bool) -> Context:
        """The context of what a templated name leads to, which ``follow`` follows.

        ``is_sure``: it can mean one thing only. That is known once no more values can be found: until then, nothing of
        it is read before the first task.
        """
        if is_sure and context.static and not self._has_all_values:
            self._sure.setdefault(follow)
        return context if is_sure and self._has_all_values else context.at_run_time()

    def settle(self) -> None:
        """Follow the names again, until no more values are found on the way; then what is certain is known."""
        known = -1
        while known != self._values.known and self._values.spend(len(self._known)):
            known = self._values.known
            for follow, before in list(self._known.items()):
                if before < self._values.known:
                    self.again(follow)
                    follow()
        self._has_all_values = True
        for follow in list(self._sure):
            follow()
