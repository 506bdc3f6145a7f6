# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Destroy what runs left in an account; the account alone tells what that is.

Droplets go first, because they cost. Something counts as destroyed when the API lists what exists, and it is not there.
"""

from __future__ import annotations

import calendar
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import VenvError
from .._printable import shortened
from .run_mark import RunMark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .api import Api

DROPLET, FIREWALL, KEY, TAG = "droplet", "firewall", "key", "tag"
#: In the order in which they are destroyed: path, key of the list, and what names one in a path.
_KINDS = {
    DROPLET: ("/droplets", "droplets", "id"),
    FIREWALL: ("/firewalls", "firewalls", "id"),
    KEY: ("/account/keys", "ssh_keys", "id"),
    TAG: ("/tags", "tags", "name"),
}
_POLL_SECONDS = 2.0
#: A droplet is billed for each second, and at least this, in US dollars.
MINIMUM_COST = 0.01
#: A month of the price list: what a droplet costs that nobody destroys.
MONTH_SECONDS = 672 * 3600
_CREATED = "%Y-%m-%dT%H:%M:%SZ"


class NotDestroyedError(VenvError):
    """Something still exists; ``context`` has ``reason``, ``destroyed`` and ``remaining``."""

    code = "not_destroyed"


@dataclass(frozen=True)
class Resource:
    """Something in an account that a run made. ``cost`` in US dollars is what a droplet has cost until now.

    ``age`` in seconds is that of a droplet; the API does not tell it of each kind.
    """

    kind: str
    id: str
    mark: RunMark
    hourly: float = 0.0
    cost: float = 0.0
    age: int | None = None
    overdue: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For a result."""
        return {
            "kind": self.kind,
            "id": self.id,
            "name": str(self.mark),
            "run": self.mark.run,
            "expires": utc(self.mark.expires),
            "overdue": self.overdue,
            "age": self.age,
            "hourly": self.hourly,
            "cost": self.cost,
        }


@dataclass(frozen=True)
class Reaped:
    """``destroyed`` is gone, or would be in check mode; ``remaining`` is of runs that are not over."""

    destroyed: tuple[Resource, ...]
    remaining: tuple[Resource, ...]


class Reaper:
    """``run`` selects what one run made; without it all that is overdue. ``now`` is the time since 1970."""

    def __init__(self, api: Api, *, run: str | None = None, now: Callable[[], float] = time.time) -> None:
        self._api = api
        self._run = run
        self._now = now

    def reap(self, *, is_check: bool = False) -> Reaped:
        """Destroy what is selected; raises :class:`NotDestroyedError` where something of it still exists at the end."""
        found = self.find()
        selected = [one for one in found if self._is_selected(one)]
        remaining = tuple(one for one in found if not self._is_selected(one))
        if is_check or not selected:
            return Reaped(tuple(selected), remaining)
        try:
            for kind in _KINDS:
                self._destroy(kind, [one for one in selected if one.kind == kind])
            left = [one for one in self.find() if self._is_selected(one)]
        except VenvError as error:
            raise self._unfinished(selected, error.message) from error
        if left:
            raise self._unfinished(selected, "more was made meanwhile")
        return Reaped(tuple(selected), remaining)

    def find(self, kinds: Iterable[str] = tuple(_KINDS)) -> list[Resource]:
        """All that runs made and that exists."""
        return [one for kind in kinds for one in self._listed(kind)]

    def _is_selected(self, one: Resource) -> bool:
        return one.mark.expires <= self._now() if self._run is None else one.mark.run == self._run

    def _listed(self, kind: str) -> list[Resource]:
        path, key, named_by = _KINDS[kind]
        now = self._now()
        found = []
        for item in self._api.list(path, key):
            marks = map(RunMark.of, [*(item.get("tags") or () if kind == DROPLET else ()), item.get("name")])
            mark = next((one for one in marks if one is not None), None)
            if mark is not None:
                one = Resource(kind, str(item[named_by]), mark, overdue=mark.expires <= now)
                found.append(_priced(one, item, now=now) if kind == DROPLET else one)
        return found

    def _destroy(self, kind: str, resources: Sequence[Resource]) -> None:
        """Have them deleted again and again, until the list of what exists has none of them."""
        path = _KINDS[kind][0]
        pending = {one.id for one in resources}
        while pending:
            # One that is refused does not keep the others.
            answers = [self._api.delete(f"{path}/{one}") for one in sorted(pending)]
            refusals = [one for one in answers if one is not None]
            pending &= {one.id for one in self._listed(kind)}
            if not pending:
                return
            if self._api.is_over():
                reasons = "; ".join(dict.fromkeys(one.reason for one in refusals)) or "the API still lists it"
                raise NotDestroyedError(f"{kind} {', '.join(sorted(pending))}: {reasons}")
            self._api.sleep(max([_POLL_SECONDS, *(one.seconds for one in refusals)]))

    def _unfinished(self, selected: Sequence[Resource], reason: str) -> NotDestroyedError:
        """The error with what is known to exist; what cannot be asked counts as existing."""
        try:
            there = {(one.kind, one.id) for one in self.find()}
        except VenvError:
            there = {(one.kind, one.id) for one in selected}
        left = [one for one in selected if (one.kind, one.id) in there]
        shown = ", ".join(f"{one.kind} {shortened(one.id)}" for one in left) or "nothing that is known"
        costs = sum(one.hourly for one in left)
        return NotDestroyedError(
            f"Not everything is destroyed: {reason}. Still there: {shown}, for ${costs:.4f} an hour. Run this again, "
            "or delete it in the control panel of DigitalOcean",
            reason=reason,
            destroyed=[one.as_dict() for one in selected if one not in left],
            remaining=[one.as_dict() for one in left],
        )


def cost_of(hourly: float, seconds: float) -> float:
    """What a droplet costs that exists for so long, in US dollars."""
    return round(max(MINIMUM_COST, hourly * max(0.0, seconds) / 3600), 4)


def _priced(one: Resource, droplet: Mapping[str, Any], *, now: float) -> Resource:
    hourly, age = price_of(droplet.get("size")), max(0.0, now - created_at(droplet, now=now))
    return replace(one, hourly=hourly, cost=cost_of(hourly, age), age=int(age))


def price_of(size: Any) -> float:
    """What an hour of a droplet of this size costs, as the API says it; 0 where it does not."""
    price = size.get("price_hourly") if isinstance(size, dict) else None
    if isinstance(price, bool) or not isinstance(price, (int, float)) or not 0 <= price < math.inf:
        return 0.0
    return float(price)


def created_at(droplet: Mapping[str, Any], *, now: float) -> float:
    """When a droplet was created, in seconds since 1970; ``now`` where the API does not say it."""
    try:
        return float(calendar.timegm(time.strptime(str(droplet.get("created_at")), _CREATED)))
    except ValueError:
        return now


def utc(seconds: float) -> str:
    """A time as the API writes it."""
    return time.strftime(_CREATED, time.gmtime(seconds))
