# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a report says of a run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.each_host import together
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._run_report.samples import (
    at,
    built,
    events,
    failed_task,
    needs,
    ran,
    receipt,
)


def report(results: Any = None, **more: Any) -> dict[str, Any]:
    return report_document(playbook="site.yml", results=results, **more)


def test_a_run_that_failed() -> None:
    told = report({"needs": needs(), "built": built(), "run": ran()}, events=events(failing=2))
    assert told["state"] == "failed"
    assert told["verdict"] == (
        "Failed on 1 of 2 hosts (web1.example.org, task: web : Configure part 2 of the site) after 7.5 s."
    )
    assert told["message"] == ""  # the task says it
    assert (told["started"], told["seconds"], told["rc"]) == ("2026-11-27T09:00:00Z", 7.5, 2)
    assert [one["host"] for one in told["hosts"]["items"]] == ["web1.example.org", "web0.example.org"]
    assert (told["failures"]["count"], told["failures"]["left_out"]) == (1, 0)
    assert told["files"]["directory"] == "/home/me/r/artifacts"


def test_a_run_that_went_well() -> None:
    told = report({"run": {"stats": {"a": {"ok": 2, "changed": 1}}, "duration": 3.21}})
    assert (told["state"], told["verdict"]) == ("succeeded", "Succeeded on 1 host in 3.2 s; 1 host was changed.")
    assert (told["venv"], told["requirements"], told["files"], told["cost"]) == (None, None, None, None)


@pytest.mark.parametrize(
    ("results", "state", "verdict", "message"),
    [
        (None, "running", "The end of the run is not known: it goes on, or it was ended before it could be told.", ""),
        ({}, "not_run", "Nothing was run.", ""),
        ({"built": {"changed": True}}, "not_run", "Nothing was run.", ""),
        (
            {"needs": {"failed": True, "error_code": "unresolved", "msg": "no\nsuch"}},
            "failed", "The analysis of the playbook failed.", "no\nsuch",
        ),
        ({"built": {"error_code": "x", "msg": "no wheel"}}, "failed", "The build of the venv failed.", "no wheel"),
        ({"built": {"unreachable": True, "msg": "off"}}, "failed", "The connection to the host failed.", "off"),
        ({"run": {"unreachable": True, "msg": "off"}}, "failed", "The connection to the host failed.", "off"),
        (
            {"run": {"stats": {}, "failed": True, "msg": "no host matched", "duration": 61}},
            "failed", "The run of the playbook failed after 1 min 01 s.", "no host matched",
        ),
        ({"torrent": {"error": "no peer"}}, "failed", "The download failed.", "no peer"),
    ],
)  # fmt: skip
def test_what_a_run_came_to(results: Any, state: str, verdict: str, message: str) -> None:
    told = report(results)
    assert (told["state"], told["verdict"], told["message"]) == (state, verdict, message)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("stopped", "Stopped after 5.0 s, before its end."),
        ("died", "Killed after 5.0 s, before its end."),
        ("succeeded", "Ended in 5.0 s; no host had a task."),
        ("failed", "The run failed after 5.0 s."),
        ("running", "The end of the run is not known: it goes on, or it was ended before it could be told."),
    ],
)
def test_the_state_of_kept_files_counts(state: str, verdict: str) -> None:
    told = report({}, status={"state": state, "id": "0123", "started": at(0), "updated": at(5)})
    assert (told["state"], told["id"], told["started"]) == (state, "0123", "2026-11-27T09:00:00Z")
    if state != "running":
        assert told["verdict"] == verdict


def test_a_run_that_goes_on_says_how_far_it_is() -> None:
    status = {"state": "running", "percent": 41.9, "step": "web : Install\npackages"}
    assert report({}, status=status)["verdict"] == "It goes on, 41 % are done: web : Install\\x0apackages"


