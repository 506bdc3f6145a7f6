# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a key may have at once and keep: decided from numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .answers import GateError
from .run_state import ALIVE, LAST
from .settings import GateKey

_DAY = 86400
#: A connection that broke can hold one until sshd ends it, and the phone tries again.
MAX_UPLOADS = 10
_MIB = 1 << 20


@dataclass(frozen=True)
class KeptRun:
    """A run as quotas see it: ``age`` in seconds, ``size`` in bytes."""

    ident: str
    state: str
    age: float
    size: int


def runs_to_remove(runs: Sequence[KeptRun], key: GateKey) -> list[str]:
    """The ids of runs that are too old, too many or too large to be kept, of ``runs`` with the newest first.

    What goes on is never removed. What waits is kept for its days, because nothing else says that it is not wanted.
    """
    removed: list[str] = []
    count = size = 0
    for run in runs:
        count += 1
        size += run.size
        is_over = run.age > key["days"] * _DAY
        if run.state in LAST:
            is_over = is_over or count > key["kept"] or size > key["kept_mib"] * _MIB
        if is_over and run.state not in ALIVE:
            removed.append(run.ident)
            count -= 1
            size -= run.size
    return removed


def check_running(runs: Sequence[KeptRun], key: GateKey, *, without: str = "") -> None:
    """Raise :class:`GateError` where as many runs go on as the key may have, ``without`` one that is to go on."""
    going_on = sum(run.state in ALIVE and run.ident != without for run in runs)
    if going_on >= key["running"]:
        raise GateError(
            f"{going_on} runs of this key go on, which is its maximum; wait for one, or cancel it", code="quota"
        )


def check_waiting(runs: Sequence[KeptRun], key: GateKey) -> None:
    """Raise :class:`GateError` where all that is kept waits or goes on, so that nothing can make room."""
    if sum(run.state not in LAST for run in runs) >= key["kept"]:
        raise GateError("too many runs of this key wait; confirm or cancel some of them", code="quota")
    size = sum(run.size for run in runs if run.state not in LAST) // _MIB
    if size >= key["kept_mib"]:
        raise GateError(
            f"the runs of this key that wait take {size} MiB, and {key['kept_mib']} MiB is its maximum; confirm or "
            "cancel some of them",
            code="quota",
        )


def check_uploads(under_way: int) -> None:
    """Raise :class:`GateError` where as many uploads are under way as a key may have."""
    if under_way >= MAX_UPLOADS:
        raise GateError(f"{under_way} uploads of this key are under way, which is the maximum; try later", code="quota")
