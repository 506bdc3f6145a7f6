# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collections of a project itself: where they are, and which version a declared one has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.collection_metadata import (
    CollectionMetadata,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.config import ProjectConfig
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.local_collections import (
    LocalCollections,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scan import Findings

INFORMATION = {"namespace": "acme", "name": "tools", "version": "1.0.0"}


def local(root: Path, *own: CollectionMetadata) -> LocalCollections:
    return LocalCollections(Files(root), ProjectConfig(root), [root / "plays" / "site.yml"], own, Findings())


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"galaxy.yml": INFORMATION}, "1.0.0"),
        ({"MANIFEST.json": {"collection_info": INFORMATION}}, "1.0.0"),
        ({"galaxy.yml": "{"}, "*"),
        ({"README.md": ""}, "*"),
    ],
)
@pytest.mark.parametrize("place", ["collections/ansible_collections", "plays/collections", "playbooks/collections"])
def test_the_version_of_a_collection_is_what_it_says(
    tmp_path: Path, files: dict[str, object], version: str, place: str
) -> None:
    directory = tmp_path / place / "acme" / "tools"
    directory.mkdir(parents=True)
    for name, said in files.items():
        (directory / name).write_text(said if isinstance(said, str) else json.dumps(said))
    found, versioned = local(tmp_path).find("acme.tools"), local(tmp_path).versioned("acme.tools")
    assert found is not None and versioned is not None
    assert (found.path, found.version, versioned.version) == (directory, "*", version)
    assert found.local and versioned.local


@pytest.mark.parametrize(
    ("directory", "link", "is_unsearched"),
    [
        ("", None, True),
        ("sources/acme.tools", None, True),
        ("ansible_collections/acme/other", None, True),
        ("ansible_collections/acme/tools", None, False),
        ("", "plays/collections/ansible_collections/acme/tools", False),
        ("sources", "collections/ansible_collections/acme/tools", False),
    ],
)
def test_ansible_finds_a_collection_only_where_it_is_placed_as_one(
    tmp_path: Path, directory: str, link: str | None, is_unsearched: bool
) -> None:
    path = tmp_path / directory
    path.mkdir(parents=True, exist_ok=True)
    if link is not None:
        (tmp_path / link).parent.mkdir(parents=True)
        (tmp_path / link).symlink_to(path)
    own = CollectionMetadata("acme.tools", "2.0.0", {}, path / "galaxy.yml")
    found = local(tmp_path, own).find("acme.tools")
    assert found is not None and (found.path, found.local) == (path, True)
    assert found.is_unsearched is is_unsearched


def test_one_in_which_an_entry_lies_goes_first_and_what_is_no_name_is_none(tmp_path: Path) -> None:
    (tmp_path / "collections" / "acme" / "tools").mkdir(parents=True)
    own = CollectionMetadata("acme.tools", "2.0.0", {}, tmp_path / "galaxy.yml")
    found = local(tmp_path, own).versioned("acme.tools")
    assert found is not None and (found.path, found.version) == (tmp_path, "2.0.0")
    assert local(tmp_path).versioned("git+https://x.org/t.git") is None
    assert local(tmp_path).versioned("acme.other") is None
