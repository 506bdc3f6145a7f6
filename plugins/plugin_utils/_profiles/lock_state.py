# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The lock that is in the files of a profile: whether there is one, and why it is not used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import (
    NAMES,
    LockError,
    Lockfile,
    is_lock,
    lock_of,
)

_OTHER = "was made for another definition"
_FOREIGN = "has a {} that does not begin as this collection writes it: somebody else wrote or edited it"


@dataclass(frozen=True)
class LockState:
    """The ``lock``, if it counts; ``problem`` is why one that is there does not, to follow ``the lock``.

    ``other`` is the name of a file of somebody else beside one of the lock.
    """

    lock: Lockfile | None = None
    problem: str | None = None
    other: str | None = None

    @property
    def complaint(self) -> str | None:
        """The problem, and what to do about it."""
        if self.problem is None:
            return None
        first = f"move {self.other} away, and " if self.other is not None else ""
        return f"the lock {self.problem}; to lock it again, {first}save the profile with profile_lock=true"


def has_lock(texts: Mapping[str, str]) -> bool:
    """Whether these files of a profile are a lock, whatever it is worth."""
    return any(is_lock(texts.get(name, "")) for name in NAMES)


def lock_state(texts: Mapping[str, str], request_digest: str) -> LockState:
    """The lock in these files, for the request with this digest (``VenvRequest.locked_digest``)."""
    if not has_lock(texts):
        return LockState()
    from .files import is_replaceable

    other = next((name for name in NAMES if name in texts and not is_replaceable(name, texts[name])), None)
    if other is not None:
        return LockState(problem=_FOREIGN.format(other), other=other)
    try:
        lock = lock_of({name: texts[name] for name in NAMES if name in texts}, "")
    except LockError as error:
        return LockState(problem=error.what)
    if lock is None or lock.request_digest != request_digest:
        return LockState(problem=_OTHER)
    return LockState(lock)
