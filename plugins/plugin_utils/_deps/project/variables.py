# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Variables of plays, roles, groups and hosts: their Jinja is read, their literals are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..model import FileLocation
from .actions import Action, free_form
from .constructed import constructed_expressions
from .context import Context, Finder, search, text_of
from .documents import are_variables, are_variables_of_play, are_variables_read_beside
from .files import Files
from .ini_inventory import ini_variables
from .names import DATA_ENDINGS, IGNORED_ENDINGS, TRUE_TEXTS
from .scan import fields, is_template
from .scope import ANY
from .templates import Templates
from .values import Values
from .variable_files import DirectoryOptions, files_of_variables, is_data
from .yaml import Text, line_of, yaml_error

_NO_VARIABLES = "a file of variables is a mapping of their names to their values"
_NOT_USED = "this option is not applied; what it would leave out is read as well"


class Variables:
    """Reads variables wherever they stand."""

    def __init__(self, finder: Finder, templates: Templates | None = None) -> None:
        self._finder = finder
        self._templates = templates
        self._findings = finder.findings
        self._read: set[Path] = set()
        self._learned: set[Path] = set()
        self._held: set[tuple[Path, str]] = set()

    def learn(self, variables: Any) -> None:
        """Variables that stand in a play, a task or a role's entry."""
        self._finder.values.learn(variables)

    def unfollowed(self, name: str, what: str, location: FileLocation) -> None:
        """``what`` stands at ``location`` and sets variables of this name, a shell pattern, to what is not known."""
        self._finder.values.unfollowed(name, f"{what} in {location.file}, line {location.line}")

    def beside(self, directory: Path, context: Context) -> None:
        """``group_vars`` and ``host_vars`` beside a playbook or an inventory.

        An entry is called as a host or group is, with one of the endings or without: ``db.example.com`` has none. See
        ``find_vars_files`` in ``parsing/dataloader.py``.
        """
        files = context.files
        for section in ("group_vars", "host_vars"):
            for name in files.names(directory / section):
                path = directory / section / name
                file = None if name.startswith(".") or name.endswith(IGNORED_ENDINGS) else files.file(path)
                if file is not None and _may_be_read(file, files):
                    self.file(file, context, are_defaults=True)
                elif file is None and not name.startswith("."):
                    for inner in files_of_variables(files, path):
                        self.file(inner, context, are_defaults=True)

    def inventory(self, path: Path, context: Context) -> None:
        """An inventory file, or a directory of them, with the variables beside it; scripts are not run."""
        directory = context.files.directory(path)
        self.beside(directory or path.parent, context)
        for found in context.files.below(directory, depth=0) if directory is not None else [path]:
            if found.suffix in DATA_ENDINGS:
                document = self._finder.document(found, context, kind="inventory")
                if document is None:
                    continue
                for kind, plugin in _plugins_of(document):
                    self._findings.name(kind, plugin, context.location(found, plugin))
                self._findings.expression(constructed_expressions(document), context.files.shown(found))
                self.file(found, context, takes=_any)
                self._inventory_variables(document)
            elif found.suffix == ".toml":
                reason = "an inventory in TOML is not read: write it as YAML"
                self._findings.unknown(context.files.shown(found), context.location(found, None), reason)
            elif not found.name.endswith(IGNORED_ENDINGS):
                self._ini(found, context)

    def _inventory_variables(self, document: Any) -> None:
        """The variables of groups (``vars:``) and of hosts (``hosts:``), at any depth."""
        for name, item in fields(document):
            hosts = item.values() if name == "hosts" and isinstance(item, dict) else ()
            for variables in [item] if name == "vars" else hosts:
                self._finder.values.learn(variables, are_defaults=True)

    def _ini(self, path: Path, context: Context) -> None:
        """Variables of an inventory in INI form."""
        shown = context.files.shown(path)
        for number, name, value in ini_variables(self._finder.text(path, context, kind="inventory")):
            variables = {name: Text.at(value, number)}
            self._finder.values.learn(variables, are_defaults=True)
            self._findings.value(variables, shown)
            self._findings.variables(variables, shown)

    def files(self, value: Any, context: Context, path: Path) -> None:
        """``vars_files:``, whose items may be lists of which the first that exists is taken (``vars/manager.py``)."""
        for item in value if isinstance(value, list) else [value]:
            names = [text_of(one) for one in (item if isinstance(item, list) else [item])]
            for found in self._first_of([name for name in names if name is not None], context, path):
                self.file(found, context, takes=are_variables_of_play)

    def _first_of(self, names: list[Text], context: Context, path: Path) -> list[Path]:
        """The first file that exists, with what templates before it can be; a list that has none is reported."""
        found: list[Path] = []
        for name in names:
            if is_template(name):
                files = self._finder.files(name, "vars", context, path)
                found += files
                if files and not any(ANY in pattern for pattern in Values().patterns(name, context.known)):
                    return found
                continue
            literal = self._finder.existing(name, "vars", context, context.location(path, name))
            if literal:
                return [*found, *literal]
        if names and not any(map(is_template, names)):
            self._finder.files(names[-1], "vars", context, path)
        return found

    def include(self, action: Action, context: Context, path: Path) -> None:
        """The files of ``include_vars``: one file, or a directory of them."""
        directory = text_of(action.arguments.get("dir"))
        raw = action.raw
        name = text_of(action.arguments.get("file")) or Text.at(free_form(raw), line_of(raw, action.line))
        holder = text_of(action.arguments.get("name"))
        if holder is not None and is_template(holder):
            self.unfollowed(ANY, "include_vars", context.location(path, holder))
        if directory is not None:
            options = DirectoryOptions.of(action.arguments)
            for one in options.unknown:
                self._findings.unknown(f"include_vars: {one}", context.location(path, directory), _NOT_USED)
            for found in self._directory(directory, options, context, path):
                self.file(found, context, holder, takes=are_variables)
        elif name:
            for found in self._finder.files(name, "vars", context, path):
                self.file(found, context, holder, takes=are_variables)

    def file(
        self,
        path: Path,
        context: Context,
        holder: str | None = None,
        *,
        stops: bool = False,
        are_defaults: bool = False,
        takes: Callable[[Any], bool] = are_variables_read_beside,
    ) -> None:
        """A file of variables, which are members of the variable ``holder`` where that is given.

        ``stops``: Ansible reads it before the first task. ``are_defaults``: those of a role, a group or a host.
        ``takes``: whether Ansible takes the document of such a file, which is said where it does not.
        """
        document = self._finder.document(path, context, stops=stops)
        if not takes(document):
            error = yaml_error(context.files.shown(path), line_of(document), _NO_VARIABLES)
            self._findings.unusable(error, stops=stops)
        if document is None and context.files.is_encrypted(path):
            self.unfollowed(ANY, "the encrypted file", FileLocation(context.files.shown(path), 1))
        if holder is not None and (path, holder) not in self._held:
            self._held.add((path, holder))
            self._finder.values.learn({holder: document})
        if holder is None and path not in self._learned:
            self._learned.add(path)
            for variables in document if isinstance(document, list) else [document]:
                self._finder.values.learn(variables, are_defaults=are_defaults)
        if path in self._read:
            return
        self._read.add(path)
        shown = context.files.shown(path)
        included = self._findings.value(document, shown)
        self._findings.variables(document, shown)
        if self._templates is not None:
            self._templates.included(included, context, path)

    def _directory(self, name: Text, options: DirectoryOptions, context: Context, path: Path) -> list[Path]:
        for pattern in self._finder.values.patterns(name, context.known):
            found = search(self._finder.directories("vars", context), partial(_directory, context.files, pattern))
            if found.link is not None:
                self._findings.missing("path", name, context.location(path, name), found.reason)
                return []
            if found.path is not None:
                return list(options.files(context.files, found.path))
        return []


def _plugins_of(document: Any) -> Iterator[tuple[str, Text]]:
    """The plugins that an inventory source names: the one that reads it, and the one for its cache where that is on."""
    source = document if isinstance(document, dict) else {}
    plugin = text_of(source.get("plugin"))
    cache = text_of(source.get("cache_plugin"))
    if plugin is not None:
        yield "inventory", plugin
        if cache is not None and str(source.get("cache")).lower() in TRUE_TEXTS:
            yield "cache", cache


def _any(_document: Any) -> bool:
    return True


def _directory(files: Files, name: str, base: Path) -> Path | None:
    return files.directory(base / name, strict=True)


def _may_be_read(path: Path, files: Files) -> bool:
    """Whether a file beside a playbook or inventory is one of a group or host: ``README`` is not called as they are.

    One whose ending is none of Ansible's is that of a host with dots if it has variables.
    """
    if path.name == "all" or path.suffix in DATA_ENDINGS:
        return is_data(path.name)
    try:
        document = files.yaml(path)
    except InputError:
        return is_data(path.name)
    return not isinstance(document, str) if is_data(path.name) else isinstance(document, dict)
