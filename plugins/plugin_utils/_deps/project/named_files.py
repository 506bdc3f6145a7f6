# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of a project that a playbook uses, as far as its text says so: what a run of it elsewhere must have.

These are the playbooks, what Ansible looks for beside each, and the files and directories that a playbook, its roles
and its variables name. A name that only the run will know is not among them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import nodes

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..resolution.core import DIRECTORIES, Core, local_directory
from ..resolution.routing import Library
from .actions import Action, first_word
from .config import ProjectConfig, read_config
from .context import Context, Finder, text_of
from .files import Files
from .first_found import is_first_found
from .jinja import LOOKUPS, JinjaError, parsed_expression
from .keywords import WALKED, Keywords
from .roles import RoleSearch
from .scan import Findings, fields, texts
from .scope import ANY
from .templates import Templates
from .values import Values
from .variables import Variables
from .walk import Walker
from .yaml import Fields, Text, UnusableFileError

#: What Ansible looks for beside a playbook.
BESIDE = (
    "ansible.cfg", "collections", "files", "group_vars", "handlers", "host_vars", "roles", "tasks", "templates", "vars",
    *map(local_directory, DIRECTORIES),
)  # fmt: skip
#: Lookups whose terms are files of this machine, by the last part of their name; ``with_`` does the same.
_LOOKUPS = frozenset({
    "csvfile", "file", "fileglob", "filetree", "first_found", "ini", "password", "sops", "template", "unvault",
})  # fmt: skip
#: Actions whose ``src`` is on the managed host.
_REMOTE_SOURCES = frozenset({"fetch", "file", "mount", "net_get", "slurp", "win_file", "win_shortcut"})
#: Variables whose value is a file of this machine.
_VARIABLES = frozenset({"ansible_private_key_file", "ansible_ssh_private_key_file"})
#: Settings in ansible.cfg whose value is one.
_CONFIGURED = ("become_password_file", "connection_password_file", "private_key_file", "vault_password_file")
_KINDS = ("files", "templates", "vars")
_TRUE = frozenset({"true", "yes", "on", "1"})


def named_files(
    root: Path, playbooks: Iterable[str], *, core: Core, task_keywords: Container[str], follows_links: bool = False
) -> NamedFiles:
    """What ``playbooks`` (paths below ``root``) use of the project in ``root``; see :class:`Files` for links."""
    named = NamedFiles(Files(root, follows_links=follows_links), Values())
    playbooks = tuple(playbooks)
    config = read_config(named.files, Findings(), [named.files.root / name for name in playbooks])
    roles = RoleSearch(Library(lambda _name: None, project=named.files, core=core), config.roles)
    FileWalker(named, roles=roles, task_keywords=task_keywords).project(config, playbooks)
    for link in named.files.left_out:
        shown = named.files.shown(link)
        named.problems.setdefault(f"{shown} is a link that leads out of the project, and is not followed")
    return named


