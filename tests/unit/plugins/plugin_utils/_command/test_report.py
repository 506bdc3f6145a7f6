# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of the command until the playbook runs, and what it hands to the callback."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.report import CommandReport
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.requirements import Requirements
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._run_report.recorded import RecordedRun

_PROGRESS = "mobile_ansible.venv.progress"
_NAMES = ("ANSIBLE_CALLBACKS_ENABLED", "MOBILE_ANSIBLE_VENV_PROGRESS_BAR")


@pytest.fixture(name="report")
def fixture_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandReport:
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
    return CommandReport(str(tmp_path / "report.json"), ["play/site.yml", "other.yml"])


def written(tmp_path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    return told


def variables(report: CommandReport, *, core: str | None = "2.19.5", own: bool = True, config: Any = None) -> Any:
    record: dict[str, Any] = {"interpreter": {"version": "3.12.4", "executable": "/x"}, "ansible_core": core}
    record.update({"collections": [], "packages": [{"name": "six", "version": "1", "sha256": "x"}]})
    generation: Any = SimpleNamespace(record=record, path="/s/g", id="1", shared_files=list)
    left_out = [{"package": "lxml", "reason": "there is no wheel"}]
    known = {"missing_system_packages": ["gcc"], "left_out": left_out}
    venv: Any = SimpleNamespace(path="/s/venv", generation=generation, built=True, **known)
    store: Any = SimpleNamespace(can_change=lambda: own, path="/s")
    system = [{"entry": "gcc [compile]", "collection": "a.b", "where": ["controller"], "here": True, "hosts": []}]
    excluded = [{"package": "dbus-python", "reason": "exclude has dbus-python", "project": "/p"}]
    requirements = Requirements({}, evidence=[{"name": "x"}], system_packages=system, left_out=excluded)
    return report.variables(requirements, venv, store=store, config=config)


def test_it_is_begun_at_once(report: CommandReport, tmp_path: Path) -> None:
    assert (written(tmp_path)["state"], written(tmp_path)["playbook"]) == ("running", "site.yml, other.yml")


def test_an_error_is_in_it(report: CommandReport, tmp_path: Path) -> None:
    with pytest.raises(InputError), report.errors(failed=1, interrupted=99):
        raise InputError("no such thing; choose another collections_source")
    told = written(tmp_path)
    assert (told["state"], told["message"]) == ("failed", "no such thing; choose another --venv-source")
    assert told["rc"] == 1


def test_an_interrupt_is_in_it(report: CommandReport, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), report.errors(failed=1, interrupted=99):
        raise KeyboardInterrupt
    assert (written(tmp_path)["state"], written(tmp_path)["rc"]) == ("stopped", 99)


def test_the_callback_gets_what_is_known(
    report: CommandReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = variables(report)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    run = RecordedRun.at(given["MOBILE_ANSIBLE_VENV_PROGRESS_REPORT"], pytest.fail)
    assert run is not None
    run.event("start", {"playbook": "site.yml"})
    run.end("succeeded", {"hosts": {"a": {"ok": 1}}}, {"id": "12"})
    told = written(tmp_path)
    assert (told["state"], told["playbook"], told["id"], told["venv"]["built"]) == ("succeeded", "site.yml", "12", True)
    assert [one["package"] for one in told["missing_system_packages"]["items"]] == ["gcc"]
    left_out = told["requirements"]["packages_left_out"]["items"]
    assert {one["package"]: one["reason"] for one in left_out} == {
        "dbus-python": "exclude has dbus-python", "lxml": "there is no wheel",
    }  # fmt: skip
    assert [one["entry"] for one in told["requirements"]["system_packages"]["items"]] == ["gcc [compile]"]
    assert told["venv"]["packages"] == [{"name": "six", "version": "1"}]
    assert [name for name in given if name in os.environ] == list(_NAMES)  # not for a run that this one starts


@pytest.mark.parametrize(
    ("environment", "config", "enabled", "bar_is"),
    [
        ({}, "", _PROGRESS, "never"),
        ({}, "[defaults]\ncallbacks_enabled = a.b.c, d\n", f"a.b.c,d,{_PROGRESS}", "never"),
        ({_NAMES[0]: "e"}, "[defaults]\ncallbacks_enabled = a\n", f"e,{_PROGRESS}", "never"),
        ({_NAMES[1]: "auto"}, "", _PROGRESS, None),
        ({_NAMES[0]: f"e, {_PROGRESS}"}, "", None, None),
        ({}, f"[defaults]\ncallbacks_enabled = {_PROGRESS}\n", None, None),
    ],
)
def test_callbacks_and_the_bar_of_the_user_stay(
    report: CommandReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str], config: str, enabled: str | None, bar_is: str | None,
) -> None:  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "ansible.cfg").write_text(config)
    given = variables(report, config=str(tmp_path / "ansible.cfg"))
    assert (given.get(_NAMES[0]), given.get(_NAMES[1])) == (enabled, bar_is)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"core": "2.18.3"}, "report: it requires ansible-core 2.19 or newer in the venv, which has 2.18.3"),
        ({"core": None}, "in the venv, which has none"),
        ({"own": False}, "it requires a store that this user can change, and /s is another user's"),
    ],
)
def test_where_the_callback_cannot_run_is_said(report: CommandReport, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        variables(report, **options)


@pytest.mark.parametrize("core", ["2.19.0", "2.19.0rc1", "2.21.5"])
def test_versions_that_the_callback_works_with(report: CommandReport, core: str) -> None:
    assert variables(report, core=core)
