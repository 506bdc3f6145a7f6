# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a YAML document is, before it is walked: a playbook, a list of tasks, variables."""

from __future__ import annotations

from typing import Any

from .yaml import unless_empty

#: What a group of an inventory has.
_OF_GROUP = frozenset({"hosts", "vars", "children"})


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


def are_variables(document: Any) -> bool:
    """Whether ``include_vars`` takes a document for variables."""
    return document is None or isinstance(document, dict)


def are_variables_of_play(document: Any) -> bool:
    """Whether ``vars_files`` takes a document for variables (``preprocess_vars`` in ``vars/manager.py``)."""
    listed = document if isinstance(document, list) else [document]
    return document is None or all(isinstance(one, dict) for one in listed)


def are_variables_read_beside(document: Any) -> bool:
    """Whether a role, a group or a host takes a document for variables: any that is empty is none."""
    return are_variables(unless_empty(document))


def is_inventory(document: Any) -> bool:
    """Whether a YAML document is an inventory (``plugins/inventory/yaml.py``), or the configuration of a plugin."""
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("plugin"), str):
        return True
    groups = list(document.values())
    return any(isinstance(group, dict) for group in groups) and all(
        group is None or (isinstance(group, dict) and _OF_GROUP.issuperset(group)) for group in groups
    )
