# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the roles say at their end."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report import run_playbook, shared_venv
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.report import (
    Report,
    Results,
    failed_step,
    in_words_of,
)

WELL = {"check": "link", "ok": True, "found": "it is one", "remedy": None}
SICK = {"check": "link", "ok": False, "found": "it has gone", "remedy": "share again"}


def verified(*checks: dict[str, Any]) -> dict[str, Any]:
    names = "abc"
    projects = [
        {"path": f"/p/{name}", "link": f"/p/{name}/venv", "healthy": bool(check["ok"]), "checks": [check]}
        for name, check in zip(names, checks, strict=False)
    ]
    return {"healthy": all(check["ok"] for check in checks), "projects": projects}


BUILT: dict[str, Any] = {
    "path": "/s/v",
    "generation": "/s/.g/1",
    "built": False,
    "changed": False,
    "parent": "/p/a",
    "python": {"version": "3.11.2"},
    "packages": [{"name": "six", "version": "1"}],
}
LINKED: dict[str, Any] = {
    "links": [{"changed": True, "path": "/p/a/venv", "target": "/s/v", "backup": "/p/a/venv.backup-1"}]
}
TABLE = ["project    link", "/p/a/venv  ok"]
PROBLEM = ["/p/a/venv:", "  link: it has gone", "    To repair it, share again."]


def test_verify_says_the_verdict_then_what_is_wrong_then_the_table() -> None:
    report = shared_venv.verify({"verified": verified(SICK, WELL)}, check=False)
    assert report.failed
    assert report.lines() == [
        "1 of 2 projects has a venv with problems.",
        *PROBLEM,
        "project    link",
        "/p/a/venv  FAIL",
        "/p/b/venv  ok",
    ]


@pytest.mark.parametrize("check", [False, True])
def test_verify_of_healthy_projects(check: bool) -> None:
    report = shared_venv.verify({"verified": verified(WELL)}, check=check)
    assert (report.verdict, report.failed) == ("The project is healthy: every check passed.", False)


@pytest.mark.parametrize(
    ("built", "changed", "state"),
    [(True, True, "built"), (False, True, "switched to"), (False, False, "unchanged")],
)
def test_share_says_what_became_of_the_venv(built: bool, changed: bool, state: str) -> None:
    venv = {**BUILT, "built": built, "changed": changed}
    report = shared_venv.share({"built": venv, "linked": LINKED, "verified": verified(WELL)}, check=False)
    assert report == Report(
        "1 project shares the venv /s/v, and every check passed.",
        (
            f"venv ({state}): /s/v -> /s/.g/1",
            "Python 3.11.2, 1 package",
            "linked: /p/a/venv -> /s/v (the previous venv is kept as /p/a/venv.backup-1)",
            *TABLE,
        ),
    )


def test_share_fails_where_a_check_does_and_in_check_mode_only_says_so() -> None:
    results: Results = {"built": BUILT, "linked": LINKED, "verified": verified(SICK)}
    assert shared_venv.share(results, check=False).failed
    checked = shared_venv.share({**results, "linked": {"links": []}}, check=True)
    assert not checked.failed
    assert checked.verdict.startswith("Check mode: nothing was changed, and 1 of 1 project has")
    unbuilt = shared_venv.share({"built": {"path": "/s/v"}}, check=True)
    assert unbuilt == Report("Check mode: the venv /s/v would be built, and the projects linked.")


def test_check_mode_does_not_blame_links_that_a_run_would_change() -> None:
    sick = verified(SICK)
    ((link,), (project,)) = LINKED["links"], sick["projects"]
    results: Results = {"built": BUILT, "linked": LINKED, "verified": {"projects": [{**project, "link": link["path"]}]}}
    report = shared_venv.share(results, check=True)
    assert (report.verdict, report.failed) == ("Check mode: 1 project would be linked to the venv /s/v.", False)
    assert [line for line in report.details if line.startswith("would be linked: ")]
    assert not [line for line in report.details if "To repair it" in line]


def test_migrate_names_the_parent_that_was_chosen() -> None:
    tested: dict[str, Any] = {"lines": [], "projects": []}
    results: Results = {"built": BUILT, "linked": LINKED, "tested": tested, "verified": verified(WELL)}
    report = shared_venv.migrate(results, check=False)
    assert not report.failed
    assert report.details[0] == "parent: /p/a (to choose another, set shared_venv_parent)"