def test_without_stats_results_are_counted() -> None:
    told = report({}, events=list(events(failing=2))[:-1], status={"state": "stopped"})
    assert told["hosts"]["items"][0]["failures"] == 1
    assert told["failures"] == {"count": 1, "left_out": 1, "items": []}


def test_an_unreachable_host_is_said() -> None:
    run = ran(failed_tasks=[failed_task(unreachable=True, host="db")], stats={"db": {"unreachable": 1}})
    assert report({"run": run})["verdict"] == "Failed on 1 of 1 host (db, could not be reached) after 7.5 s."


def test_a_host_that_could_not_be_reached_is_told_beside_what_others_rescued() -> None:
    rescued = {"task": "Try", "status": "failed", "rescued": True, "msg": "no", "host": "web0.example.org"}
    lost = failed_task(host="db", task="Connect", msg="Permission denied", unreachable=True)
    own = failed_task(host="web0.example.org", task="The run of the playbook failed")
    for more, expected in [([], ["db", "web0.example.org"]), ([own], ["db", "web0.example.org", "web0.example.org"])]:
        told_events = [*events(tasks=1), {"event": "result", "time": at(9), **rescued}]
        told = report({"run": {"failed_tasks": [lost, *more]}}, events=told_events)["failures"]
        assert sorted(item["host"] for item in told["items"]) == expected
        assert told["items"][0]["message"] == "Permission denied"
        assert (told["count"], told["left_out"]) == (len(expected), 0)
    fatal = [*events(tasks=1), {"event": "result", "time": at(9), **rescued, "rescued": False}]
    told = report({"run": {"failed_tasks": [own, lost]}}, events=fatal)["failures"]
    assert [(item["host"], item["task"]) for item in told["items"]] == [("web0.example.org", "Try"), ("db", "Connect")]


def test_thousands_of_failures_are_counted_and_not_all_told() -> None:
    failed = [failed_task(host=f"host{number}", msg="x" * 5000) for number in range(500)]
    results = [
        {"event": "result", "time": 1, "task": "t", "host": f"host{number}", "status": "failed"}
        for number in range(7000)
    ]
    stats = {f"host{number}": {"failures": 1} for number in range(7000)}
    told = report({"run": ran(failed_tasks=failed, stats=stats)}, events=results)
    assert (told["failures"]["count"], told["failures"]["left_out"]) == (7000, 6900)
    assert (told["hosts"]["count"], told["hosts"]["left_out"]) == (7000, 6800)
    assert told["verdict"].startswith("Failed on 200 or more of 7000 hosts (host0, ")
    assert len(told["failures"]["items"][0]["message"]) == 2001


def test_what_made_the_run_fail_is_told_first() -> None:
    failed = [*[failed_task(ignored=True)] * 200, failed_task(task="last")]
    told = report({"run": ran(failed_tasks=failed)})["failures"]
    assert (told["items"][0]["task"], told["count"], told["left_out"]) == ("last", 201, 101)


def test_what_was_derived_is_a_tree() -> None:
    told = report({"needs": needs()})["requirements"]
    found = {(one["kind"], one["name"]): one for one in told["items"]}
    part = found["collection", "community.part0"]
    assert (part["version"], len(part["because"]), part["left_out"]) == ("11.4.2", 3, 0)
    assert part["because"][0] == {
        "place": "roles/web/tasks/main.yml:10", "kind": "module", "name": "community.part0.thing",
        "plugin": "community.part0.thing",
    }  # fmt: skip
    assert found["collection", "ansible.utils"]["because"] == []
    assert len(found["package", "jmespath"]["because"]) == 9
    assert told["unresolved"]["items"] == [{"place": "site.yml:3", "text": "role gone", "reason": "no such role"}]
    assert told["dynamic"]["items"] == [{"place": "site.yml:9", "text": "{{ which }}.yml", "reason": ""}]
    assert told["on_hosts"]["items"] == [{"package": "python-ldap>=3.0", "hosts": ["ldap_servers"]}]


