# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a YAML document is, before it is walked: a playbook, or a list of tasks."""

from __future__ import annotations

from typing import Any


def are_tasks(document: Any) -> bool:
    """Whether a file that a pattern found is one of tasks."""
    return isinstance(document, list) and not is_playbook(document)


def is_playbook(document: Any) -> bool:
    """Whether a YAML document is a playbook. A rulebook has ``hosts`` too, but with ``sources`` and ``rules``."""
    return isinstance(document, list) and any(
        isinstance(play, dict)
        and ("hosts" in play or any("import_playbook" in str(key) for key in play))
        and not ("sources" in play and "rules" in play)
        for play in document
    )
