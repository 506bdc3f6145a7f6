# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A report has what each host brought back, and says why a run failed, also where the playbook never ran."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.reporting import HTML, JSON, report_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.run_state import (
    GateRequest,
    new_state,
    write_request,
    write_state,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun, Spool
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.document import report_document
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.recorded import RecordedRun
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._run_report.samples import built, ran

_FAILURE = {
    "host": "web", "play": "Run", "task": "Gathering Facts", "action": "setup", "path": "run.yml:3",
    "msg": "Permission denied (publickey).", "ignored": False, "rescued": False, "unreachable": True,
}  # fmt: skip


@pytest.fixture(name="run")
def fixture_run(tmp_path: Path) -> GateRun:
    """A run of which the playbook that starts it has failed."""
    spool = Spool(str(tmp_path / "runs"), "phone")
    spool.open()
    run = spool.new()
    request: GateRequest = {
        "schema": 1, "id": run.ident, "verb": "run", "target": "web", "playbook": "site.yml", "created": "", "bytes": 1,
        "sha256": "", "files": 1, "left_out": [], "own_code": [],
    }  # fmt: skip
    write_request(run.directory, request)
    write_state(run.directory, new_state("failed"))
    events = [
        {"event": "start", "time": "2026-01-01T00:00:00Z"},
        {
            "event": "result",
            "time": "2026-01-01T00:00:01Z",
            "host": "web",
            "task": "Gathering Facts",
            "status": "unreachable",
        },
        {"event": "end", "time": "2026-01-01T00:00:02Z", "hosts": {"web": {"unreachable": 1}}},
    ]
    Path(run.progress).mkdir()
    Path(run.progress, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    return run


def torrents_of(run: GateRun) -> str:
    """The state directory of the torrent flow."""
    return os.path.join(os.path.dirname(run.directory), ".torrent")


def reported(run: GateRun) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(report_of(run, JSON, torrents=torrents_of(run)))
    return report


def test_why_a_host_cannot_be_reached_is_said(run: GateRun) -> None:
    recorded = RecordedRun.at(run.outer_report, pytest.fail)
    assert recorded is not None
    recorded.failure(**_FAILURE)
    recorded.end("failed", {"hosts": {"web": {"unreachable": 1}}}, {})
    report = reported(run)
    assert report["failures"]["left_out"] == 0
    assert [(one["host"], one["task"], one["message"]) for one in report["failures"]["items"]] == [
        ("web", "Gathering Facts", "Permission denied (publickey).")
    ]
    assert report["verdict"].startswith("Failed on 1 of 1 host (web, could not be reached)")


@pytest.mark.parametrize("text", ["", "[]", '{"failures": 1}', '{"failures": {"items": [1, null]}}', "\0"])
def test_a_report_that_is_not_there_or_damaged_is_no_reason(run: GateRun, text: str) -> None:
    assert reported(run)["failures"]["items"] == []
    Path(run.outer_report).write_text(text)
    assert reported(run)["failures"]["items"] == []


def event(host: str, status: str, *, second: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "event": "result", "time": f"2026-01-01T00:00:0{second}Z", "host": host, "task": "It", "status": status, **more
    }  # fmt: skip


def brings(
    run: GateRun, host: str, results: Mapping[str, Any] | None, *events: Mapping[str, Any], of: str = ""
) -> None:
    """What the role leaves of a host: its events, and its report, whose name has ``of`` where hosts are several."""
    Path(run.reports).mkdir(exist_ok=True)
    path = Path(run.reports, f"{sha256(host.encode()).hexdigest()}{of}.json")
    path.write_text(json.dumps(report_document(playbook="site.yml", results=results)))
    if events:
        Path(run.results, host).mkdir(parents=True)
        Path(run.results, host, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))


