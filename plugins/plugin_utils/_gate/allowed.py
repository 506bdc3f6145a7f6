# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether a key may still do what it asked for: a run can wait for days, and its key can be limited meanwhile."""

from __future__ import annotations

from .run_state import GateRequest
from .settings import GateSettings, check_verb


def check_allowed(settings: GateSettings, name: str, request: GateRequest) -> None:
    """Raise :class:`GateError` unless the key ``name`` may use the verb, the target and the profile of a run now."""
    key = settings.key(name)
    check_verb(key, request["verb"])
    if request["verb"] == "torrent":
        settings.torrent()
        return
    settings.check_target(key, request["target"])
    from .profiles import check_profile

    check_profile(settings, key, request.get("profile"), waiting=request["id"])
