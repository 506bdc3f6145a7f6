# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a generation holds, as results tell it. It needs nothing of the builder, so that it can be told without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._store.generation import Generation


def content_facts(generation: Generation) -> dict[str, Any]:
    """What a generation holds."""
    record = generation.record
    return {
        "python": {key: record["interpreter"][key] for key in ("version", "executable")},
        "ansible_core": record["ansible_core"],
        "collections": [{"name": one["name"], "version": one["version"]} for one in record["collections"]],
        # A generation from before there were roles says nothing of them.
        "roles": [{"name": one["name"], "version": one["version"]} for one in record.get("roles", ())],
        "packages": [{"name": one["name"], "version": one["version"]} for one in record["packages"]],
        "shared_files": generation.shared_files(),
    }
