# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether a droplet may be created: what it is, what it can cost at most, and what the account and the user allow.

All of it is asked before anything is created. A price that the API does not tell is never taken for 0.
"""

from __future__ import annotations

import difflib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .._errors import InputError, VenvError
from .._printable import listed, shortened
from .api import ApiError
from .reaping import DROPLET, Reaper, Resource, cost_of, price_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .api import Api

_GIB, _MIB = 1 << 30, 1 << 20


class AccountError(VenvError):
    """The account may have no more droplets."""

    code = "limit"


class CostError(VenvError):
    """A droplet can cost more than this run may; ``context`` has ``highest_cost``."""

    code = "cost"


class BudgetError(VenvError):
    """A droplet can cost more than is left of the month's budget; ``context`` has ``highest_cost`` and ``spent``."""

    code = "budget"


@dataclass(frozen=True)
class DropletRequest:
    """The droplet that a run wants: the slugs of its size, region and image, and the seconds that it may exist."""

    size: str
    region: str
    image: str
    deadline: int


@dataclass(frozen=True)
class Spending:
    """US dollars: what one run may cost, what all may cost in a month (0: any), what they have cost in this one."""

    max_cost: float
    budget: float
    spent: float


@dataclass(frozen=True)
class Quote:
    """What a droplet is and costs, and what exists beside it."""

    hourly: float
    highest_cost: float
    disk: int
    memory: int
    vcpus: int
    running: tuple[Resource, ...]
    droplets: int
    droplet_limit: int


class Pricing:
    """Asks the API. ``now`` is the time since 1970."""

    def __init__(self, api: Api, *, now: Callable[[], float] = time.time) -> None:
        self._api = api
        self._now = now

    def quote(self, wanted: DropletRequest, spending: Spending) -> Quote:
        """The quote for a droplet that may be created; raises one error for one that may not."""
        account = self._api.get("/account", "account")
        sizes = self._api.list("/sizes", "sizes")
        regions = self._api.list("/regions", "regions")
        size = _checked_size(wanted, sizes, regions)
        self._check_image(wanted, size)
        droplets = len(self._api.list("/droplets", "droplets"))
        limit = _checked_limit(account, droplets)
        hourly = price_of(size)
        found = Quote(
            hourly=hourly,
            highest_cost=cost_of(hourly, wanted.deadline),
            disk=_number(size, "disk") * _GIB,
            memory=_number(size, "memory") * _MIB,
            vcpus=_number(size, "vcpus"),
            running=tuple(Reaper(self._api, now=self._now).find([DROPLET])),
            droplets=droplets,
            droplet_limit=limit,
        )
        _check_cost(wanted, spending, found, now=self._now())
        return found

    def _check_image(self, wanted: DropletRequest, size: Mapping[str, Any]) -> None:
        shown = f"image: {shortened(wanted.image)!r}"
        image = self._api.get(f"/images/{quote(wanted.image, safe='')}", "image")
        if image is None:
            raise InputError(f"{shown} does not exist; give the slug of an image, such as debian-12-x64")
        if image.get("status") not in (None, "available"):
            raise InputError(f"{shown} cannot be used: its status is {image['status']!r}; choose another image")
        if wanted.region not in (image.get("regions") or ()):
            raise InputError(f"{shown} is not offered in the region {wanted.region}; choose another image or region")
        least = image.get("min_disk_size")
        if isinstance(least, int) and least > _number(size, "disk"):
            raise InputError(
                f"{shown} requires a disk of {least} GB, and the size {wanted.size} has {size['disk']} GB; choose a "
                "larger size"
            )


