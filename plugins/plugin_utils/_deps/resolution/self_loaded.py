# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Plugins of the project that Ansible loads although nothing names them.

``PluginLoader.all`` of ansible-core (``plugins/loader.py``) imports each Python file of these kinds: callbacks when a
run starts, plugins for variables with the inventory, filters and tests before the first template. Of other kinds it
loads what ``config/base.yml`` has for a default: a file of the project with such a name takes its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..code.imports import parse_python
from ..model import FileLocation, Plugin, Reference
from .routing import Library, LocalPlugins

_KINDS = ("callback", "filter", "test", "vars")
_BY_DEFAULT = (
    ("action", "gather_facts"),
    ("become", "sudo"),
    ("cache", "memory"),
    ("connection", "local"),
    ("connection", "ssh"),
    ("module", "setup"),
    ("shell", "sh"),
    ("strategy", "linear"),
)
#: Attributes of the class by which a callback, or a plugin for variables, waits until it is enabled.
_WAITING = frozenset({"CALLBACK_NEEDS_ENABLED", "CALLBACK_NEEDS_WHITELIST", "REQUIRES_ENABLED", "REQUIRES_WHITELIST"})


def self_loaded(local: LocalPlugins, library: Library) -> Iterator[tuple[Reference, Plugin]]:
    """Each such plugin, with its own file as the place that names it."""
    found = [(kind, path.stem, path) for kind in _KINDS for path in local.files(kind) if path.suffix == ".py"]
    found = [one for one in found if one[1] != "__init__" and not _waits(library.files("", one[2]).data(one[2]))]
    replaced = ((kind, name, local.find(kind, name)) for kind, name in _BY_DEFAULT)
    found += [(kind, name, path) for kind, name, path in replaced if path is not None]
    for kind, name, path in found:
        location = FileLocation(library.files("", path).shown(path), 1)
        yield Reference(kind, name, location), Plugin(kind, name, "", path)


def _waits(source: bytes) -> bool:
    """Whether a plugin is imported but not used before something enables it by its name."""
    try:
        tree = parse_python(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    assigned = (item for node in tree.body if isinstance(node, ast.ClassDef) for item in node.body)
    return any(
        isinstance(item, ast.Assign)
        and isinstance(item.value, ast.Constant)
        and bool(item.value.value)
        and any(isinstance(target, ast.Name) and target.id in _WAITING for target in item.targets)
        for item in assigned
    )