@dataclass
class NamedFiles:
    """The names that were found, as paths below the root of ``files``; ``problems`` says what is not among them.

    ``beside`` is what Ansible looks for beside a playbook, which nobody named. ``places`` are directories out of the
    root, by which links in it lead there.
    """

    files: Files
    values: Values
    paths: dict[Path, None] = field(default_factory=dict)
    beside: dict[Path, None] = field(default_factory=dict)
    places: dict[Path, Path] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)

    def relative(self, paths: Iterable[Path]) -> list[str]:
        """Paths relative to the root, sorted; those out of it by the link that leads there."""
        normal = {os.path.relpath(self._place(path), self.files.root) for path in paths}
        return sorted(path for path in normal if path != os.curdir and not path.startswith(os.pardir))

    def _place(self, path: Path) -> Path:
        for above in () if path.is_relative_to(self.files.root) else (path, *path.parents):
            if above in self.places:
                return self.places[above] / path.relative_to(above)
        return path

    def add(self, candidate: Path, shown: str, *, is_named: bool = True) -> bool:
        """Take a path if there is something; it keeps its links."""
        found = self.files.either(candidate)
        if found is None:
            return False
        if self.files.root.is_relative_to(found):
            self.problems.setdefault(f"{shown} names the whole directory {found}")
        else:
            self.take(candidate, found, is_named=is_named)
        return True

    def take(self, place: Path, found: Path, *, is_named: bool = True) -> None:
        """Take the path ``place``, where ``found`` is, perhaps behind a link that leads out."""
        (self.paths if is_named else self.beside).setdefault(place)
        if place.is_relative_to(self.files.root) and not found.is_relative_to(self.files.root):
            is_directory = self.files.directory(found) is not None
            self.places.setdefault(*((found, place) if is_directory else (found.parent, place.parent)))

    def name(self, name: Any, context: Context, shown: str, kinds: Iterable[str] = _KINDS) -> None:
        """Take the file that a text names, where Ansible would find it."""
        if context.files is not self.files or not isinstance(name, str):
            return
        for pattern in self.values.patterns(name, context.known):
            if pattern and ANY not in pattern:
                directories = (directory for kind in kinds for directory in context.search_directories(kind))
                any(self.add(directory / pattern, shown) for directory in directories)

    def matching(self, name: str, context: Context) -> None:
        """Take the files that a literal glob names."""
        if context.files is self.files:
            above, _slash, last = name.rpartition("/")
            for directory in context.search_directories("files"):
                for path in self.files.alike(directory / above, last):
                    found = self.files.file(path)
                    if found is not None:
                        self.take(path, found)

    def lookup(self, name: str, terms: Iterable[Any], context: Context, shown: str) -> None:
        """Take the terms of a lookup that reads files."""
        kind = name.rpartition(".")[2]
        if is_first_found(name):
            terms = self.values.first_found(list(terms), context.known)
        for term in _file_names(terms) if kind in _LOOKUPS else ():
            if kind == "fileglob":
                self.matching(term, context)
            elif kind in ("csvfile", "ini"):
                self.name(dict(_assignments(term)).get("file"), context, shown)
            else:
                self.name(term.partition(" ")[0] if kind == "password" else term, context, shown)

    def value(self, value: Any, context: Context, shown: str) -> None:
        """Take what the lookups in a value of any shape name, and the variables that name a file.

        A text without braces can be an expression (``when:``); one that is none does not parse, or calls no lookup.
        """
        for text in texts(value):
            if not getattr(text, "inert", False) and any(call in text for call in LOOKUPS):
                self._text(str(text), context, shown)
        for name, item in fields(value):
            if name in _VARIABLES:
                self.name(item, context, shown)

    def _text(self, text: str, context: Context, shown: str) -> None:
        try:
            template = parsed_expression(text)
        except JinjaError:
            return
        for node in _calls(template):
            name, *terms = ([*self._literals(argument, context)] for argument in node.args)
            terms += [
                [f"file={one}" for one in self._literals(keyword.value, context)]
                for keyword in node.kwargs
                if keyword.key == "file"
            ]
            if len(name) == 1 and is_first_found(name[0]):
                self.lookup(str(name[0]), self._literals(node, context), context, shown)
            elif len(name) == 1:
                self.lookup(str(name[0]), [one for term in terms for one in term], context, shown)

    def _literals(self, node: nodes.Expr, context: Context) -> list[Any]:
        try:
            return self.values.objects(node, context.known)
        except RecursionError:
            return []


def _calls(template: nodes.Template) -> Iterator[nodes.Call]:
    """The calls of lookups, found without recursion: an expression of a thousand terms is a thousand levels deep."""
    pending: list[nodes.Node] = [template]
    while pending:
        node = pending.pop()
        pending.extend(node.iter_child_nodes())
        if isinstance(node, nodes.Call) and node.args and getattr(node.node, "name", "") in LOOKUPS:
            yield node


def _file_names(terms: Iterable[Any]) -> Iterator[str]:
    """The names in terms: texts, and lists of them."""
    for term in terms:
        if isinstance(term, str) and term != ANY:
            yield term
        elif isinstance(term, list):
            yield from _file_names(term)


def _assignments(term: str) -> Iterator[tuple[str, str]]:
    """``key file=x.csv`` as pairs."""
    for word in term.split():
        name, _equals, value = word.partition("=")
        yield name, value


class _NamingFindings(Findings):
    """Makes a file that cannot be used a problem: what it names is not known."""

    def __init__(self, named: NamedFiles) -> None:
        super().__init__()
        self._named = named

    def unusable(self, error: UnusableFileError, *, stops: bool = False, kind: str = "file") -> None:
        """See :meth:`Findings.unusable`."""
        self._named.problems.setdefault(error.message)


class _NamingFinder(Finder):
    """Takes the files that it finds by their exact names."""

    def __init__(self, findings: Findings, values: Values, named: NamedFiles) -> None:
        super().__init__(findings, values)
        self._named = named

    def existing(self, name: str, kind: str, context: Context, location: Any) -> list[Path]:
        """See :meth:`Finder.existing`."""
        found = super().existing(name, kind, context, location)
        for path in found:
            self._take(path, name, kind, context)
        return found

    def _literal(self, name: str, kind: str, context: Context, location: Any, *, stops: bool) -> Path | None:
        found = super()._literal(name, kind, context, location, stops=stops)
        if found is not None:
            self._take(found, name, kind, context)
        return found

    def _take(self, found: Path, name: str, kind: str, context: Context) -> None:
        """Take a file by the name that Ansible finds it by, which may lead there through links."""
        if context.files is self._named.files:
            self._named.paths.setdefault(found)
            for directory in context.search_directories(kind):
                if context.files.file(directory / name) == found:
                    self._named.take(directory / name, found)


