# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What people read of an account: each figure is one that they can act on."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.torrent import reap, timer


def resource(kind: str = "droplet", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": "7",
        "name": "mobile-ansible-torrent-000000000000-1790000000",
        "run": "0" * 12,
        "expires": "2026-09-21T14:13:20Z",
        "overdue": False,
        "age": 3725 if kind == "droplet" else None,
        "hourly": 0.00893 if kind == "droplet" else 0.0,
        "cost": 0.01 if kind == "droplet" else 0.0,
        **more,
    }


def said(*, check: bool = False, **reaped: Any) -> tuple[list[str], bool]:
    report = reap({"reaped": reaped}, check=check)
    return report.lines(), report.failed


def test_nothing_is_one_line() -> None:
    assert said(destroyed=[], remaining=[]) == (["Torrent runs left nothing in the account."], False)


def test_what_was_destroyed_has_its_age_and_cost() -> None:
    lines, failed = said(destroyed=[resource(), resource("firewall"), resource("tag")], remaining=[])
    assert not failed
    assert lines == [
        "1 droplet and 2 other resources were destroyed; nothing remains.",
        "destroyed: droplet 7 of the run 000000000000, 1 h 2 min old, $0.01 until now",
        "destroyed: firewall 7 of the run 000000000000",
        "destroyed: tag mobile-ansible-torrent-000000000000-1790000000",
    ]


def test_check_mode_says_what_would_be() -> None:
    lines, failed = said(check=True, destroyed=[resource("key")], remaining=[])
    assert (lines[0], failed) == ("Check mode: 1 resource would be destroyed; nothing remains.", False)
    assert lines[1].startswith("would be destroyed: key 7")
    lines, _failed = said(check=True, destroyed=[], remaining=[resource()])
    assert lines[0].startswith(
        "Check mode: Nothing is overdue; 1 droplet of runs that are not over remains, for $0.0089"
    )


def test_what_remains_has_its_end_and_its_price_for_a_day_and_a_month() -> None:
    lines, failed = said(destroyed=[], remaining=[resource(age=90_000, cost=0.2233), resource("key")])
    assert not failed
    assert lines == [
        "Nothing is overdue; 1 droplet and 1 other resource of runs that are not over remain, for $0.0089 per hour "
        "($0.21 per day, $6.00 per month).",
        "remains: droplet 7 of the run 000000000000, 1 d 1 h old, $0.22 until now, expires 2026-09-21T14:13:20Z, "
        "$0.0089 per hour ($0.21 per day, $6.00 per month)",
        "remains: key 7 of the run 000000000000, expires 2026-09-21T14:13:20Z",
    ]


def test_what_is_overdue_of_other_runs_is_a_failure() -> None:
    lines, failed = said(destroyed=[], remaining=[resource(overdue=True)])
    assert failed
    assert lines[0].startswith("1 droplet of other runs is overdue and still exists, for $0.0089 per hour")
    assert lines[-1] == "to do: run this again without torrent_run"


def test_what_is_left_is_named_with_what_it_would_cost_and_what_to_do() -> None:
    left = [resource(overdue=True, hourly=1.0), resource(overdue=True, hourly=0.5), resource("tag", overdue=True)]
    lines, failed = said(
        error_code="not_destroyed",
        msg="long",
        reason="droplet 7: status 500",
        destroyed=[resource("key")],
        remaining=left,
    )
    assert failed
    assert lines[0] == (
        "Not everything was destroyed: 2 droplets and 1 other resource still exist, for $1.5000 per hour "
        "($36.00 per day, $1008.00 per month)."
    )
    assert lines[1] == "destroyed: key 7 of the run 000000000000"
    assert "overdue since 2026-09-21T14:13:20Z, $1.0000 per hour ($24.00 per day, $672.00 per month)" in lines[2]
    assert lines[-2] == "the reason: droplet 7: status 500"
    assert lines[-1].startswith("to do: run this again; ")


def test_a_price_that_the_api_does_not_tell_is_not_called_nothing() -> None:
    lines, _failed = said(destroyed=[], remaining=[resource(hourly=0.0)])
    assert lines[1].endswith(", price unknown")


@pytest.mark.parametrize(
    ("code", "message", "verdict", "is_unknown"),
    [
        ("api", "GET /droplets: status 500", "Destroying what is overdue failed: GET /droplets: status 500", True),
        ("token", "api_token: refused", "Destroying what is overdue failed: torrent_api_token: refused", True),
        ("bad_input", "timeout: 0 must", "Destroying what is overdue failed: torrent_reap_timeout: 0 must", False),
        ("bad_input", "run: 'x' is", "Destroying what is overdue failed: torrent_run: 'x' is", False),
        ("not_destroyed", "more was made", "Destroying what is overdue failed: more was made", False),
    ],
)
def test_a_failure_before_anything_is_known(code: str, message: str, verdict: str, is_unknown: bool) -> None:
    lines, failed = said(error_code=code, msg=message)
    assert (lines[0], failed) == (verdict, True)
    assert any("It is not known what exists in the account" in line for line in lines) == is_unknown


def told(*, check: bool = False, checked: dict[str, Any] | None = None, **installed: Any) -> tuple[list[str], bool]:
    asked = {"timer": "systemd", "state": "present", "minutes": 15, "unit": "u", "scope": "user", "lingers": False}
    report = timer({"checked": checked or {}, "installed": {**asked, "error": "", **installed}}, check=check)
    return report.lines(), report.failed


def test_a_timer_of_a_user_says_when_it_ends() -> None:
    lines, failed = told()
    assert not failed
    assert lines == [
        "A systemd timer destroys what is overdue every 15 minutes.",
        "to see when it runs: systemctl --user list-timers u.timer",
        "to see what it did: journalctl --user --unit u.service",
        "it ends when you log out; to prevent that: loginctl enable-linger",
    ]
    assert told(lingers=True)[0] == lines[:-1]


def test_a_timer_of_the_system_and_one_of_cron() -> None:
    assert told(scope="system", lingers=True, minutes=1)[0] == [
        "A systemd timer destroys what is overdue every 1 minute.",
        "to see when it runs: systemctl list-timers u.timer",
        "to see what it did: journalctl --unit u.service",
    ]
    assert told(timer="cron", check=True)[0] == [
        "A cron entry would destroy what is overdue every 15 minutes.",
        "to see it: crontab -l",
    ]


def test_a_timer_that_is_removed() -> None:
    assert told(state="absent") == (["There is no systemd timer that destroys what is overdue."], False)
    assert told(state="absent", timer="cron", check=True)[0] == [
        "There would be no cron entry that destroys what is overdue."
    ]


def test_a_timer_that_cannot_be_installed_is_a_failure() -> None:
    refused = {"error_code": "bad_input", "msg": "api_token_file: '/t' can be read by others"}
    lines, failed = told(checked=refused)
    assert (lines, failed) == (
        ["The check of the token failed: torrent_api_token_file: '/t' can be read by others"],
        True,
    )
    lines, failed = told(timer="cron", error="no crontab")
    assert failed
    assert lines == ["torrent_timer: the crontab cannot be changed: no crontab; set torrent_timer=systemd"]
