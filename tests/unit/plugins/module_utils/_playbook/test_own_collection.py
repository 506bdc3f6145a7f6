# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a run sees of this collection."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.own_collection import (
    parts_of_collection,
    provide_collection,
)

BELOW = "ansible_collections/mobile_ansible/venv"


@pytest.fixture(name="collection")
def fixture_collection(tmp_path: Path) -> Path:
    """A directory of sources, with more than an installed collection has."""
    collection = tmp_path / "sources"
    for name in ("plugins/modules/x.py", "plugins/callback/progress.py", "roles/r/tasks/main.yml", "tests/x", ".git/x"):
        (collection / name).parent.mkdir(parents=True)
        (collection / name).write_text("whole")
    (collection / "galaxy.yml").touch()
    return collection


def test_all_of_it_but_its_callback(collection: Path, tmp_path: Path) -> None:
    provide_collection(str(tmp_path / "search"), str(collection))
    seen = tmp_path / "search" / BELOW
    assert sorted(os.listdir(seen)) == ["galaxy.yml", "plugins", "roles"]
    assert (seen / "plugins/modules/x.py").read_text() == "whole"
    assert (seen / "roles/r/tasks/main.yml").read_text() == "whole"
    assert "CallbackModule" in (seen / "plugins/callback/progress.py").read_text()
    assert (collection / "plugins/callback/progress.py").read_text() == "whole"


def test_only_the_callback_where_the_playbook_does_not_use_it(tmp_path: Path) -> None:
    provide_collection(str(tmp_path), None)
    assert [path.name for path in (tmp_path / BELOW).rglob("*") if path.is_file()] == ["progress.py"]


def test_what_serves_development_does_not_go_along(collection: Path) -> None:
    assert sorted(parts_of_collection(str(collection))) == ["galaxy.yml", "plugins", "roles"]
