# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A store with the venv ``site``, and a project beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import (
    make_project,
    make_shared,
)


@pytest.fixture(name="root")
def fixture_root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


@pytest.fixture(name="store")
def fixture_store(root: Path) -> Store:
    store = Store(str(root / "store"))
    make_shared(store, "site")
    return store


@pytest.fixture(name="project")
def fixture_project(root: Path) -> Path:
    return make_project(root)
