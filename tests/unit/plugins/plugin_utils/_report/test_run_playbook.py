# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The lines that people read at the end."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.run_playbook import run

EVIDENCE = {
    "kind": "module",
    "name": "xml",
    "file": "site.yml",
    "line": 7,
    "collection": "community.general",
    "plugin": "community.general.xml",
    "distribution": "lxml",
    "layer": "documentation",
    "where": "target",
}


def test_check_mode_says_what_would_be_built() -> None:
    report = run({"built": {"path": "/s/v", "changed": True}, "run": {}}, check=True)
    assert report.verdict == "Check mode: the venv /s/v would be built, and the playbook run in it."
    assert report.details == ()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({}, ["Nothing was run."]),
        ({"run": {"failed": True, "msg": "x"}}, ["Nothing was run."]),
        (
            {"run": {"stats": {"b": {"ok": 1}, "a": {"ok": 2, "failures": 1}}, "duration": 1.5, "log": "/l"}},
            ["The playbook ran on 2 hosts in 1.5 s.", "a: ok 2, failures 1", "b: ok 1", "run: 1.5 s, log in /l"],
        ),
        (
            {
                "run": {
                    "stats": {"a": {"ok": 1}},
                    "shipped": 314573,
                    "shipped_files": 12,
                    "not_shipped": [".ssh", "x"],
                }
            },
            [
                "The playbook ran on 1 host.",
                "sent: 12 files, 0.3 MiB",
                "not sent, because they are credentials: .ssh, x",
                "a: ok 1",
            ],
        ),
        (
            {"run": {"stats": {"a": {"ok": 1}}, "shipped": 0, "shipped_files": 0, "not_shipped": []}},
            ["The playbook ran on 1 host.", "a: ok 1"],
        ),
        (
            {"needs": {"evidence": [EVIDENCE, EVIDENCE]}},
            [
                "evidence for the requirements:",
                "  site.yml:7  module  xml = community.general.xml  -> community.general + lxml (documentation)",
            ],
        ),
        (
            {"needs": {"evidence": [EVIDENCE, {**EVIDENCE, "distribution": "idna", "required": False}]}},
            [
                "evidence for the requirements:",
                "  site.yml:7  module  xml = community.general.xml  -> community.general + lxml (documentation)",
            ],
        ),
        (
            {"needs": {"evidence": [{**EVIDENCE, "required": False}]}},
            [
                "evidence for the requirements:",
                "  site.yml:7  module  xml = community.general.xml  -> community.general",
            ],
        ),
        (
            {
                "built": {
                    "path": "/s/v",
                    "generation": "/s/.g/1",
                    "changed": True,
                    "built": False,
                    "python": {"version": "3.11.2"},
                    "ansible_core": "2.19.14",
                    "collections": [{"name": "a.b", "version": "1"}],
                    "roles": [{"name": "acme.web", "version": "2"}, {"name": "local", "version": ""}],
                    "packages": [],
                }
            },
            [
                "venv (reused): /s/v -> /s/.g/1",
                "Python 3.11.2, ansible-core 2.19.14",
                "collections: a.b 1",
                "roles: acme.web 2, local",
            ],
        ),
        (
            {"run": {"artifacts": ["a"], "results": "/r", "custom_stats": {"_run": {"to_read": "x"}}}},
            ["artifacts in /r/artifacts: a", "to read: x"],
        ),
    ],
)
def test_lines(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], expected: list[str]) -> None:
    monkeypatch.setattr(Display(), "verbosity", 1)
    lines = run(result, check=False).lines()
    assert lines[lines[0] == "Nothing was run." and len(lines) > 1 :] == expected


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        ([], ["Packages that are not in the venv: six (exclude has six); dbus-python (there is no wheel)"]),
        (["six"], ["Packages that are not in the venv: dbus-python (there is no wheel)"]),
    ],
)
def test_packages_that_the_venv_is_without_are_told_with_the_reason(packages: list[str], expected: list[str]) -> None:
    """What is excluded, and what cannot be had; the user can list what is excluded."""
    needs = {"left_out": [{"package": "six", "reason": "exclude has six"}]}
    versions = [{"name": name, "version": "1"} for name in packages]
    built = {"left_out": [{"package": "dbus-python", "reason": "there is no wheel"}], "packages": versions}
    told = run({"needs": needs, "built": built, "run": {"stats": {"a": {}}}}, check=False)
    assert [line for line in told.details if "not in the venv" in line] == expected


def test_a_playbook_that_failed_is_the_verdict() -> None:
    failed: dict[str, Any] = {
        "error_code": "run_failed",
        "msg": "a failed",
        "stats": {"a": {"failures": 1}},
        "duration": 1,
        "log": "/l",
    }
    assert run({"run": failed}, check=False).lines() == [
        "The run of the playbook failed: a failed",
        "a: failures 1",
        "run: 1 s, log in /l",
    ]


@pytest.mark.parametrize(("built", "shown"), [(True, 4), (False, 1)])
def test_evidence_is_shown_when_a_venv_was_built_for_it(built: bool, shown: int) -> None:
    venv = {"path": "/s/v", "generation": "/s/.g/1", "built": built}
    lines = run({"built": venv, "needs": {"evidence": [EVIDENCE]}}, check=False).lines()
    assert len(lines[1:]) == shown


def test_what_acts_on_a_terminal_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Display(), "verbosity", 1)
    result: dict[str, Any] = {
        "needs": {"evidence": [{**EVIDENCE, "name": "\x1b[2J\u202e", "file": "a\nb.yml"}]},
        "run": {"stats": {"\x9bhost": {"ok": 1}}, "artifacts": ["\r\x07x"]},
    }
    lines = run(result, check=False).lines()[1:]
    assert "\\x1b[2J\\u202e" in lines[1]
    assert "a\\x0ab.yml:7" in lines[1]
    assert lines[2:] == ["\\x9bhost: ok 1", "artifacts in None/artifacts: \\x0d\\x07x"]


def test_a_host_that_cannot_be_reached_is_told_apart() -> None:
    for step in ("built", "run"):
        report = run({step: {"unreachable": True, "msg": "Task failed: off", "changed": False}}, check=False)
        assert report.verdict == "The connection to the host failed: off"
        assert (report.failed, report.unreachable) == (True, True)
