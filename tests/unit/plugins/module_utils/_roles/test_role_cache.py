# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The cache of roles in a store."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import RoleCache, RoleOrigin
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import ROLE, write_role

WEB = RoleOrigin("acme.web", "feature/x", "https://example.org/web.git", "git", ("acme.base",))


@pytest.fixture(name="cache")
def fixture_cache(tmp_path: Path) -> RoleCache:
    return RoleCache(Store(str(tmp_path / "store")))


def test_a_role_is_kept_by_its_content_and_found_again(cache: RoleCache, tmp_path: Path) -> None:
    role = write_role(tmp_path / "web", {**ROLE, "meta/.galaxy_install_info": "x", "files/run": "#!/bin/sh\n"})
    (role / "files" / "run").chmod(0o700)
    (role / "handlers").symlink_to("tasks")
    kept = cache.add(str(role), WEB)
    assert (kept.name, kept.version, kept.src, kept.scm) == (WEB.name, WEB.version, WEB.src, WEB.scm)
    assert cache.find(kept.name, kept.version, kept.sha256) == kept == cache.add(str(role), WEB)
    tree = Path(kept.path)
    assert not (tree / "meta" / ".galaxy_install_info").exists()
    assert os.readlink(tree / "handlers") == "tasks"
    assert [oct((tree / name).stat().st_mode & 0o777) for name in ("files/run", "tasks/main.yml", "tasks")] == [
        "0o555", "0o444", "0o555",
    ]  # fmt: skip
    (role / "tasks" / "main.yml").write_text("- x:\n")
    assert cache.add(str(role), WEB).sha256 != kept.sha256
    assert len(list((tmp_path / "store" / ".roles").iterdir())) == 2


def test_what_cannot_be_a_role_leaves_nothing(cache: RoleCache, tmp_path: Path) -> None:
    role = write_role(tmp_path / "web")
    (role / "out").symlink_to("/etc")
    with pytest.raises(SourceError):
        cache.add(str(role), WEB)
    assert not (tmp_path / "store" / ".roles").exists()


def test_an_entry_that_does_not_say_what_it_is_is_not_used(cache: RoleCache, tmp_path: Path) -> None:
    role = write_role(tmp_path / "web")
    kept = cache.add(str(role), WEB)
    marker = Path(kept.path).parent / "role.json"
    marker.chmod(0o644)
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "version": "2"}))
    assert cache.find(kept.name, kept.version, kept.sha256) is None
    with pytest.raises(StoreError, match="is damaged: its role.json is not valid. Remove the directory"):
        cache.add(str(role), WEB)


@pytest.mark.parametrize("change", ["edited", "added", "removed", "linked out"])
def test_a_role_that_was_changed_in_the_cache_is_not_used(cache: RoleCache, tmp_path: Path, change: str) -> None:
    kept = cache.add(str(write_role(tmp_path / "web")), WEB)
    tasks = Path(kept.path) / "tasks"
    tasks.chmod(0o755)
    (tasks / "main.yml").chmod(0o644)
    if change == "edited":
        (tasks / "main.yml").write_text("- other:\n")
    elif change == "added":
        (tasks / "more.yml").write_text("- other:\n")
    else:
        (tasks / "main.yml").unlink()
    if change == "linked out":
        (tasks / "main.yml").symlink_to("/etc/hostname")
    with pytest.raises(StoreError, match="is not the role that was fetched any more. Remove"):
        cache.find(kept.name, kept.version, kept.sha256)
