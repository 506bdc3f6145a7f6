# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is called like an isolated venv, but was not built as one, stays when the project no longer needs one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.isolated import DIRECTORY
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import (
    asking,
    listing,
    make_shared,
    project_link,
)


@pytest.mark.parametrize("linked", ["", ".generations"])
def test_a_link_to_another_store_keeps_it(root: Path, store: Store, project: Path, linked: str) -> None:
    """The whole store of somebody else would go, with all that it holds."""
    other = Store(str(root / "other"))
    generation = make_shared(other, "precious", id="bbb")
    place = project / DIRECTORY
    if linked:
        place.mkdir()
    (place / linked).symlink_to(root / "other" / linked)
    before = listing(root / "other")
    link = project_link(project, store)
    link.ensure(asking("site"))
    link.remove()
    assert listing(root / "other") == before
    assert Path(generation, "venv.json").is_file()
    assert (place / linked).is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_another_users_directory_stays(store: Store, project: Path) -> None:
    (project / DIRECTORY).mkdir()
    make_shared(Store(str(project / DIRECTORY)), "venv", id="bbb")
    os.chown(project / DIRECTORY, 65534, 65534)
    before = listing(project / DIRECTORY)
    project_link(project, store).ensure(asking("site"))
    assert listing(project / DIRECTORY) == before