def test_migrate_says_whose_tests_failed_and_not_that_these_are_no_links() -> None:
    projects = [{"path": "/p/a", "restored": "/p/a/venv.backup-1"}, {"path": "/p/b", "restored": None}]
    tested: dict[str, Any] = {
        "lines": ["/p/a/venv is its own again: its tests failed", "  1 failed"],
        "projects": projects,
    }
    results: Results = {"built": BUILT, "linked": LINKED, "tested": tested, "verified": verified(SICK, WELL)}
    report = shared_venv.migrate(results, check=False)
    assert report.failed
    assert report.lines()[:3] == [
        "1 of 2 projects now share a venv; the own venv of 1 was restored, because tests failed.",
        *tested["lines"],
    ]
    assert "To repair it" not in "".join(report.details)


def test_undo_and_prune() -> None:
    restored = {"projects": [{"path": "/p/a", "name": "venv", "restored": "/p/a/venv.backup-1"}], "lines": ["x"]}
    assert shared_venv.undo({"restored": restored}, check=False).lines() == [
        "The own venv of 1 project was restored.",
        "/p/a/venv <- /p/a/venv.backup-1",
    ]
    assert "nothing was changed" in shared_venv.undo({"restored": {"projects": []}}, check=False).verdict
    pruned = {
        "removed": [{"digest": "d", "bytes": 1048576, "reason": "old"}],
        "gone_links": [],
        "removed_files": [],
        "removed_venvs": [],
        "unused_venvs": [],
        "bytes": 1048576,
    }
    assert shared_venv.prune({"pruned": pruned}, check=True).lines() == [
        "1 unused generation would be removed, which frees 1.0 MiB.",
        "d: 1.0 MiB, old",
    ]
    nothing = {
        "removed": [],
        "gone_links": [],
        "removed_files": [],
        "removed_venvs": [],
        "unused_venvs": [],
        "bytes": 0,
    }
    assert shared_venv.prune({"pruned": nothing}, check=False).verdict == "Nothing is unused; nothing was removed."


@pytest.mark.parametrize(
    ("removed", "check", "verdict"),
    [
        ({"removed": 3}, False, "3 unused generations were removed, which frees 1.0 MiB."),
        ({"removed": 3, "removed_venvs": 1}, False, "1 unused venv and 3 unused generations were removed, which frees"),
        ({"removed_venvs": 2}, True, "2 unused venvs would be removed, which frees"),
        ({"removed_files": 1}, False, "1 cached file was removed, which frees"),
        (
            {"removed": 1, "removed_files": 2, "gone_links": 1},
            False,
            "1 unused generation, 2 cached files and 1 registered link were removed, which frees",
        ),
    ],
)
def test_prune_says_what_it_counts(removed: dict[str, int], check: bool, verdict: str) -> None:
    kinds: dict[str, Any] = {
        "removed": {"digest": "d", "bytes": 1, "reason": "old"},
        "removed_files": {"path": "/s/w", "bytes": 1},
        "removed_venvs": "x",
        "gone_links": "/p/venv",
        "unused_venvs": {"name": "x", "path": "/s/x", "unused_since": "2026-01-01"},
    }
    numbers = {**removed, "unused_venvs": removed.get("removed_venvs", 0)}
    pruned = {kind: [one] * numbers.get(kind, 0) for kind, one in kinds.items()}
    lines = shared_venv.prune({"pruned": {**pruned, "bytes": 1048576}}, check=check).lines()
    assert lines[0].startswith(verdict)


def test_several_own_venvs_were_restored() -> None:
    restored = {"projects": [{"path": f"/p/{x}", "name": "venv", "restored": f"/p/{x}/venv.b"} for x in "ab"]}
    assert shared_venv.undo({"restored": restored}, check=False).verdict == "The own venvs of 2 projects were restored."


@pytest.mark.parametrize("flow", [shared_venv.share, shared_venv.verify, shared_venv.migrate, run_playbook.run])
def test_a_step_that_failed_is_what_is_said(flow: Any) -> None:
    failed = {"error_code": "bad_input", "msg": "python: 'x' is not a version"}
    report = flow({"built": failed}, check=False)
    assert (report.failed, report.code) == (True, "bad_input")
    assert report.verdict.startswith("The build of the venv failed: ")
    assert report.verdict.endswith("_python: 'x' is not a version")