class _NamingTemplates(Templates):
    """Takes what the templates name."""

    def __init__(self, finder: Finder, again: Callable[[Callable[[], None]], None], named: NamedFiles) -> None:
        super().__init__(finder, again)
        self._named = named

    def file(self, path: Path, context: Context, options: dict[str, Any]) -> None:
        """See :meth:`Templates.file`."""
        if path not in {read for read, _options in self._read}:
            self._named.value(Text.at(self._finder.text(path, context), 1), context, context.files.shown(path))
        super().file(path, context, options)


class _NamingVariables(Variables):
    """Takes what the files of variables name."""

    def __init__(self, finder: Finder, templates: Templates, named: NamedFiles) -> None:
        super().__init__(finder, templates)
        self._named = named

    def file(self, path: Path, context: Context, holder: str | None = None, **how: Any) -> None:
        """See :meth:`Variables.file`."""
        if path not in self._read:
            self._named.value(self._finder.document(path, context), context, context.files.shown(path))
        super().file(path, context, holder, **how)


def _files_of_config(config: ProjectConfig) -> list[Path]:
    """The files with passwords and keys that ``ansible.cfg`` names."""
    return [
        file.directory / file.defaults[name].strip()
        for file in config.files
        for name in _CONFIGURED
        if name in file.defaults
    ]


class FileWalker(Walker):
    """Walks as :class:`Walker`, and takes the files that are named on the way."""

    def __init__(self, named: NamedFiles, *, roles: RoleSearch, task_keywords: Container[str]) -> None:
        findings = _NamingFindings(named)
        super().__init__(findings=findings, values=named.values, roles=roles, task_keywords=task_keywords)
        self.named = named
        self.finder = _NamingFinder(findings, named.values, named)
        self.templates = _NamingTemplates(self.finder, self.templated.again, named)
        self.variables = _NamingVariables(self.finder, self.templates, named)
        self.keywords = Keywords(findings, self.templates, self.variables)

    def project(self, config: ProjectConfig, playbooks: Iterable[str]) -> None:
        """Walk ``playbooks``; what keeps one from being read is a problem, and all else counts."""
        named = self.named
        root = named.files.root
        context = Context(named.files, root, (root,))
        plugins = (path for paths in config.plugins.values() for path in paths)
        for path in (*config.inventories, *config.collections, *plugins, *_files_of_config(config)):
            named.add(path, "ansible.cfg")
        try:
            for inventory in config.inventories:
                self.variables.inventory(inventory, context)
            for name in playbooks:
                named.add(root / name, name)
                found = named.files.file(root / name)
                self.bases.setdefault((root / name).parent)
                if found is not None:
                    self.playbook(found, named.files)
            self.templated.settle()
        except InputError as error:
            named.problems.setdefault(error.message)
        for base in self.bases:
            for name in BESIDE if base.is_relative_to(root) else ():
                named.add(base / name, name, is_named=False)

    def _role(self, name: str, context: Context, path: Path, parts: dict[str, Any]) -> None:
        if context.files is self.named.files:
            for pattern in self.values.patterns(name, context.known):
                if ANY not in pattern:
                    directories = self.roles.directories(context)
                    any(self.named.add(directory / pattern, context.files.shown(path)) for directory in directories)
        super()._role(name, context, path, parts)

    def _follow(self, action: Action, task: Fields, context: Context, path: Path) -> None:
        super()._follow(action, task, context, path)
        last, arguments, shown = action.name.rpartition(".")[2], action.arguments, context.files.shown(path)
        is_remote = last in _REMOTE_SOURCES or str(arguments.get("remote_src") or "").lower() in _TRUE
        if last == "script":
            self.named.name(first_word(text_of(arguments.get("cmd")) or action.raw), context, shown)
        elif last == "include_vars":
            self.named.name(arguments.get("dir"), context, shown, ("vars",))
        elif not is_remote:
            for name in (arguments.get("src"), arguments.get("template")):
                self.named.name(name.get("path") if isinstance(name, dict) else name, context, shown)

    def _keywords(self, holder: Fields, context: Context, path: Path) -> None:
        super()._keywords(holder, context, path)
        shown = context.files.shown(path)
        for key, value in holder.items():
            if key.startswith("with_"):
                self.named.lookup(key.removeprefix("with_"), [value], context, shown)
            if key not in WALKED:
                self.named.value(value, context, shown)
