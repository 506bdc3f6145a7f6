# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Optional packages: resolved together with what is required, and left out, with a reason, where that is impossible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from .._packaging.pylock import LockedPackage

    class Resolve(Protocol):
        """Resolves lines; ``once``: a failure is not checked with an empty cache."""

        def __call__(self, lines: Sequence[str], *, once: bool) -> list[LockedPackage]:
            """Raises of the ``VenvError`` family."""


#: How a reason ends that may not hold with the network.
WITHOUT_NETWORK = "; the network was not used"
#: The reason where nothing was resolved, because of a lock.
NOT_LOCKED = "the lock does not have it"
_LONGEST = 500
#: How the installer says that a package cannot be had, whatever else is required.
_NO_WHEEL = re.compile(r"(?:all versions of )?([\w.-]+)\S* ha(?:s|ve) no (?:usable )?wheels")
_UNKNOWN = re.compile(r"([\w.-]+)\S* was not found in the")


def resolve_optional(
    required: Sequence[str], optional: Sequence[str], resolve: Resolve, *, offline: bool
) -> tuple[list[LockedPackage], dict[str, str]]:
    """The packages for ``required`` and for what of ``optional`` goes with it; and what was left out, with reasons.

    Where everything can be had, it is resolved once. Only that requirements cannot be met leaves a package out: any
    other failure, and one of ``required`` alone, is raised. A reason says if that was found ``offline``.
    """
    if not optional:
        return resolve(required, once=False), {}
    try:
        return resolve([*required, *optional], once=True), {}
    except ResolutionError as error:
        _reason(error)
    search = _Search(required, resolve)
    # If halves were tried at once, the first of a single package would be what has just failed.
    for part in [optional] if len(optional) == 1 else _halves(optional):
        search.add(part)
    ending = WITHOUT_NETWORK if offline else ""
    return search.packages, {line: f"{reason}{ending}" for line, reason in search.left_out.items()}


class _Search:
    """What can be resolved with ``required``: found by halves, so that one package of many takes few resolutions."""

    def __init__(self, required: Sequence[str], resolve: Resolve) -> None:
        self._taken = list(required)
        self._resolve = resolve
        self.packages = resolve(required, once=False) if required else []
        self.left_out: dict[str, str] = {}

    def add(self, lines: Sequence[str]) -> None:
        """Take of ``lines`` what can be resolved with what was taken before; earlier ones come first."""
        is_alone = len(lines) == 1
        try:
            self.packages = self._resolve([*self._taken, *lines], once=not is_alone)
        except ResolutionError as error:
            reason = _reason(error)
            if is_alone:
                self.left_out[lines[0]] = reason
            else:
                for part in _halves(lines):
                    self.add(part)
        else:
            self._taken += lines


def _halves(lines: Sequence[str]) -> list[Sequence[str]]:
    middle = len(lines) // 2
    return [lines[:middle], lines[middle:]]


def _reason(error: ResolutionError) -> str:
    """Why requirements cannot be met; raises ``error`` where something else went wrong."""
    if not error.context.get("unsatisfiable"):
        raise error
    explanation = str(error.context.get("explanation", ""))
    unknown, no_wheel = _UNKNOWN.search(explanation), _NO_WHEEL.search(explanation)
    if unknown is not None:
        return f"the package index does not have {unknown[1]}"
    if no_wheel is not None:
        return f"there is no wheel of {no_wheel[1]} for this Python and platform"
    more = "…" if len(explanation) > _LONGEST else ""
    return f"it conflicts with other requirements: {explanation[:_LONGEST]}{more}"