def test_a_long_message_stands_below_its_sentence() -> None:
    report = failed_step({"built": {"error_code": "resolution", "msg": "a needs b | c needs d"}}, role="shared_venv")
    assert report is not None
    assert report.lines() == ["The build of the venv failed.", "  a needs b", "  c needs d"]


@pytest.mark.parametrize(
    ("role", "message", "shown"),
    [
        ("shared_venv", "parent: /x is not a project", "shared_venv_parent: /x is not a project"),
        ("shared_venv", "set index_url, or find_links", "set shared_venv_index_url, or shared_venv_find_links"),
        ("shared_venv", "/srv/find_links/x: no parent: y", "/srv/find_links/x: no parent: y"),
        ("run_playbook", "store: others can write", "run_playbook_store: others can write"),
        ("run_playbook", "parent: /x", "parent: /x"),
        ("run_playbook", "x: set the option 'parent'", "x: set the option 'parent'"),
        ("shared_venv", "none: set the option 'python', or 'python'", "none: set shared_venv_python, or 'python'"),
        ("shared_venv", "name: the option 'python' too", "shared_venv_name: shared_venv_python too"),
        ("shared_venv", "set shared_venv_index_url", "set shared_venv_index_url"),
    ],
)
def test_messages_name_the_variables_of_the_role(role: str, message: str, shown: str) -> None:
    assert in_words_of(role, message) == shown


def test_what_acts_on_a_terminal_is_escaped() -> None:
    assert Report("\x1b[2J", ("a\nb", "\u202ec")).lines() == ["\\x1b[2J", "a\\x0ab", "\\u202ec"]


REFUSED = {"error_code": "resolution", "msg": "these requirements conflict"}


@pytest.mark.parametrize(
    ("isolated", "usable", "verdict", "failed"),
    [
        (1, True, "The projects do not share a venv. Until a run succeeds, 1 project uses an isolated venv.", False),
        (0, True, "The projects do not share the requested venv. Their current venvs work", False),
        (1, False, "1 of 1 project has a venv with problems.", True),
    ],
)
def test_isolated_venvs_are_said_with_the_reason(isolated: int, usable: bool, verdict: str, failed: bool) -> None:
    (project,) = verified(WELL if usable else SICK)["projects"]
    links = [{"changed": True, "path": "/p/a/venv", "target": ".venv-isolated/venv", "isolated": True}] * isolated
    results: dict[str, Any] = {
        "refused": REFUSED,
        "linked": {"links": links},
        "verified": {"projects": [{**project, "usable": usable}]},
    }
    report = shared_venv.fall_back(results, check=False)
    assert report.verdict.startswith(verdict) and report.failed == failed
    assert report.details[0] == "Sharing failed: these requirements conflict"
    assert ("linked: /p/a/venv -> .venv-isolated/venv" in report.details) == bool(isolated)


@pytest.mark.parametrize(
    ("role", "message", "shown"),
    [
        (
            "profile",
            "parameters are mutually exclusive: playbook|definition",
            "parameters are mutually exclusive: profile_from|profile_definition",
        ),
        (
            "profile",
            "missing parameter(s) required by 'project': playbook",
            "missing parameter(s) required by 'profile_project': profile_from",
        ),
        ("profile", "path: /p/site.yml does not exist", "profile_from: /p/site.yml does not exist"),
        ("profile", "set follow_outside if", "set profile_follow_outside if"),
        ("run_playbook", "set follow_outside if", "set run_playbook_trusted if"),
    ],
)
def test_an_option_that_a_variable_calls_by_another_name(role: str, message: str, shown: str) -> None:
    assert in_words_of(role, message) == shown


def test_an_isolated_venv_that_cannot_be_built_is_a_failure_with_both_reasons() -> None:
    failed = {"error_code": "network", "msg": "index_url: cannot be reached"}
    report = shared_venv.fall_back({"refused": REFUSED, "isolated": failed}, check=False)
    assert (report.failed, report.code) == (True, "network")
    assert report.verdict == "Building an isolated venv failed: shared_venv_index_url: cannot be reached"
    assert "Sharing failed: these requirements conflict" in report.details
