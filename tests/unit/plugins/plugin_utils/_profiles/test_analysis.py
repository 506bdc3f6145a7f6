# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is noted of an analysis, and made again of the note."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles import analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.analysis import (
    analysed,
    changed_lines,
    lines_of,
    source_of,
)

OPTIONS: dict[str, Any] = {
    "playbook": "site.yml", "project": None, "inventory": [], "exclude": [], "allow_unresolved": [],
    "target_packages": "auto", "unresolved": "as_ansible", "follow_outside": False,
}  # fmt: skip
PLACES: dict[str, Any] = {
    "collections_source": "galaxy",
    "store": "/s",
    "index_url": None,
    "find_links": [],
    "offline": False,
}


def test_paths_are_noted_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = source_of({**OPTIONS, "inventory": ["hosts", "a,"], "exclude": ["six"]})
    assert source["path"] == str(tmp_path / "site.yml")
    assert (source["inventory"], source["exclude"]) == ([str(tmp_path / "hosts"), "a,"], ["six"])
    inside = source_of({**OPTIONS, "playbook": "it/plays/site.yml", "project": "it"})
    assert (inside["path"], inside["playbooks"]) == (str(tmp_path / "it"), ["plays/site.yml"])


class FakeAnalysis:
    asked: dict[str, Any]

    def __init__(self, options: dict[str, Any], *, core: object) -> None:
        FakeAnalysis.asked = options

    def known(self) -> dict[str, Any]:
        return {"known": True}


def test_the_note_is_asked_again_and_is_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "ProjectAnalysis", FakeAnalysis)
    source: Any = {
        "path": "/p",
        "exclude": ["six"],
        "target_packages": "none",
        "unresolved": "{{ x }}",
        "store": "/evil",
    }
    assert analysed(source, PLACES) == {"known": True}
    asked = FakeAnalysis.asked
    assert (asked["path"], asked["exclude"], asked["target_packages"]) == ("/p", ["six"], "none")
    assert (asked["unresolved"], asked["store"], asked["follow_outside"]) == ("as_ansible", "/s", False)


def test_what_is_followed_outside_is_noted_for_later_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "ProjectAnalysis", FakeAnalysis)
    analysed(source_of({**OPTIONS, "follow_outside": True}), PLACES)
    assert FakeAnalysis.asked["follow_outside"] is True


def test_what_was_added_and_removed_is_a_line_each() -> None:
    report: dict[str, Any] = {
        "profile": {
            "dependencies": {
                "ansible_core": {"package_pip": "ansible-core>=2.19"},
                "python": ["jmespath"],
                "galaxy": {"collections": [{"name": "a.b", "version": "1.0.0"}], "roles": [{"src": "me.web"}]},
            }
        },
        "system_packages": [{"entry": "git"}],
    }
    lines = lines_of(report)
    assert set(lines) == {"ansible-core>=2.19", "jmespath", "collection a.b 1.0.0", "role me.web", "system package git"}
    assert changed_lines(["jmespath", "six"], ["jmespath", "yes"]) == {"added": ["yes"], "removed": ["six"]}
