# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What only the end of an analysis knows: lists of collections in which nothing could be searched."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, missing, play

MODULE = "acme/hard/plugins/modules/site.py"
GONE = "collections: [acme.gone, acme.none]"


@pytest.mark.parametrize(
    "files",
    [
        {"site.yml": play("debug: {msg: x}", keywords=GONE)},
        {"site.yml": play(f"{{block: [{{debug: {{msg: x}}}}], {GONE}}}")},
        {"site.yml": play(f"{{debug: {{msg: x}}, {GONE}}}")},
        {
            "site.yml": play(keywords="roles: [web]"),
            "roles/web/meta/main.yml": f"{GONE}\n",
            "roles/web/tasks/main.yml": "- debug: {msg: x}\n",
        },
    ],
)
def test_collections_of_which_none_can_be_had_are_said_where_they_are_listed(
    tmp_path: Path, files: dict[str, str]
) -> None:
    """Ansible takes the short names from elsewhere, and says nothing."""
    found = [one for one in analysed(tmp_path, files).unresolved if one.kind == "collection"]
    assert [one.name for one in found] == ["acme.gone", "acme.none"]
    assert not any(one.stops for one in found)
    assert {(one.location.file, one.location.line) for one in found} == {
        next((name, number) for name, text in files.items()
             for number, line in enumerate(text.splitlines(), start=1) if GONE in line)
    }  # fmt: skip


@pytest.mark.parametrize(
    "keywords",
    [
        "collections: [acme.gone, acme.hard]",
        "collections: [ansible.builtin]",
        "collections: []",
        "collections: ['{{ x }}']",
    ],
)
def test_a_list_of_which_one_can_be_had_is_not(tmp_path: Path, keywords: str) -> None:
    files = {"site.yml": play("debug: {msg: x}", keywords=keywords), MODULE: ""}
    assert missing(analysed(tmp_path, files), "collection") == set()


def test_a_collection_that_a_name_is_missed_in_is_said_once(tmp_path: Path) -> None:
    files = {"site.yml": play("thing:", keywords="collections: [acme.gone]")}
    found = analysed(tmp_path, files)
    assert (missing(found), missing(found, "collection")) == ({"thing"}, set())


def test_a_list_in_which_nothing_is_searched_is_not_asked_for(tmp_path: Path) -> None:
    files = {"site.yml": play("ansible.builtin.debug: {msg: x}", keywords=GONE)}
    assert missing(analysed(tmp_path, files), "collection") == set()