def outer(run: GateRun, *events: Mapping[str, Any], failures: list[dict[str, Any]] | None = None) -> None:
    """What the playbook that starts the other one tells of its hosts."""
    Path(run.progress, "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    Path(run.outer_report).write_text(json.dumps({"failures": {"items": failures or []}}))


def test_what_a_host_brought_back_is_that_of_the_result(run: GateRun) -> None:
    write_state(run.directory, new_state("succeeded"))
    outer(run, event("web", "changed"))
    brings(run, "web", {"built": built(), "run": {**ran(), "rc": 0}}, event("web", "changed"))
    report = reported(run)
    assert [one["path"] for one in report["files"]["items"]] == [
        "web/artifacts/out/report.html", "web/artifacts/out/data.csv"
    ]  # fmt: skip
    assert (report["files"]["directory"], report["files"]["count"]) == (f"the tar of: result {run.ident}", 2)
    assert (report["rc"], report["exit_codes"], report["other_venvs"]) == (0, [], [])
    venv = report["venv"]
    assert (venv["python"], venv["ansible_core"], venv["built"], venv["hosts"]) == ("3.11.7", "2.19.14", True, ["web"])
    assert report["missing_system_packages"]["items"] == [{"package": "libldap-dev", "hosts": ["web"]}]
    assert venv["packages"][0] == {"name": "jinja2", "version": "1.2.3"}


def test_all_hosts_of_a_target_are_in_it(run: GateRun) -> None:
    """One failed, one has another venv, one could not be reached, and one was ended before it ran anything."""
    outer(run, *(event(host, "ok") for host in ("db", "web1", "web2")), event("gone", "unreachable"))
    brings(run, "web1", {"built": built(), "run": {**ran(), "rc": 0}}, event("web1", "ok"), of="-web1")
    brings(run, "web2", {"built": {**built(), "path": "/s/other"}, "run": ran()}, event("web2", "failed"), of="-web2")
    brings(run, "gone", {"built": {"unreachable": True, "msg": "off"}}, of="-gone")
    brings(run, "db", None, of="-db")
    report = reported(run)
    codes = {one["host"]: one["rc"] for one in report["exit_codes"]}
    assert (report["rc"], codes) == (2, {"db": None, "gone": None, "web1": 0, "web2": 2})
    assert [one["hosts"] for one in (report["venv"], *report["other_venvs"])] == [["web1"], ["web2"]]
    assert report["missing_system_packages"]["items"] == [{"package": "libldap-dev", "hosts": ["web1", "web2"]}]
    assert report["files"]["count"] == 4
    assert {one["path"].split("/")[0] for one in report["files"]["items"]} == {"web1", "web2"}
    assert {one["host"] for one in report["hosts"]["items"]} == {"db", "gone", "web1", "web2"}


@pytest.mark.parametrize("of_hosts", [(True, False), (False, True), (True, True), (False, False)])
def test_a_venv_that_one_host_built_and_another_had_is_one(run: GateRun, of_hosts: tuple[bool, bool]) -> None:
    outer(run, *(event(host, "ok") for host in ("web1", "web2")))
    for host, is_built in zip(("web1", "web2"), of_hosts, strict=True):
        brings(run, host, {"built": {**built(), "built": is_built}, "run": {**ran(), "rc": 0}}, of=f"-{host}")
    report = reported(run)
    assert (report["venv"]["hosts"], report["venv"]["built"]) == (["web1", "web2"], any(of_hosts))
    assert report["other_venvs"] == []
    page = report_of(run, HTML, torrents=torrents_of(run)).decode()
    assert page.count("<dt>ansible-core</dt>") == 1
    assert ("built for this run, on at least one of them" in page) == any(of_hosts)


def test_a_play_without_a_host_is_one_that_no_host_matched(run: GateRun) -> None:
    """A host that was not reached says nothing of plays."""
    outer(run, *(event(host, "ok") for host in ("gone", "web1", "web2")))
    for host, plays in (("web1", ["Databases", "For web2"]), ("web2", ["Databases", "For web1"])):
        brings(run, host, {"run": {"rc": 0, "unmatched_plays": plays}}, of=f"-{host}")
    brings(run, "gone", {"built": {"unreachable": True, "msg": "off"}}, of="-gone")
    assert reported(run)["unmatched_plays"] == ["Databases"]


@pytest.mark.parametrize(("ended", "code"), [(True, 0), (False, None)])
def test_an_exit_code_is_0_only_if_all_hosts_have_it(run: GateRun, ended: bool, code: int | None) -> None:
    outer(run, event("web1", "ok"), event("web2", "ok"))
    for host, results in (("web1", {"run": {"rc": 0}}), ("web2", {"run": {"rc": 0}} if ended else {})):
        brings(run, host, results, of=f"-{host}")
    assert reported(run)["rc"] == code


@pytest.mark.parametrize("state", ["running", "stopped", "died", "failed"])
def test_what_is_not_known_is_not_said(run: GateRun, state: str) -> None:
    """The run goes on, or ended before the role could tell."""
    write_state(run.directory, new_state(state))
    outer(run, event("web", "ok"))
    brings(run, "web", None)
    report = reported(run)
    assert (report["state"], report["rc"], report["venv"], report["files"]) == (state, None, None, None)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "[" * 100_000, '{"rc": true, "venv": 1, "files": [1]}', '{"files": {"count": 9}}']
)
def test_a_damaged_report_of_a_host_is_none(run: GateRun, text: str) -> None:
    outer(run, event("web", "ok"))
    brings(run, "web", None)
    (path,) = Path(run.reports).iterdir()
    path.write_text(text)
    report = reported(run)
    assert (report["rc"], report["venv"], (report["files"] or {}).get("items", [])) == (None, None, [])


