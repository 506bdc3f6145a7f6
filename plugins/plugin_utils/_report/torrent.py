# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the role torrent says of an account: what was destroyed, what is there, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.api import ApiError, TokenError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.reaping import (
    DROPLET,
    MONTH_SECONDS,
    TAG,
    NotDestroyedError,
    cost_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._role_options import argument_spec

from .._option_names import in_words_of_the_user
from .._torrent.receipt import receipt_lines
from .._units import counted
from .report import Report, Results, failed_step, in_words_of

_ROLE = "torrent"
_HOUR, _DAY = 3600, 86400
_Resources = Sequence[Mapping[str, Any]]
_IN_CONTROL_PANEL = "the control panel of DigitalOcean"


def reap(results: Results, *, check: bool) -> Report:
    """``reaped``."""
    reaped = results.get("reaped") or {}
    destroyed, remaining = (reaped.get(part) or [] for part in ("destroyed", "remaining"))
    doing = "would be destroyed" if check else "destroyed"
    gone = tuple(f"{doing}: {_shown(one)}" for one in destroyed)
    if reaped.get("error_code"):
        return _failed(reaped, gone)
    lines = (*gone, *(f"remains: {_priced(one)}" for one in remaining))
    overdue = [one for one in remaining if one["overdue"]]
    if overdue:
        verdict = f"{_what(overdue)} of other runs {_is(overdue)} overdue and still {_exists(overdue)}{_for(overdue)}."
        return Report(verdict, (*lines, "to do: run this again without torrent_run"), failed=True)
    if not destroyed and not remaining:
        return Report("Torrent runs left nothing in the account.")
    prefix, doing = ("Check mode: ", "would be") if check else ("", _was(destroyed))
    done = f"{_what(destroyed)} {doing} destroyed" if destroyed else "Nothing is overdue"
    left = f"{_what(remaining)} of runs that are not over {_remains(remaining)}{_for(remaining)}"
    return Report(f"{prefix}{done}; {left if remaining else 'nothing remains'}.", lines)


def download(results: Results, *, check: bool) -> Report:
    """``begun``, ``failed``, ``ended`` with the receipt, ``reaped`` and ``disarmed``, as far as it went."""
    begun, failure, ended = (results.get(part) or {} for part in ("begun", "failed", "ended"))
    reaped, disarmed = (results.get(part) or {} for part in ("reaped", "disarmed"))
    receipt = ended.get("receipt") or {}
    lines = (*receipt_lines(receipt), f"receipt: {ended['paths']['json']}") if receipt else ()
    left = _failed(reaped, ()) if reaped.get("error_code") else failed_step({"disarmed": disarmed}, role=_ROLE)
    if failure or ended.get("error_code"):
        reason = in_words_of(_ROLE, str(failure.get("msg") or ended.get("msg") or "the reason is unknown").strip())
        details = (*lines, *(left.lines() if left is not None else ()))
        return Report(f"The torrent run failed: {reason}", details, failed=True, code=failure.get("error_code"))
    if check:
        where = f"the torrent {begun.get('info_hash')} would be downloaded to {begun.get('dest')}"
        return Report(f"Check mode: {where}. Nothing was changed.")
    at_home = f"{counted(len(receipt['files']), 'file')} in {receipt['directory']}, each with the right hashes"
    if left is not None:
        return replace(left, verdict=f"{at_home}. {left.verdict}", details=(*left.details, *lines))
    return Report(f"{at_home}: {receipt['seconds']} s, {_dollars(receipt['cost'])}.", lines)


def timer(results: Results, *, check: bool) -> Report:
    """``checked``, and ``installed``: what was asked for, and what was found out when it was done."""
    failed = failed_step(results, role=_ROLE)
    if failed is not None:
        return failed
    asked = results["installed"]
    is_cron = asked["timer"] == "cron"
    what = "cron entry" if is_cron else "systemd timer"
    if asked.get("error"):
        reason = f"the crontab cannot be changed: {asked['error']}"
        return Report(f"torrent_timer: {reason}; set torrent_timer=systemd", failed=True, code=InputError.code)
    if asked["state"] == "absent":
        return Report(f"There {'would be' if check else 'is'} no {what} that destroys what is overdue.")
    destroys = "would destroy" if check else "destroys"
    verdict = f"A {what} {destroys} what is overdue every {counted(int(asked['minutes']), 'minute')}."
    return Report(verdict, ("to see it: crontab -l",) if is_cron else _units(asked))


