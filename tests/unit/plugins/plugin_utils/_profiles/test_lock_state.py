# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Of a lock that does not count, the one reason is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.definition import read_definition
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.files import made_from
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.lock_state import (
    LockState,
    has_lock,
    lock_state,
)

LOCK = Lockfile("e" * 64, "3.12", (("jmespath", "1.0.1", "a" * 64),), ())
TEXTS = LOCK.texts()
MADE = {"requirements.txt": "jmespath\n", "requirements.yml": "collections: []\n"}
Edit = Callable[[dict[str, str]], dict[str, str]]


def test_a_lock_counts_for_its_request() -> None:
    assert lock_state(TEXTS, LOCK.request_digest) == LockState(LOCK)
    assert lock_state(TEXTS, "f" * 64).problem == "was made for another definition"


@pytest.mark.parametrize("texts", [{}, MADE, {"requirements.txt": "jmespath\n"}])
def test_what_is_made_from_the_definition_is_no_lock(texts: dict[str, str]) -> None:
    assert (has_lock(texts), lock_state(texts, LOCK.request_digest)) == (False, LockState())


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda texts: {**texts, "requirements.txt": texts["requirements.txt"] + "six\n"}, "was edited"),
        (lambda texts: {**texts, "requirements.yml": MADE["requirements.yml"]}, "has a requirements.yml that does not"),
        (lambda texts: {**texts, "requirements.txt": MADE["requirements.txt"]}, "has a requirements.txt that does not"),
        (lambda texts: {"requirements.yml": texts["requirements.yml"]}, "has no requirements.txt any more"),
    ],
)
def test_one_that_is_not_as_it_was_written_does_not(edit: Edit, problem: str) -> None:
    # Whatever the definition is now: what somebody edited may have been that, too.
    for digest in (LOCK.request_digest, "f" * 64):
        state = lock_state(edit(TEXTS), digest)
        assert state.lock is None and str(state.problem).startswith(problem)
        assert state.other is None or f"move {state.other} away, and save the profile" in str(state.complaint)
    assert has_lock(edit(TEXTS))


def test_what_is_made_from_the_definition_beside_a_lock_is_an_edited_one() -> None:
    made = made_from(read_definition('{"version": 3}', "it"))
    state = lock_state({**TEXTS, "requirements.txt": made["requirements.txt"]}, LOCK.request_digest)
    assert (state.problem, state.other) == ("was edited after it was written", None)
