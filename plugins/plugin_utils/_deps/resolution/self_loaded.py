# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Plugins of the project that Ansible loads although nothing names them.

``PluginLoader.all`` of ansible-core (``plugins/loader.py``) imports each Python file of these kinds: callbacks when a
run starts, plugins for variables with the inventory, filters and tests before the first template.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..code.imports import parse_python
from ..model import FileLocation, Plugin, Reference
from .routing import Library, LocalPlugins

_KINDS = ("callback", "filter", "test", "vars")
#: Attributes of the class by which a callback, or a plugin for variables, waits until it is enabled.
_WAITING = frozenset({"CALLBACK_NEEDS_ENABLED", "CALLBACK_NEEDS_WHITELIST", "REQUIRES_ENABLED", "REQUIRES_WHITELIST"})


def self_loaded(local: LocalPlugins, library: Library) -> Iterator[tuple[Reference, Plugin]]:
    """Each such plugin, with its own file as the place that names it."""
    for kind in _KINDS:
        for directory in local.directories(kind):
            files = library.files("", directory)
            for path in files.below(directory, (".py",), depth=0):
                if path.stem != "__init__" and not _waits(files.data(path)):
                    name = path.stem
                    yield Reference(kind, name, FileLocation(files.shown(path), 1)), Plugin(kind, name, "", path)


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
