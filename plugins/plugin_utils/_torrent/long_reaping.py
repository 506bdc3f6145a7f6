# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Destroy all that a run made, for hours if the API fails, and look again for what shows up late.

A creation whose answer was lost may be carried out after the account was seen without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ...module_utils._digitalocean.api import Api
from ...module_utils._digitalocean.reaping import Reaper
from ...module_utils._errors import VenvError

_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class LongReapingLimits:
    """Seconds: how long to look after the account is empty, and how often; how long one try lasts, how long to wait
    after one that failed, at first and at most; and when to give up.
    """

    quiet: float = 180.0
    look: float = 20.0
    attempt: float = 900.0
    pause: float = 5.0
    longest_pause: float = 300.0
    give_up: float = 24 * 3600.0


class LongReaping:
    """Destroys what ``run`` made. ``log`` gets a line for each thing that happens; the token is in none of them."""

    def __init__(
        self,
        run: str,
        *,
        url: str,
        token: str,
        limits: LongReapingLimits,
        log: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._run = run
        self._url = url
        self._token = token
        self._limits = limits
        self._log = log
        self._clock = clock
        self._sleep = sleep
        #: By kind and id: several tries can name the same.
        self._destroyed: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def destroyed(self) -> list[dict[str, Any]]:
        """All that was destroyed until now."""
        return list(self._destroyed.values())

    @property
    def cost(self) -> float:
        """What the droplets that were destroyed cost, in US dollars."""
        return round(sum((one["cost"] for one in self._destroyed.values()), 0.0), 4)

    def check(self, seconds: float) -> None:
        """Raise an error unless the account can be asked for everything."""
        self._reaper(seconds).find()

    def destroy(self, *, is_enough: Callable[[], bool], on_progress: Callable[[], None]) -> str | None:
        """Return None when nothing of the run exists any more, or why that could not be had.

        ``is_enough`` tells that nothing more can show up.
        """
        begun, failures, empty_since = self._clock(), 0, None
        while True:
            before = len(self._destroyed)
            problem = self._attempt()
            if len(self._destroyed) > before or empty_since is None:
                empty_since = self._clock()
                on_progress()
            if problem is None:
                failures = 0
                if is_enough() or self._clock() - empty_since >= self._limits.quiet:
                    self._log(f"nothing of the run is left; it cost ${self.cost:.4f}")
                    return None
                self._pause(self._limits.look, is_enough)
                continue
            self._log(problem)
            if self._clock() - begun >= self._limits.give_up:
                return problem
            self._sleep(min(self._limits.longest_pause, self._limits.pause * 2 ** min(failures, 16)))
            failures += 1

    def _attempt(self) -> str | None:
        """Destroy what is there; returns why something still is."""
        try:
            self._note(one.as_dict() for one in self._reaper(self._limits.attempt).reap().destroyed)
        except VenvError as error:
            self._note(error.context.get("destroyed", ()))
            return error.message
        except Exception as error:  # Whatever it is, the droplet still costs: the next try may succeed.
            return f"{type(error).__name__} while destroying"
        return None

    def _note(self, resources: Iterable[dict[str, Any]]) -> None:
        for one in resources:
            self._destroyed[one["kind"], one["id"]] = one
            self._log(f"destroyed: {one['kind']} {one['id']} ({one['name']}), ${one['cost']:.4f}")

    def _reaper(self, seconds: float) -> Reaper:
        deadline = self._clock() + seconds
        api = Api(self._url, self._token, deadline=deadline, clock=self._clock, sleep=self._sleep)
        return Reaper(api, run=self._run)

    def _pause(self, seconds: float, is_enough: Callable[[], bool]) -> None:
        until = self._clock() + seconds
        while self._clock() < until and not is_enough():
            self._sleep(_POLL_SECONDS)
