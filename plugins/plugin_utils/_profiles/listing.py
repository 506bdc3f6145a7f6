# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The saved profiles with their last uses, as data: quick, without Ansible and without a reader of YAML."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable_data

from .directory import NOTE, LastUse, SavedProfiles, note_of
from .lock_state import has_lock


def list_profiles(profiles: SavedProfiles, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Each profile, or those called ``names``; one that cannot be read says why in ``problem``."""
    return [_listed(profiles, name) for name in (profiles.names() if names is None else names)]


def _listed(profiles: SavedProfiles, name: str) -> dict[str, Any]:
    path = profiles.directory(name)
    told: dict[str, Any] = {
        "name": name, "path": path, "saved": None, "source": None, "last_used": None, "locked": False,
    }  # fmt: skip
    try:
        texts = profiles.texts(name)
        note, use = note_of(texts), profiles.last_use(name)
    except VenvError as error:
        return {**told, "files": [], "problem": error.message}
    source = note.get("source")
    shown = {
        "saved": note.get("saved"),
        "source": dict(source) if source is not None else None,
        "last_used": _use(use) if use is not None else None,
        "locked": has_lock(texts),
        "files": sorted(file for file in texts if file != NOTE),
        "problem": None,
    }
    found: dict[str, Any] = printable_data({**told, **shown})
    return found


def _use(use: LastUse) -> dict[str, Any]:
    """The use; whether it was on this machine is known by the machine that noted it."""
    is_here = use["here"] and use["host"] == os.uname().nodename
    return {
        "at": use["used"],
        "host": use["host"],
        "here": is_here,
        "venv": use["venv"],
        "playbook": use.get("playbook"),
    }