def test_no_link_is_followed(run: GateRun, tmp_path: Path) -> None:
    outer(run, event("web", "ok"))
    brings(run, "web", {"run": {"rc": 0}})
    (path,) = Path(run.reports).iterdir()
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert reported(run)["rc"] is None


def test_a_failure_is_counted_once(run: GateRun) -> None:
    """Of a host that could not be reached, the role ignores it at first, and says it in its last task."""
    said = {**_FAILURE, "message": "The connection to the host failed: No route to host"}
    tried = {**said, "task": "Build or reuse the venv", "ignored": True}
    ended = {**said, "task": "Report"}
    outer(run, event("web", "ignored"), event("web", "unreachable"), failures=[tried, ended])
    failures = reported(run)["failures"]
    assert (failures["count"], [one["task"] for one in failures["items"]]) == (1, ["Report"])


def test_a_failure_that_nothing_tells_later_is_kept(run: GateRun) -> None:
    tried = {**_FAILURE, "task": "Build or reuse the venv", "ignored": True, "message": "off"}
    outer(run, event("web", "ignored"), failures=[tried])
    write_state(run.directory, new_state("stopped"))
    assert [one["message"] for one in reported(run)["failures"]["items"]] == ["off"]


@pytest.mark.parametrize("inner", ["web", "localhost"])
def test_a_task_that_failed_is_not_told_again_by_the_role(run: GateRun, inner: str) -> None:
    """Also where the playbook ran on the localhost of its host."""
    outer(run, event("web", "failed"), failures=[{**_FAILURE, "task": "Report", "unreachable": False, "message": "no"}])
    brings(run, "web", {"run": ran()}, event(inner, "failed", msg="it broke"))
    report = reported(run)
    assert [(one["host"], one["message"]) for one in report["failures"]["items"]] == [(inner, "it broke")]
    assert (report["failures"]["count"], [one["host"] for one in report["hosts"]["items"]]) == (1, [inner])


def test_a_host_whose_playbook_had_no_task_is_told_by_the_role(run: GateRun) -> None:
    outer(run, event("web", "failed"), failures=[{**_FAILURE, "task": "Report", "unreachable": False, "message": "no"}])
    brings(run, "web", {"run": {"rc": 4}}, {"event": "start", "time": "2026-01-01T00:00:00Z"})
    report = reported(run)
    assert [(one["host"], one["message"]) for one in report["failures"]["items"]] == [("web", "no")]
    assert [one["host"] for one in report["hosts"]["items"]] == ["web"]


@pytest.mark.parametrize(("state", "wanted"), [("succeeded", ["x/image.iso"]), ("failed", [])])
def test_a_torrent_has_its_files_and_its_cost(run: GateRun, state: str, wanted: list[str]) -> None:
    """Those of a run that failed did not come."""
    write_request(run.directory, {**run.request(), "verb": "torrent", "target": "", "playbook": ""})
    write_state(run.directory, new_state(state))
    directory = Path(torrents_of(run), "runs", "0123456789ab")
    directory.mkdir(parents=True)
    record = RunRecord(
        "0123456789ab", "host", "5a" * 20, "x", run.results, "nas", 1.0, 9, state, os.getpid(), steps=(), error=None
    )
    record.write(str(directory / "run.json"))
    files = [{"path": "x/image.iso", "size": 7, "sha256": "a" * 64}]
    receipt = {"files": files, "directory": run.results, "cost": 0.5}
    (directory / "receipt.json").write_text(json.dumps(receipt))
    report = reported(run)
    assert [one["path"] for one in (report["files"] or {}).get("items", [])] == wanted
    if wanted:
        assert report["files"]["directory"] == f"the tar of: result {run.ident}"
        assert report["cost"] == {"microdollars": 500_000}
