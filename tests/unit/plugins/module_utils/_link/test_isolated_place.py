# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is called like an isolated venv, but was not built as one, stays when the project no longer needs one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link._isolated import FOLDER, IsolatedVenv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link._place import find_place
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link._python import PythonNeeds
from ansible_collections.mobile_ansible.venv.plugins.module_utils._package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._requirements._model import NO_NEEDS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import (
    Pythons,
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
    place = project / FOLDER
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_another_users_folder_stays(store: Store, project: Path) -> None:
    (project / FOLDER).mkdir()
    make_shared(Store(str(project / FOLDER)), "venv", id="bbb")
    os.chown(project / FOLDER, 65534, 65534)
    before = listing(project / FOLDER)
    project_link(project, store).ensure(asking("site"))
    assert listing(project / FOLDER) == before


def test_nothing_is_built_through_a_link(root: Path, project: Path) -> None:
    (root / "elsewhere").mkdir()
    (project / FOLDER).symlink_to(root / "elsewhere")
    isolated = IsolatedVenv(
        find_place(str(project), "venv"), requirements=lambda: NO_NEEDS, runner=Pythons(), index=PackageIndex()
    )
    for attempt in (isolated.inspect, isolated.provide):
        with pytest.raises(InputError, match=f"{FOLDER} is a link, where an isolated venv is to be built: remove it"):
            attempt(PythonNeeds())
    assert listing(root / "elsewhere") == []
