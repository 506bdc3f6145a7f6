# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the file system refuses in a store is one error that names the file, from every module that reads a store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._store.samples import make

ID = "a" * 16


@pytest.mark.parametrize(("module", "options"), [("shared_venv_info", {}), ("shared_venv_prune", {"older_than": "0"})])
def test_a_link_in_the_place_of_a_lease_is_one_error(tmp_path: Path, module: str, options: dict[str, Any]) -> None:
    store = Store(str(tmp_path / "store"))
    store.prepare()
    make(store, ID)
    lease = Path(store.lease_path(ID))
    outside = tmp_path / "outside"
    outside.write_text("of another")
    lease.unlink()
    lease.symlink_to(outside)
    answer = SharedVenvProcess.start(module=module, store=store.path, **options).result()
    assert (answer["failed"], answer["error_code"]) == (True, "store")
    assert f"Too many levels of symbolic links: {lease}. Correct this" in answer["msg"]
    assert (outside.read_text(), lease.is_symlink(), os.listdir(store.directory(".generations"))) == (
        "of another",
        True,
        [ID],
    )