def test_packages_that_the_venv_is_without_are_told_with_the_reason() -> None:
    excluded = [{"package": "six", "reason": "exclude has six"}, {"package": "lxml>=5", "reason": "exclude has ~l.*"}]
    left_out = [{"package": "dbus-python", "reason": "there is no wheel"}]
    built = {"generation": "g", "left_out": left_out, "packages": [{"name": "lxml", "version": "5.0"}]}
    told = report({"needs": {**needs(), "left_out": excluded}, "built": built})["requirements"]["packages_left_out"]
    assert told == {"items": [excluded[0], *left_out], "left_out": 0}
    assert report({"needs": needs()})["requirements"]["packages_left_out"] == {"items": [], "left_out": 0}


def test_system_packages_are_told_once_with_the_collections_that_declare_them() -> None:
    told = report({"needs": needs()})["requirements"]["system_packages"]
    collections = ["community.part0", "community.part1"]
    entry = {"entry": "libldap-dev [platform:dpkg]", "collections": collections, "where": ["target"]}
    assert told == {"items": [entry], "left_out": 0}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({}, None),
        ({"missing_system_packages": None}, None),
        ({"missing_system_packages": []}, {"items": [], "left_out": 0}),
        (built(), {"items": [{"package": "libldap-dev", "hosts": []}], "left_out": 0}),
    ],
)
def test_what_the_host_lacks_is_told_where_it_is_known(result: Any, expected: Any) -> None:
    assert report({"built": result})["missing_system_packages"] == expected


def test_what_hosts_lack_is_told_with_the_hosts() -> None:
    lacking = {"web1": ["git", "libldap-dev"], "web2": ["git"], "web3": [], "web4": None}
    reports = {
        host: report({"built": {**built(), "missing_system_packages": names}}) for host, names in lacking.items()
    }
    told = together(reports, directory="tar")["missing_system_packages"]
    expected = [{"package": "git", "hosts": ["web1", "web2"]}, {"package": "libldap-dev", "hosts": ["web1"]}]
    assert told == {"items": expected, "left_out": 0}
    assert together({"web4": reports["web4"]}, directory="tar")["missing_system_packages"] is None


def test_optional_packages_are_not_required() -> None:
    evidence = [{"file": "a", "line": 1, "distribution": "lxml", "required": False, "collection": "", "name": "x"}]
    assert report({"needs": {"evidence": evidence}})["requirements"]["items"] == []


def test_reasons_are_limited() -> None:
    evidence = [
        {"file": "a", "line": line, "collection": "a.b", "name": "x", "kind": "module"} for line in range(1, 99)
    ]
    (found,) = report({"needs": {"evidence": evidence}})["requirements"]["items"]
    assert (len(found["because"]), found["left_out"]) == (20, 78)


def test_a_torrent_run_has_files_and_a_cost() -> None:
    told = report({"torrent": receipt()}, status={"state": "succeeded"})
    assert told["cost"] == {"microdollars": 11900}
    assert told["files"]["items"] == [{"path": "disc/image.iso", "bytes": 700 << 20, "sha256": "a" * 64}]
    running = report({}, status={"state": "running", "microdollars": 5}, events=[{"time": 1, "microdollars": 9}])
    assert running["cost"] == {"microdollars": 9}


def test_no_value_but_messages_of_failures_is_told() -> None:
    secret = "hunter2"  # noqa: S105 (it opens nothing)
    run = ran(custom_stats={"x": secret}, stderr=secret, argv=[secret], environment={"X": secret})
    run["failed_tasks"][0].update(result=secret, invocation=secret)
    results = {"needs": {**needs(), "settings": secret}, "built": {**built(), "secret": secret}, "run": run}
    told = report(
        results, events=[{"event": "result", "time": 1, "task": "t", "host": "h", "status": "ok", "x": secret}]
    )
    assert secret not in str(told)
