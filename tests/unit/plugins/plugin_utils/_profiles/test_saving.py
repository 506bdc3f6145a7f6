# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What saving changes: nothing that a user wrote is lost, and the same again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import DEFINITION
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.files import definition_of, with_header
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.saving import (
    ProfileChange,
    change_to,
    new_state,
    state_of,
)

REQUEST = VenvRequest(None, None, ("jmespath",), (), None)
LOCK = Lockfile(REQUEST.locked_digest, "3.12", (("jmespath", "1.0.1", "a" * 64),), ())


def definition(*packages: str) -> str:
    return definition_of({"version": 3, "dependencies": {"python": list(packages)}})


def change(found: Mapping[str, str], text: str, *, force: bool = False, lock: Any = None, **note: Any) -> ProfileChange:
    return change_to(new_state(text, **note), found, directory="/p/site", force=force, lock=lock)


def test_a_new_profile_is_all_of_its_files_and_the_same_again_is_nothing() -> None:
    new = change({}, definition("jmespath"), collections_source=None, own_collection=True)
    assert new.changed and set(new.differing()) == {
        DEFINITION, "requirements.txt", "requirements.yml", "bindep.txt", "profile.json",
    }  # fmt: skip
    assert "collections_source" not in new.after["profile.json"]
    again = change(new.after, definition("jmespath"), own_collection=True)
    assert not again.changed and again.differing() == {} and again.diff("/p") == []


def test_another_note_alone_is_a_change_that_people_see_no_diff_of() -> None:
    before = change({}, definition("jmespath")).after
    noted = change(before, definition("jmespath"), own_collection=True)
    assert noted.changed and set(noted.differing()) == {"profile.json"} and noted.diff("/p") == []


@pytest.mark.parametrize("name", [DEFINITION, "requirements.txt", "requirements.yml", "bindep.txt"])
def test_what_a_user_wrote_is_replaced_only_by_force(name: str) -> None:
    found = {**change({}, definition("jmespath")).after, name: "version: 3\n# mine\n"}
    with pytest.raises(
        InputError,
        match=rf"/p/site/{name} was edited or written by somebody else and is not",
    ):
        change(found, definition("packaging"))
    assert change(found, definition("packaging"), force=True).after[name] != found[name]


def test_other_files_follow_an_edit() -> None:
    found = change({}, definition("jmespath"), own_collection=True).after
    edited = {**found, DEFINITION: found[DEFINITION].replace("jmespath", "packaging")}
    followed = change_to(state_of(edited, "/p/site"), edited, directory="/p/site", force=False, lock=None)
    assert followed.after[DEFINITION] == edited[DEFINITION]
    assert "packaging" in followed.after["requirements.txt"] and "own_collection" in followed.after["profile.json"]


def test_there_is_nothing_to_follow_without_a_definition() -> None:
    with pytest.raises(InputError, match="/p/site is not a profile yet"):
        state_of({}, "/p/site")


def test_a_lock_takes_the_place_of_what_is_made() -> None:
    locked = change({}, definition("jmespath"), lock=LOCK).after
    assert "jmespath==1.0.1 --hash=sha256:" in locked["requirements.txt"]
    lost = change(locked, definition("jmespath"))
    assert lost.after["requirements.txt"].splitlines()[1:] == ["jmespath"]


def test_a_definition_of_a_user_may_stay_as_it_is() -> None:
    """One that says the same as what would be written is no edit."""
    found = {DEFINITION: with_header(definition("jmespath"))}
    assert change(found, definition("jmespath")).after[DEFINITION] == found[DEFINITION]
