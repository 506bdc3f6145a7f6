# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What of a profile is out of date, but for what resolving finds; what cannot be known says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles import outdated
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import (
    ChosenProfile,
    new_use,
    saved_profile,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import DEFINITION, SavedProfiles
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.files import definition_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.outdated import outdated_parts
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.saving import change_to, new_state


def profile(**note: Any) -> ChosenProfile:
    state = new_state(definition_of({"version": 3, "dependencies": {"python": ["jmespath"]}}), **note)
    texts = change_to(state, {}, directory="/p/site", force=False, lock=None).after
    return saved_profile(SavedProfiles("/p"), "site", texts)


def parts(chosen: ChosenProfile, use: Any, store: Path) -> dict[str, Any]:
    options: dict[str, Any] = {
        "collections_source": None,
        "store": str(store),
        "offline": True,
        "index_url": None,
        "find_links": [],
    }
    return outdated_parts(chosen, use, options)


def test_what_is_not_known_is_not_out_of_date(tmp_path: Path) -> None:
    found = parts(profile(), None, tmp_path)
    assert {name: one["state"] for name, one in found.items() if name != "any"} == {
        "files": "current", "source": "none", "versions": "unknown", "venv": "none",
    }  # fmt: skip
    assert found["any"] is False
    assert all(one["reason"] for name, one in found.items() if name not in ("any", "files"))


def test_an_edit_leaves_the_other_files_and_the_venv_behind(tmp_path: Path) -> None:
    chosen = profile()
    use = new_use(venv="/v/x", definition=chosen.definition_sha256)
    edited = {**chosen.texts, DEFINITION: chosen.texts[DEFINITION].replace("jmespath", "six")}
    found = parts(saved_profile(SavedProfiles("/p"), "site", edited), use, tmp_path)
    assert found["files"]["changes"] == ["requirements.txt"]
    assert (found["venv"]["state"], found["any"]) == ("outdated", True)


def test_an_edited_lock_is_not_taken_for_an_edited_definition(tmp_path: Path) -> None:
    chosen = profile()
    lock = Lockfile(chosen.request(None).locked_digest, "3.12", (("jmespath", "1.0", "a" * 64),), ())
    locked = {**chosen.texts, **lock.texts()}
    assert parts(saved_profile(SavedProfiles("/p"), "site", locked), None, tmp_path)["files"]["state"] == "current"
    edited = {**locked, "requirements.txt": locked["requirements.txt"].replace("1.0", "1.1")}
    other = {**locked, DEFINITION: locked[DEFINITION].replace("jmespath", "six")}
    for texts, why in ((edited, "was edited after it was written"), (other, "was made for another definition")):
        found = parts(saved_profile(SavedProfiles("/p"), "site", texts), None, tmp_path)["files"]
        assert found == {
            "state": "outdated", "changes": [],
            "reason": f"the lock {why}; to lock it again, save the profile with profile_lock=true",
        }  # fmt: skip


def test_a_venv_is_looked_for_where_it_was_used(tmp_path: Path) -> None:
    chosen = profile()
    gone = new_use(venv=str(tmp_path / "store" / "gone"), definition=chosen.definition_sha256)
    assert "does not exist any more" in parts(chosen, gone, tmp_path)["venv"]["reason"]
    there = new_use(venv="/v/x", definition=chosen.definition_sha256, host="web1")
    assert parts(chosen, there, tmp_path)["venv"] == {
        "state": "unknown", "changes": [],
        "reason": "the last use was on web1; the module shared_venv_info tells there",
    }  # fmt: skip
    # The note was copied from another machine with the profile.
    copied: Any = {**gone, "host": f"not-{os.uname().nodename}"}
    assert parts(chosen, copied, tmp_path)["venv"]["state"] == "unknown"


def test_a_playbook_that_changed_cannot_be_analysed_or_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = profile(source={"path": str(tmp_path)}, analysed=["jmespath", "six"])
    monkeypatch.setattr(outdated, "analysed", lambda source, options: {})
    monkeypatch.setattr(outdated, "lines_of", lambda report: ["jmespath", "netaddr"])
    assert parts(chosen, None, tmp_path)["source"]["changes"] == ["+ netaddr", "- six"]
    monkeypatch.setattr(outdated, "lines_of", lambda report: ["jmespath", "six"])
    assert parts(chosen, None, tmp_path)["source"]["state"] == "current"

    def fails(source: object, options: object) -> None:
        raise SourceError("no network")

    monkeypatch.setattr(outdated, "analysed", fails)
    assert parts(chosen, None, tmp_path)["source"]["reason"] == "the playbook cannot be analysed: no network"
    gone = profile(source={"path": f"{tmp_path}/gone"}, analysed=[])
    assert parts(gone, None, tmp_path)["source"]["reason"] == f"{tmp_path}/gone does not exist on this machine"


def test_the_reason_says_why_the_servers_of_the_project_are_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Any, options: Any) -> dict[str, Any]:
        raise SourceError("ansible-galaxy cannot fetch acme.tools")

    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    monkeypatch.setattr(outdated, "analysed", fail)
    (tmp_path / "site.yml").write_text("[]")
    (tmp_path / "ansible.cfg").write_text("")
    (tmp_path / "ansible.cfg").chmod(0o666)
    found = parts(profile(source={"path": str(tmp_path / "site.yml")}), None, tmp_path)["source"]
    assert found["state"] == "unknown"
    assert "cannot fetch acme.tools. " in found["reason"] and "ansible.cfg is not used" in found["reason"]
