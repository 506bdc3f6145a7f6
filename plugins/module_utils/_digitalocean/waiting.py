# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Wait until the droplet of a run can be used: it is listed, active, has a public address, and sends an SSH banner.

It is found by its tag in the list alone: the answer to its creation may have been lost, and the API may not find by
its id what it has just created.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import VenvError
from .._printable import shortened
from .api import ApiError
from .reaping import created_at, price_of, utc
from .ssh_banner import sends_ssh_banner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .api import Api
    from .run_mark import RunMark

_POLL_SECONDS = 2.0
#: A state that should be final counts if it lasts for so long: what the API lists right after a creation can be behind.
_SURE_SECONDS = 15.0
_ENDING = "; the run destroys what it made, so run this again"


class DropletError(VenvError):
    """The droplet of a run cannot be used; ``code`` says why."""

    def __init__(self, code: str, message: str, **context: Any) -> None:
        super().__init__(message + _ENDING, **context)
        self.code = code


@dataclass(frozen=True)
class UsableDroplet:
    """A droplet that can be used. ``created`` in seconds since 1970; ``seconds`` is what each step took."""

    id: str
    address: str
    hourly: float
    created: float
    seconds: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """For a result."""
        return {**vars(self), "created": utc(self.created), "seconds": dict(self.seconds)}


class DropletWait:
    """Waits for the droplet with ``mark``. ``create_seconds`` and ``ssh_seconds`` limit the first and the last step.

    ``is_ready`` tells whether SSH answers at an address.
    """

    def __init__(
        self,
        api: Api,
        mark: RunMark,
        *,
        create_seconds: float,
        ssh_seconds: float,
        is_ready: Callable[[str], bool] = sends_ssh_banner,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._mark = mark
        self._create_seconds = create_seconds
        self._ssh_seconds = ssh_seconds
        self._is_ready = is_ready
        self._now = now
        self._last: dict[str, Any] | None = None
        self._wrong_since: tuple[str, float] | None = None

    def wait(self) -> UsableDroplet:
        """The droplet; raises :class:`DropletError`."""
        begun = self._api.clock()
        self._until_listed(begun)
        listed = self._api.clock()
        droplet, address = self._until_active()
        active = self._api.clock()
        self._until_ssh(address, active)
        steps = zip(("create", "active", "ssh"), (begun, listed, active), (listed, active, self._api.clock()))
        return UsableDroplet(
            id=str(droplet["id"]),
            address=address,
            hourly=price_of(droplet.get("size")),
            created=created_at(droplet, now=self._now()),
            seconds={name: round(end - start, 1) for name, start, end in steps},
        )

    def _until_listed(self, begun: float) -> None:
        while self._look() is None:
            if self._is_over(begun, self._create_seconds):
                elapsed = self._api.clock() - begun
                message = f"No droplet with the tag {self._mark} exists after {elapsed:.0f} s: it was not created"
                raise DropletError("not_created", message)
            self._api.sleep(_POLL_SECONDS)

    def _until_active(self) -> tuple[dict[str, Any], str]:
        """The droplet and its public address."""
        while True:
            droplet = self._look()
            address = _public_address(droplet) if droplet else None
            status = droplet.get("status") if droplet else None
            if droplet and status == "active" and address:
                return droplet, address
            self._check_wrong(status, droplet)
            if self._api.is_over():
                raise DropletError(
                    "not_active",
                    f"{self._shown()} is not active after the time that is allowed (timeout); its status is "
                    f"{shortened(str(status))!r}",
                    status=status,
                )
            self._api.sleep(_POLL_SECONDS)

    def _until_ssh(self, address: str, begun: float) -> None:
        while not self._is_ready(address):
            droplet = self._look()
            status = droplet.get("status") if droplet else None
            self._check_wrong(status, droplet)
            if self._is_over(begun, self._ssh_seconds):
                raise DropletError(
                    "no_ssh",
                    f"{self._shown()} is active, but no SSH server answers at {address} port 22 after "
                    f"{self._api.clock() - begun:.0f} s",
                    address=address,
                )
            self._api.sleep(_POLL_SECONDS)

    def _look(self) -> dict[str, Any] | None:
        """The only droplet with the tag of the run, None where there is none."""
        found = self._tagged()
        if len(found) > 1:
            ids = sorted(str(one.get("id")) for one in found)
            raise DropletError(
                "several", f"There are {len(found)} droplets with the tag {self._mark}: {', '.join(ids)}"
            )
        self._last = found[0] if found else self._last
        return found[0] if found else None

    def _tagged(self) -> list[dict[str, Any]]:
        try:
            return self._api.list("/droplets", "droplets", tag_name=str(self._mark))
        except ApiError as error:
            # A tag that does not exist, because nothing has it.
            if error.context.get("status") == 404:
                return []
            raise

    def _check_wrong(self, status: Any, droplet: Mapping[str, Any] | None) -> None:
        """Raise for a state that does not lead to a droplet that can be used, if it has lasted."""
        found = self._wrong(status, droplet)
        if found is None:
            self._wrong_since = None
            return
        code, message = found
        since = self._wrong_since[1] if self._wrong_since and self._wrong_since[0] == code else self._api.clock()
        self._wrong_since = code, since
        if self._is_over(since, _SURE_SECONDS):
            raise DropletError(code, message, status=status)

    def _wrong(self, status: Any, droplet: Mapping[str, Any] | None) -> tuple[str, str] | None:
        if droplet is None:
            return "vanished", f"{self._shown()} is not listed any more: somebody or something destroyed it"
        if status not in ("new", "active"):
            return "off", f"{self._shown()} does not run: its status is {shortened(str(status))!r}"
        if status == "active" and _public_address(droplet) is None:
            return "no_address", f"{self._shown()} is active without a public IPv4 address"
        return None

    def _is_over(self, begun: float, seconds: float) -> bool:
        return self._api.is_over() or self._api.clock() - begun >= seconds

    def _shown(self) -> str:
        return f"Droplet {shortened(str(self._last.get('id')))}" if self._last else "The droplet"


def _public_address(droplet: Mapping[str, Any]) -> str | None:
    networks = droplet.get("networks")
    addresses = networks.get("v4") if isinstance(networks, dict) else None
    for one in addresses if isinstance(addresses, list) else ():
        if isinstance(one, dict) and one.get("type") == "public" and isinstance(one.get("ip_address"), str):
            return str(one["ip_address"])
    return None
