# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Import one plugin in the venv whose Python runs this, and print what that came to as JSON.

``oracle_import.py payload DIRECTORY MODULE``: a module, from the files that Ansible would send to a host.
``oracle_import.py loader COLLECTIONS KIND NAME``: a plugin of the controller, by the loader of the ansible-core here.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

_OURS = ("ansible_collections.", "ansible.module_utils.", "ansible.modules.")


class Missing(importlib.abc.MetaPathFinder):
    """Asked when nobody else has found a module: notes what a collection tried to import."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        file = frame.f_code.co_filename
        if "ansible_collections" in file:
            self.names.setdefault(fullname, file)


def main(arguments: list[str]) -> None:
    missing = Missing()
    sys.meta_path.append(missing)
    error = ""
    try:
        load(*arguments)
    except BaseException as caught:  # Whatever a plugin does at its import.
        error = f"{type(caught).__name__}: {caught}"[:500]
    loaded = {name: module for name, module in sys.modules.items() if name.startswith(_OURS)}
    answer = {
        "error": error,
        "missing": missing.names,
        "state": {name: dict(state(module)) for name, module in loaded.items()},
        "later": sorted({name for module in loaded.values() for name in imported_later(module)}),
    }
    sys.__stdout__.write(json.dumps(answer))  # type: ignore[union-attr] # there is one


def load(how: str, where: str, *plugin: str) -> None:
    """Import the plugin, or raise what that raises."""
    if how == "payload":
        sys.path.insert(0, where)
        importlib.import_module(*plugin)
        return
    from ansible.plugins import loader

    kind, name = plugin
    loader.init_plugin_loader([where])
    if getattr(loader, f"{kind}_loader").get(name, class_only=True) is None:
        raise LookupError(f"Ansible does not find the {kind} {name}")


def state(module: Any) -> Iterator[tuple[str, str]]:
    """The names of a module by which it remembers whether an import worked."""
    for name, value in vars(module).items():
        if value is None or isinstance(value, bool):
            yield name, str(value)
        elif isinstance(value, BaseException) or (isinstance(value, str) and "Traceback (most" in value):
            yield name, "error"
        elif callable(value) or hasattr(value, "__spec__"):
            yield name, "set"


def imported_later(module: Any) -> Iterator[str]:
    """The first parts of what the functions of a module import when they run."""
    path = getattr(module, "__file__", None)
    if not path or not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


if __name__ == "__main__":
    main(sys.argv[1:])
