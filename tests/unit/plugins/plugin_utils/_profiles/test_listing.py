# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The saved profiles as data: what came from elsewhere is shown as text that a terminal can show."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import DEFINITION, SavedProfiles
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.listing import list_profiles

HERE = os.uname().nodename


def profile(root: Path, name: str, **files: object) -> None:
    (root / name).mkdir()
    for file, content in {DEFINITION: {"version": 3}, **files}.items():
        (root / name / file).write_text(json.dumps(content))


def use(host: str) -> dict[str, object]:
    return {"schema": 1, "used": "2026-01-01T00:00:00Z", "host": host, "here": True, "venv": "/v"}


def test_each_says_when_and_where_it_was_used(tmp_path: Path) -> None:
    profile(
        tmp_path, "here", **{"last_use.json": use(HERE), "profile.json": {"saved": "now", "source": {"path": "/p"}}}
    )
    profile(tmp_path, "copied", **{"last_use.json": use("another")})
    profile(tmp_path, "new")
    copied, here, new = list_profiles(SavedProfiles(str(tmp_path)))
    assert (here["saved"], here["source"], here["last_used"]["here"]) == ("now", {"path": "/p"}, True)
    assert (here["last_used"]["at"], here["files"]) == ("2026-01-01T00:00:00Z", [DEFINITION])
    # Its directory was copied from another machine, whose venv is not here.
    assert (copied["last_used"]["here"], copied["last_used"]["host"]) == (False, "another")
    assert (new["last_used"], new["problem"]) == (None, None)


def test_one_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    profile(tmp_path, "good")
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / DEFINITION).symlink_to("/etc/passwd")
    good, wrong = list_profiles(SavedProfiles(str(tmp_path)))
    assert good["problem"] is None and "is a link" in wrong["problem"]


def test_only_those_that_are_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        profile(tmp_path, name)
    assert [one["name"] for one in list_profiles(SavedProfiles(str(tmp_path)), ["b"])] == ["b"]


def test_nothing_of_it_reaches_a_terminal_as_it_is(tmp_path: Path) -> None:
    profile(tmp_path, "a", **{"last_use.json": use("\x1b]0;x\x07"), "profile.json": {"saved": "\x1b[2J"}})
    assert "\\u001b" not in json.dumps(list_profiles(SavedProfiles(str(tmp_path))))