def _checked_size(
    wanted: DropletRequest, sizes: Sequence[dict[str, Any]], regions: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The size, which can be had in the region."""
    known = {str(one.get("slug")): one for one in regions}
    region = known.get(wanted.region)
    if region is None or not region.get("available"):
        usable = sorted(slug for slug, one in known.items() if one.get("available"))
        state = "does not exist" if region is None else "makes no new droplets"
        others = listed(usable, most=30) or "none at present"
        raise InputError(f"region: {shortened(wanted.region)!r} {state}; choose one of {others}")
    offered = {
        str(one.get("slug")): one
        for one in sizes
        if one.get("available") and wanted.region in (one.get("regions") or ()) and price_of(one) > 0
    }
    size = offered.get(wanted.size)
    if size is None:
        there = next((one for one in sizes if one.get("slug") == wanted.size), None)
        raise InputError(
            f"size: {shortened(wanted.size)!r} {_why_not(there, wanted.region)}; "
            f"choose {_alternatives(wanted.size, offered, wanted.region)}"
        )
    return size


def _why_not(size: Mapping[str, Any] | None, region: str) -> str:
    if size is None:
        return "does not exist"
    if not size.get("available"):
        return "is not available any more"
    if region not in (size.get("regions") or ()):
        return f"is not offered in the region {region}"
    return "has no price"


def _alternatives(slug: str, offered: Mapping[str, Mapping[str, Any]], region: str) -> str:
    """Sizes that can be had: those with the nearest names, and the cheapest."""
    if not offered:
        return "another region"
    cheapest = min(offered, key=lambda one: (price_of(offered[one]), one))
    nearest = [one for one in difflib.get_close_matches(slug, offered, n=2) if one != cheapest]
    return " or ".join(
        [*nearest, f"{cheapest}, the cheapest in {region} for ${price_of(offered[cheapest]):.5f} an hour"]
    )


def _checked_limit(account: Mapping[str, Any] | None, droplets: int) -> int:
    """How many droplets the account may have, if that is more than it has."""
    limit = account.get("droplet_limit") if account else None
    if account is None or not isinstance(limit, int) or isinstance(limit, bool):
        raise ApiError("GET /account: the answer does not tell how many droplets are allowed; run this again later")
    status = account.get("status")
    # "warning" says that the account comes near to a limit.
    if status not in ("active", "warning"):
        message = account.get("status_message")
        reason = f" ({shortened(message)})" if isinstance(message, str) and message else ""
        raise AccountError(
            f"The account cannot create droplets: its status is {shortened(str(status))!r}{reason}; see the control "
            "panel of DigitalOcean"
        )
    if droplets >= limit:
        raise AccountError(
            f"The account has {droplets} droplets, and may have {limit}; destroy one, or have the limit raised",
            droplets=droplets,
            droplet_limit=limit,
        )
    return limit


def _check_cost(wanted: DropletRequest, spending: Spending, found: Quote, *, now: float) -> None:
    if found.highest_cost > spending.max_cost:
        raise CostError(
            f"max_cost: a droplet of the size {wanted.size} can cost ${found.highest_cost:.2f} in {wanted.deadline} s, "
            f"and this run may cost ${spending.max_cost:.2f}; choose a smaller size or a shorter deadline, or raise "
            "max_cost",
            highest_cost=found.highest_cost,
        )
    running = sum(_highest_cost(one, now) for one in found.running)
    if spending.budget and round(spending.spent + running + found.highest_cost, 4) > spending.budget:
        raise BudgetError(
            f"budget: this month's runs have cost ${spending.spent:.2f}, those that are running can cost "
            f"${running:.2f}, and this one ${found.highest_cost:.2f}: more than the ${spending.budget:.2f} of the "
            "month; raise the budget, choose a smaller size, or wait for the next month",
            highest_cost=found.highest_cost,
            spent=spending.spent,
            running=[one.as_dict() for one in found.running],
        )


def _highest_cost(one: Resource, now: float) -> float:
    """What a droplet will have cost if it exists until it is overdue; what is overdue costs until it is destroyed."""
    return round(one.cost + one.hourly * max(0.0, one.mark.expires - now) / 3600, 4)


def _number(size: Mapping[str, Any], key: str) -> int:
    value = size.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ApiError(f"GET /sizes: the size {shortened(str(size.get('slug')))} has no {key}; run this again later")
    return value
