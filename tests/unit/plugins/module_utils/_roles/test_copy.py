# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles in a venv."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.copy import ROLES_DIRECTORY, copy_role
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import RoleCache, RoleOrigin
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.tree import role_digest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import write_role


def test_a_role_is_copied_as_it_is_and_replaces_nothing(tmp_path: Path) -> None:
    role = write_role(tmp_path / "web")
    (role / "handlers").symlink_to("tasks")
    cached = RoleCache(Store(str(tmp_path / "store"))).add(str(role), RoleOrigin("acme.web", "1.0", "acme.web"))
    venv = tmp_path / "venv"
    (venv / "share").mkdir(parents=True)
    copy_role(cached, str(venv))
    copied = venv / ROLES_DIRECTORY / "acme.web"
    assert role_digest(str(copied)) == cached.sha256
    assert os.access(copied / "tasks" / "main.yml", os.W_OK), "the build makes it read-only"
    with pytest.raises(StoreError, match="The role acme.web cannot be copied to .*: File exists"):
        copy_role(cached, str(venv))
