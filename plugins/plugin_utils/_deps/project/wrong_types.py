# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Keywords of plays, blocks and tasks whose values Ansible refuses, whatever the variables are.

The rules are those of ``playbook/base.py``, ``playbook/play.py``, ``playbook/role/`` and ``vars/manager.py``. Numbers
and booleans are texts here, as all scalars are: such a name of a file or role is one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_PROMPT = frozenset(["name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"])
_FILES = "its items are names of files, or lists of these"


def wrong_types(holder: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The keywords of ``holder`` that Ansible refuses, each with what they have to be."""
    for key, refused in _RULES.items():
        reason = refused(holder[key]) if holder.get(key) is not None else ""
        if reason:
            yield key, reason


def _vars(value: Any) -> str:
    return "" if isinstance(value, Mapping) else "it is a mapping"


def _vars_files(value: Any) -> str:
    """Of an inner list the first file that exists is taken, so that only the first item is sure to be looked at."""
    items = value if isinstance(value, list) else [value]
    first = [item[0] if isinstance(item, list) and item else item for item in items if item != []]
    return "" if all(isinstance(one, str) for one in first) else _FILES


def _vars_prompt(value: Any) -> str:
    for prompt in value if isinstance(value, list) else [value]:
        if not isinstance(prompt, Mapping):
            return "its items are mappings"
        if "name" not in prompt:
            return "an item has no name"
        unknown = next((str(key) for key in prompt if key not in _PROMPT), None)
        if unknown is not None:
            return f"an item has an unknown key {unknown}"
    return ""


def _roles(value: Any) -> str:
    """A value that is no list is an error of the whole file elsewhere."""
    for role in value if isinstance(value, list) else ():
        name = (role.get("role", role.get("name"))) if isinstance(role, Mapping) else role
        if not isinstance(name, str) or not name:
            return "its items are names of roles, or mappings with role: or name:"
    return ""


def _collections(value: Any) -> str:
    names = value if isinstance(value, list) else [value]
    return "" if all(isinstance(one, str) for one in names) else "its items are names of collections"


def _module_defaults(value: Any) -> str:
    entries = value if isinstance(value, list) else [value]
    return "" if all(isinstance(one, Mapping) for one in entries) else "it is a mapping, or a list of mappings"


_RULES: Mapping[str, Callable[[Any], str]] = {
    "vars": _vars,
    "vars_files": _vars_files,
    "vars_prompt": _vars_prompt,
    "roles": _roles,
    "collections": _collections,
    "module_defaults": _module_defaults,
}
#: What Ansible looks at when it gets to the play; it looks at the others when it reads the file.
AT_RUN_TIME = frozenset({"vars_files"})
