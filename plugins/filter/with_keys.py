# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Hand each module the part of a project's description that it understands."""

from __future__ import annotations

DOCUMENTATION = r"""
name: with_keys
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Dictionaries with only some of their keys
description:
  - Gives each dictionary with only the keys named, where it has them. A text stands for a dictionary of C(path).
options:
  _input:
    description: Texts and dictionaries.
    type: list
    elements: raw
    required: true
  keys:
    description: The keys to keep, positional.
    type: list
    elements: str
    required: true
positional: keys
"""

EXAMPLES = r"""
- name: What the projects need together
  mobile_ansible.venv.requirements_union:
    projects: "{{ projects | mobile_ansible.venv.with_keys('path', 'files', 'groups') }}"
"""

RETURN = r"""
_value:
  description: The dictionaries.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def with_keys(entries: Sequence[str | Mapping[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """See above; a value that is None counts as not there."""
    return [
        {key: value for key, value in _dictionary(entry).items() if key in keys and value is not None}
        for entry in entries
    ]


def _dictionary(entry: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(entry, str):
        return {"path": entry}
    if not isinstance(entry, dict):
        raise AnsibleFilterError(f"with_keys: {entry!r} is neither a text nor a dictionary")
    return entry


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"with_keys": with_keys}
