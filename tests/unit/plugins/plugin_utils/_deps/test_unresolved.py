# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which unresolved names fail a report, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.arguments import OPTION_NAMES
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.unresolved import (
    UnresolvedPolicy,
    complaint,
    refused_names,
    warnings_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._option_names import in_words_of_the_user
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.report import in_words_of


def entry(name: str, *, stops: bool) -> dict[str, Any]:
    return {"kind": "module", "name": name, "file": "site.yml", "line": 3, "reason": "it is nowhere", "stops": stops}


EARLY, LATE, ALLOWED = entry("early", stops=True), entry("late", stops=False), entry("allowed", stops=True)


@pytest.mark.parametrize(("policy", "refused"), [("fail", ["early", "late"]), ("as_ansible", ["early"]), ("warn", [])])
def test_what_is_refused(policy: UnresolvedPolicy, refused: list[str]) -> None:
    found = refused_names([EARLY, ALLOWED, LATE], ["allowed"], policy)
    assert [one["name"] for one in found] == refused


def test_the_rest_is_a_warning_with_its_line() -> None:
    (warning,) = warnings_of([ALLOWED, LATE], ["allowed"])
    assert warning.startswith("site.yml:3: module late: it is nowhere")


@pytest.mark.parametrize("kind", ["requirements", "file", "path"])
def test_a_file_is_named_once(kind: str) -> None:
    (warning,) = warnings_of([{**LATE, "kind": kind, "name": "site.yml"}], [])
    assert warning.startswith("site.yml:3: it is nowhere. ")


def test_many_warnings_end_with_their_number() -> None:
    warnings = warnings_of([entry(f"name{number}", stops=False) for number in range(50)], [])
    assert (len(warnings), warnings[-1].startswith("30 more names")) == (21, True)


@pytest.mark.parametrize(
    ("listed", "count", "more"), [(1, 1, ""), (5, 5, ""), (6, 6, "and 1 more"), (9, 1200, "and 1195")]
)
def test_one_message_for_all(listed: int, count: int, more: str) -> None:
    message = complaint([entry(f"name{number}", stops=True) for number in range(listed)], count)
    assert message.startswith(f"{count} of the names")
    assert ("more" in message.replace("more.", "more")) == bool(more)
    assert more in message


@pytest.mark.parametrize("prefix", ["run_playbook_", "--venv-"])
def test_the_remedy_has_the_name_that_the_user_knows(prefix: str) -> None:
    message = complaint([{**EARLY, "kind": "import"}], 1)
    told = in_words_of("run_playbook", message) if prefix[0] == "r" else in_words_of_the_user(message, OPTION_NAMES)
    options = ("allow_unresolved", "collections_source")
    names = [f"{prefix}{name}" for name in options] if prefix[0] == "r" else [OPTION_NAMES[name] for name in options]
    assert all(name in told for name in names)
    assert "imports whose package you require yourself" in told


@pytest.mark.parametrize(
    ("kind", "stops", "said"),
    [
        ("module", False, "ansible-playbook fails if it gets there"),
        ("callback", False, "ansible-playbook goes on without it"),
        ("callback", True, "ansible-playbook stops before the first task"),
        ("requirements", True, "What it declares is not used"),
        ("ansible_core", False, "ansible-playbook only warns of it"),
        ("cache", False, "ansible-playbook goes on without it"),
    ],
)
def test_a_warning_says_what_ansible_does(kind: str, stops: bool, said: str) -> None:
    (warning,) = warnings_of([{**entry("name", stops=stops), "kind": kind}], [])
    assert warning.endswith(f": it is nowhere. {said}")


@pytest.mark.parametrize("kind", ["role", "path", "callback"])
def test_a_limit_of_the_analysis_is_not_said_to_be_one_of_ansible(kind: str) -> None:
    (warning,) = warnings_of([{**entry("name", stops=False), "kind": kind, "ansible_reads": True}], [])
    assert warning.endswith(
        ". Only the analysis has this limit, ansible-playbook does not: what is behind it is missing in the result"
    )


def test_requirements_that_cannot_be_read_are_no_names() -> None:
    message = complaint([{**EARLY, "kind": "requirements"}], 1)
    assert message == (
        "The requirements of the project cannot be read: site.yml:3: requirements early: it is nowhere. Correct them"
    )


def test_what_cannot_be_fetched_says_itself_what_to_do() -> None:
    reason = "ansible-galaxy cannot fetch the role web: it has no version 9. Correct the version of the entry"
    message = complaint([{**EARLY, "kind": "role", "reason": reason}], 1)
    assert message.endswith("Correct the version of the entry. Or add names that are not required to allow_unresolved")
    assert "collections_source" in complaint([{**EARLY, "kind": "role", "reason": reason}, EARLY], 2)


def test_only_an_import_can_be_had_in_another_way() -> None:
    assert "imports" not in complaint([EARLY], 1)
