# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is known on the controller of one run of the torrent flow: written while it runs, read by others as data."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass
from typing import Any, Union

from .._digitalocean.reaping import cost_of
from .._digitalocean.run_mark import is_run
from .._errors import InputError
from .._printable import shortened
from .._progress import DIED, FAILED, MAX_NUMBER, RUNNING, SUCCEEDED, is_alive
from .._store.durable import write_bytes
from .._store.json import conforms, read_regular

SCHEMA = 1
#: The name of the file in the directory of a run.
RECORD = "run.json"
DIGITALOCEAN, HOST = "digitalocean", "host"
PROVIDERS = (DIGITALOCEAN, HOST)
STATES = (RUNNING, SUCCEEDED, FAILED)
_MAX_BYTES = 1 << 18
_MAX_STEPS = 100
_MAX_TEXT = 4096
_INFO_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?", re.ASCII)
_Number = Union[int, float]
#: Python 3.9 cannot evaluate ``float | None``.
_STEP = {"name": str, "started": _Number, "ended": Union[_Number, None]}
_RECORD = {
    "run": str,
    "provider": str,
    "info_hash": str,
    "name": str,
    "dest": str,
    "host": str,
    "started": _Number,
    "expires": int,
    "state": str,
    "pid": int,
    "pid_started": Union[int, None],
    "hourly": Union[_Number, None],
    "created": Union[_Number, None],
    "destroyed": Union[_Number, None],
    "error": Union[str, None],
    "cost": Union[_Number, None],
}


@dataclass(frozen=True)
class RunStep:
    """One step of a run; times are seconds since 1970, and ``ended`` is None while it goes on."""

    name: str
    started: float
    ended: float | None = None


@dataclass(frozen=True)
class RunRecord:
    """``created`` and ``destroyed`` are of the droplet; ``hourly`` and ``cost`` are US dollars.

    ``pid`` is the process that has the run, and ``pid_started`` tells it from another one that gets its number.
    """

    run: str
    provider: str
    info_hash: str
    name: str
    dest: str
    host: str
    started: float
    expires: int
    state: str
    pid: int
    pid_started: int | None = None
    hourly: float | None = None
    created: float | None = None
    destroyed: float | None = None
    steps: tuple[RunStep, ...] = ()
    error: str | None = None
    cost: float | None = None

    @classmethod
    def read(cls, path: str) -> RunRecord:
        """The record in the file ``path``; raises :class:`InputError` where there is none that can be believed."""
        try:
            value = json.loads(read_regular(path, _MAX_BYTES))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}; correct its path or its permissions") from error
        except (ValueError, RecursionError) as error:
            raise _not_a_record(path) from error
        if not isinstance(value, dict) or value.get("schema") != SCHEMA or not _has_fields(value, _RECORD):
            raise _not_a_record(path)
        steps = value.get("steps")
        if not isinstance(steps, list) or len(steps) > _MAX_STEPS or not all(_has_fields(one, _STEP) for one in steps):
            raise _not_a_record(path)
        known = {key: value[key] for key in _RECORD}
        record = cls(**known, steps=tuple(RunStep(**{key: one[key] for key in _STEP}) for one in steps))
        if not record._is_possible():
            raise _not_a_record(path)
        return record

    def write(self, path: str) -> None:
        """Write it to the file ``path`` by one rename; only its owner can read it."""
        write_bytes(path, (json.dumps(self.as_dict(), indent=1, sort_keys=True) + "\n").encode(), mode=0o600)

    def as_dict(self) -> dict[str, Any]:
        """What stands in the file."""
        return {"schema": SCHEMA, **asdict(self), "steps": [asdict(step) for step in self.steps]}

    @property
    def current_state(self) -> str:
        """``state``, or ``died`` where nobody is left who could write another one."""
        return DIED if self.state == RUNNING and not is_alive(self.pid, self.pid_started) else self.state

    @property
    def step(self) -> str:
        """The name of the step that goes on, or that was the last one; empty where there was none."""
        return self.steps[-1].name if self.steps else ""

    def cost_until(self, now: float | None = None) -> float:
        """The cost in US dollars until ``now``, or of all of it where it has ended."""
        if self.hourly is None or self.created is None:
            return 0.0 if self.cost is None else self.cost
        if self.destroyed is not None and self.cost is not None:
            return self.cost
        end = time.time() if now is None else now
        return cost_of(self.hourly, (end if self.destroyed is None else self.destroyed) - self.created)

    def _is_possible(self) -> bool:
        is_known = self.provider in PROVIDERS and self.state in STATES
        return is_known and is_run(self.run) and _INFO_HASH.fullmatch(self.info_hash) is not None


def _has_fields(value: Any, fields: dict[str, Any]) -> bool:
    """Whether each of ``fields`` has its type, and a size that somebody can mean."""
    return isinstance(value, dict) and all(
        key in value and conforms(value[key], kind) and _is_usable(value[key]) for key, kind in fields.items()
    )


def _is_usable(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _MAX_TEXT
    return value is None or 0 <= value <= MAX_NUMBER  # not a number is neither


def _not_a_record(path: str) -> InputError:
    return InputError(f"{shortened(path)} is not the record of a run of schema {SCHEMA}; remove the directory it is in")
