# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Small generations; no venvs, because the store does not look into them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation, seal
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest

if TYPE_CHECKING:
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
        return seal(path, {**RECORD, **record}, manifest(path))
