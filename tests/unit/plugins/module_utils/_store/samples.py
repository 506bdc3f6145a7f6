# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Small generations; no venvs, because the store does not look into them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation, seal
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

#: What the marker of a generation says of its content.
RECORD: dict[str, Any] = {
    "created": "2026-11-21T09:38:00Z",
    "interpreter": {"executable": "/bin/sh", "version": "3.12.4"},
    "request": {"python": None, "packages": [], "constraints": [], "siblings": []},
    "ansible_core": None,
    "packages": [],
    "collections": [],
}


def make(store: Store, id: str, content: str = "x", **record: Any) -> Generation:
    """Build a generation that holds one file; ``record`` is what its marker says besides."""
    with store.building(id) as (path, _descriptor):
        Path(path, "file").write_text(content, encoding="utf-8")
        return store.seal(path, RECORD, manifest(path))


def as_ordinary_user(directory: Path, call: Callable[[], object]) -> bool:
    """Whether ``call`` returns for a user who owns ``directory`` and is bound by modes, as root is not."""
    if os.geteuid() != 0:
        call()
        return True
    nobody = 65534
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody, nobody, follow_symlinks=False)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(nobody)
            os.setuid(nobody)
            call()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0