def _units(asked: Mapping[str, Any]) -> tuple[str, ...]:
    user, unit = ("" if asked["scope"] == "system" else " --user"), asked["unit"]
    lines = (
        f"to see when it runs: systemctl{user} list-timers {unit}.timer",
        f"to see what it did: journalctl{user} --unit {unit}.service",
    )
    # Without it, the manager of a user ends when the user logs out.
    return lines if asked["lingers"] else (*lines, "it ends when you log out; to prevent that: loginctl enable-linger")


def _failed(reaped: Mapping[str, Any], gone: tuple[str, ...]) -> Report:
    """What still exists, as far as that is known, what it costs until somebody destroys it, and how that is done."""
    code, left = str(reaped["error_code"]), reaped.get("remaining") or []
    if code == NotDestroyedError.code and left:
        verdict = f"Not everything was destroyed: {_what(left)} still {_exists(left)}{_for(left)}."
        still = tuple(f"still there: {_priced(one)}" for one in left)
        reason = f"the reason: {_in_words_of_the_role(str(reaped.get('reason') or 'unknown'))}"
        again = f"to do: run this again; if that does not help, delete the droplets in {_IN_CONTROL_PANEL}"
        return Report(verdict, (*gone, *still, reason, again), failed=True, code=code)
    message = _in_words_of_the_role(str(reaped.get("msg") or "the reason is unknown"))
    failed = failed_step({"reaped": {**reaped, "msg": message}}, role=_ROLE)
    details = failed.details if failed is not None else ()
    if code in (ApiError.code, TokenError.code):
        details = (
            *details,
            "It is not known what exists in the account. A droplet that is left costs money until it is destroyed: "
            f"run this again when the reason is corrected, or look into {_IN_CONTROL_PANEL}.",
        )
    return replace(failed or Report(message, failed=True, code=code), details=(*details, *gone))


def _in_words_of_the_role(message: str) -> str:
    names = {name.removeprefix(f"{_ROLE}_"): name for name in argument_spec(_ROLE)}
    return in_words_of_the_user(message, {**names, "timeout": "torrent_reap_timeout"})


def _shown(one: Mapping[str, Any]) -> str:
    if one["kind"] == TAG:
        return f"tag {one['name']}"
    shown = f"{one['kind']} {one['id']} of the run {one['run']}"
    if one["kind"] != DROPLET:
        return shown
    return f"{shown}, {_time(int(one['age'] or 0))} old, {_dollars(float(one['cost']))} until now"


def _priced(one: Mapping[str, Any]) -> str:
    """With the time at which it may be destroyed, and what it costs if nobody does so."""
    until = f"{_shown(one)}, {'overdue since' if one['overdue'] else 'expires'} {one['expires']}"
    return f"{until}, {_price(float(one['hourly']))}" if one["kind"] == DROPLET else until


def _price(hourly: float) -> str:
    """A price by what people can imagine: what it comes to if nobody does anything."""
    if not hourly:
        return "price unknown"
    day, month = (_dollars(cost_of(hourly, seconds)) for seconds in (_DAY, MONTH_SECONDS))
    return f"${hourly:.4f} per hour ({day} per day, {month} per month)"


def _for(resources: _Resources) -> str:
    hourly = sum(float(one["hourly"]) for one in resources)
    return f", for {_price(hourly)}" if hourly else ""


def _dollars(cost: float) -> str:
    return f"${cost:.2f}"


def _time(seconds: int) -> str:
    """``3 d 4 h``, ``2 h 5 min`` or ``12 min``."""
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _what(resources: _Resources) -> str:
    """``1 droplet and 3 other resources``: droplets are what costs."""
    droplets = sum(one["kind"] == DROPLET for one in resources)
    others = len(resources) - droplets
    if not droplets:
        return counted(others, "resource")
    return counted(droplets, "droplet") + (f" and {counted(others, 'other resource')}" if others else "")


def _is(resources: _Resources) -> str:
    return "is" if len(resources) == 1 else "are"


def _was(resources: _Resources) -> str:
    return "was" if len(resources) == 1 else "were"


def _exists(resources: _Resources) -> str:
    return "exists" if len(resources) == 1 else "exist"


def _remains(resources: _Resources) -> str:
    return "remains" if len(resources) == 1 else "remain"
