# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The roles of a lock, in place of what their source has now; see ``_collections/locked.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._collections.locked import UPDATE
from .._errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .requests import LockedRole, RoleRequest
    from .role_cache import CachedRole
    from .source import RoleSource


class LockedRoles:
    """Delivers what ``locked`` lists; ``source`` is asked for what the cache does not have, once."""

    def __init__(self, locked: Sequence[LockedRole], source: RoleSource) -> None:
        self._locked = {one.name: one for one in locked}
        self._source = source
        self._delivered: Mapping[str, CachedRole] | None = None

    def deliver(self, requests: Sequence[RoleRequest]) -> list[CachedRole]:
        """The roles and all they depend on, sorted by name; see ``RoleSource``.

        Raises :class:`ResolutionError` for what the lock does not meet, also where the source has it.
        """
        for request in requests:
            locked = self._locked.get(request.name)
            if locked is None:
                self._source.deliver([request])  # where it has none either, its error tells
            difference = locked.difference(request) if locked is not None else f"it does not have {request.name}"
            if difference:
                raise ResolutionError(f"The lock does not meet the requirements of the roles: {difference}: {UPDATE}")
        if self._delivered is None:
            self._delivered = {one.name: one for one in self._source.locked(self._locked.values())}
        pending, found = [one.name for one in requests], {}
        while pending:
            name = pending.pop()
            if name not in self._delivered:
                raise ResolutionError(
                    f"The lock does not meet the requirements of the roles: it does not have {name}, on which another "
                    f"role depends: {UPDATE}"
                )
            if name not in found:
                found[name] = self._delivered[name]
                pending += found[name].dependencies
        return [found[name] for name in sorted(found)]
