# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What people read about their profiles."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.profile import (
    profile_check,
    profile_check_strict,
    profile_list,
    profile_remove,
    profile_save,
    profile_show,
)

DEFINITION = {
    "version": 3,
    "dependencies": {
        "ansible_core": {"package_pip": "ansible-core==2.19.5"},
        "python": "jmespath\npackaging",
        "galaxy": {"collections": ["a.b", {"name": "a.c", "version": "1.0"}], "roles": [{"src": "me.web"}]},
        "system": ["git", "curl [test]"],
    },
}


def profile(**more: Any) -> dict[str, Any]:
    return {
        "name": "site",
        "problem": None,
        "last_used": None,
        "source": None,
        "locked": False,
        "definition": DEFINITION,
        **more,
    }


def read(*profiles: dict[str, Any]) -> dict[str, Any]:
    return {"profiles": {"directory": "/p", "profiles": list(profiles)}}


def test_a_list_says_when_and_where() -> None:
    use = {"at": "2026-01-01T00:00:00Z", "host": "laptop"}
    report = profile_list(
        read(profile(), profile(name="web", last_used=use, source={"path": "/it", "playbooks": ["web.yml"]})),
        check=False,
    )
    assert report.lines() == [
        "2 profiles in /p:",
        "site: not used yet",
        "web: last used 2026-01-01T00:00:00Z on laptop, from /it/web.yml",
    ]
    assert profile_list(read(), check=False).verdict == "There is no profile in /p."


def test_one_is_shown_with_what_it_requires() -> None:
    assert profile_show(read(profile()), check=False).lines() == [
        "site: not used yet",
        "  ansible-core: ansible-core==2.19.5",
        "  collections: a.b, a.c 1.0",
        "  roles: me.web",
        "  packages: jmespath, packaging",
        "  system packages: git",
    ]
    empty = profile(definition={"version": 3, "dependencies": None})
    assert profile_show(read(empty), check=False).lines() == ["site: not used yet"]


def outdated(state: str = "current", **more: Any) -> dict[str, Any]:
    one: dict[str, Any] = {"state": "current", "reason": None, "changes": []}
    parts = dict.fromkeys(("files", "source", "versions", "venv"), one)
    return {**parts, "any": state == "outdated", "versions": {**one, "state": state, **more}}


def test_old_is_no_failure_and_broken_is() -> None:
    old = profile(outdated=outdated("outdated", reason="there are others", changes=["six 1 -> 2"]))
    report = profile_check(read(old, profile(name="web", outdated=outdated())), check=False)
    assert (report.verdict, report.failed) == ("1 of 2 profiles out of date: site.", False)
    assert "  versions: outdated: there are others" in report.lines() and "    six 1 -> 2" in report.lines()
    unknown = profile_check(read(profile(outdated=outdated("unknown", reason="no network"))), check=False)
    assert unknown.verdict == "Not all is known of 1 of 1 profile: site. The rest is current."
    assert "  versions: not known: no network" in unknown.lines()
    broken = profile_check(read(profile(problem="it is a link")), check=False)
    assert (broken.verdict, broken.failed) == ("1 profile cannot be used: site.", True)


@pytest.mark.parametrize(("state", "failed"), [("outdated", True), ("unknown", False), ("current", False)])
def test_what_is_out_of_date_is_a_failure_where_that_is_wanted(state: str, failed: bool) -> None:
    results = read(profile(outdated=outdated(state, reason="x")))
    strict, lenient = (flow(results, check=False) for flow in (profile_check_strict, profile_check))
    assert (strict.failed, lenient.failed, strict.lines()) == (failed, False, lenient.lines())


def test_all_is_current_only_where_all_is_known() -> None:
    current, unknown = profile(outdated=outdated()), profile(name="web", outdated=outdated("unknown", reason="x"))
    assert profile_check(read(current), check=False).verdict == "All is current in 1 profile."
    assert profile_check(read(current, unknown), check=False).verdict.startswith("Not all is known of 1 of 2 profiles")


def test_what_was_saved_and_removed() -> None:
    saved = {"saved": {"name": "site", "path": "/p/site", "changed": True, "definition": DEFINITION}}
    assert profile_save(saved, check=False).verdict == "The profile site is saved in /p/site."
    assert profile_save(saved, check=True).verdict == "The profile site would be saved in /p/site."
    assert profile_remove(saved, check=True).verdict == "The profile site would be removed."
    for there, named in ((["it", "web"], "it, web"), ([], "none")):
        gone = {"saved": {"name": "site", "path": "/p/site", "changed": False, "profiles": there}}
        verdict = f"There is no profile site; nothing was removed. There are: {named}."
        assert profile_remove(gone, check=False).verdict == verdict


def test_a_lock_is_told_wherever_a_profile_is() -> None:
    problem = "the lock was edited after it was written; to lock it again, save the profile with profile_lock=true"
    locked, edited = profile(locked=True, lock_problem=None), profile(locked=True, lock_problem=problem)
    line = "site: not used yet, with a lock"
    lock = "  lock: requirements.txt and requirements.yml, for --venv-locked"
    assert profile_list(read(locked), check=False).lines()[1] == line
    shown = profile_show(read(locked), check=False).lines()
    assert (shown[0], shown[-1]) == (line, lock)
    unused = f"  lock: not used: {problem}"
    assert profile_show(read(edited), check=False).lines()[-1] == unused
    assert line in profile_check(read(profile(locked=True, outdated=outdated())), check=False).lines()
    saved = {"saved": {"name": "site", "path": "/p/site", "changed": True, "definition": DEFINITION, "locked": True}}
    assert lock in profile_save(saved, check=False).lines()


def test_what_does_not_apply_is_known() -> None:
    report = profile_check(read(profile(outdated=outdated("none", reason="not used yet"))), check=False)
    assert report.verdict == "All is current in 1 profile."
    assert "  versions: nothing to check: not used yet" in report.lines()


def test_a_step_that_failed_is_the_outcome() -> None:
    failed = {"named": {"error_code": "bad_input", "msg": "say which profile: set profile_name", "failed": True}}
    for flow in (profile_list, profile_show, profile_check, profile_save, profile_remove):
        report = flow(failed, check=False)
        assert report.failed and "set profile_name" in "\n".join(report.lines())
