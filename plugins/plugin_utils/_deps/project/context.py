# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where the walk stands, and where Ansible would look for a file from there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jinja2 import nodes

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..model import FileLocation
from .documents import are_tasks, is_playbook
from .files import Files
from .names import DATA_ENDINGS
from .scan import Findings, IncludedTemplate
from .scope import ANY, Scope, SharedScopes
from .task_hosts import UNKNOWN
from .template_parts import Local, TemplateScope
from .tree import LINK_OUT, OR_FOLLOW, OUTSIDE, OutsideError
from .values import Values
from .visited import Visited
from .yaml import Text, UnusableFileError, line_of

#: Blocks, files and roles inside each other: people write a handful.
MAX_NESTING = 60
#: Kinds of files that a static import names: playbooks, tasks and handlers.
_READ_BEFORE_THE_FIRST_TASK = ("", "tasks", "handlers")
#: Said of a templated name: all files that it can be include each other only as far as the run says.
TOO_DEEP = f"it is not followed from here, where files are nested {MAX_NESTING} deep"


@dataclass(frozen=True)
class Context:
    """``base`` is the playbook's directory; ``directories`` those of the file and of what includes it, nearest first.

    ``search`` is the ``collections:`` keyword in force; ``local`` the values of variables that only hold here,
    ``own`` those that only hold for one task and not for what it includes.
    """

    files: Files
    base: Path
    directories: tuple[Path, ...]
    role: Path | None = None
    search: tuple[str, ...] = ()
    #: The collection that the playbook is of, whose content it names shortly (``default_collection`` of ansible-core).
    collection: str = ""
    local: Scope = field(default_factory=Scope)
    own: Scope | None = None
    nesting: int = 0
    #: Whether Ansible reads what stands here before the first task: it is in no file that a task includes.
    static: bool = True
    #: Whether tasks here are handlers; None in a file that may be included as either.
    are_handlers: bool | None = False
    #: Where the project is that a role of elsewhere is used from: who reads it, and the playbook's directory.
    home: tuple[Files, Path] | None = None
    #: Where what stands here runs: a number of the walk's :class:`HostGraph`.
    runs: int = UNKNOWN
    #: The one directory that is searched, where Ansible searches no other.
    only: Path | None = None
    #: Where the template is that is rendered: the lookup ``template`` searches there first, the action last.
    first: Path | None = None
    last: Path | None = None
    #: The files and roles that this is in, outermost first: how the walk calls them.
    within: tuple[Hashable, ...] = ()

    def deeper(self, location: FileLocation) -> Context:
        """The context of what is inside of what stands at ``location``: a block, a file, a role."""
        if self.nesting >= MAX_NESTING:
            raise InputError(
                f"{location.file}, line {location.line}: playbooks, roles, included files and blocks are nested more "
                f"than {MAX_NESTING} deep; include less, or analyse the parts separately",
                file=location.file,
                line=location.line,
            )
        return replace(self, nesting=self.nesting + 1, own=None)

    @property
    def is_deep(self) -> bool:
        """Whether nothing can be inside of what stands here."""
        return self.nesting >= MAX_NESTING

    def inside(self, path: Path) -> Context:
        """The context of a file that is included from here."""
        return replace(
            self, directories=(path.parent, *(directory for directory in self.directories if directory != path.parent))
        )

    def with_search(self, value: Any) -> Context:
        """With a ``collections:`` keyword, which replaces the one in force."""
        if value is None:
            return self
        names = [str(name) for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]
        own = [self.collection] if self.collection and self.collection not in names else []
        return replace(self, search=(*own, *names))

    def of_collection(self, name: str) -> Context:
        """The context of a playbook of this collection, if it is of one."""
        return replace(self, collection=name, search=(name,)) if name else self

    def running(self, runs: int) -> Context:
        """With where what stands here runs."""
        return self if runs == self.runs else replace(self, runs=runs)

    def at_run_time(self) -> Context:
        """What Ansible reads when it gets there."""
        return replace(self, static=False) if self.static else self

    def handling(self, are_handlers: bool | None) -> Context:
        """With whether tasks here are handlers."""
        return self if are_handlers == self.are_handlers else replace(self, are_handlers=are_handlers)

    def with_local(self, **values: Any) -> Context:
        """With variables that hold for one task only."""
        return replace(self, local=Scope(values, self.local)) if values else self

    def with_scope(self, scope: Scope) -> Context:
        """With another scope of variables, which is inside of the present one."""
        return self if scope is self.local and self.own is None else replace(self, local=scope, own=None)

    def with_own(self, variables: Any) -> Context:
        """With the variables of a task."""
        own = {name: [value] for name, value in variables.items()} if isinstance(variables, dict) else {}
        return replace(self, own=Scope(own, self.local) if own else None) if own or self.own is not None else self

    @property
    def known(self) -> Scope:
        """The values of all variables that only hold here."""
        return self.local if self.own is None else self.own

    def location(self, path: Path, value: Any, default: int = 1) -> FileLocation:
        """The place of a value of the file ``path``."""
        return FileLocation(self.files.shown(path), line_of(value, default))

    def search_directories(self, kind: str) -> Iterator[Path]:
        """The directories where Ansible looks for a file of ``kind`` (tasks, templates, vars, files) from here."""
        if self.only is not None:
            yield self.only
            return
        if self.first is not None:
            yield self.first
        for base in (self.role, *self.directories, self.base, self.last):
            if base is not None:
                yield base / kind
                yield base


@dataclass(frozen=True)
class SearchResult:
    """The ``path`` that was found, or the reason why there is none; ``link`` is the one that leads out."""

    path: Path | None = None
    reason: str = ""
    link: Path | None = None


def search(directories: Iterable[Path], find: Callable[[Path], Path | None]) -> SearchResult:
    """What ``find`` gives for the first of ``directories`` that has it; a link that leads out ends the search."""
    reason = ""
    for directory in directories:
        try:
            found = find(directory)
        except OutsideError as error:
            if error.link is not None:
                return SearchResult(reason=LINK_OUT + (OR_FOLLOW if error.may_follow else ""), link=error.link)
            reason = OUTSIDE
            continue
        if found is not None:
            return SearchResult(found)
    return SearchResult(reason=reason)


class Finder:
    """Finds the files that a text of a playbook names, literally or by what its variables can be."""

    def __init__(self, findings: Findings, values: Values) -> None:
        self.findings = findings
        self.values = values
        #: Whether the last name can mean nothing but the files that were found for it.
        self.is_sure = True
        self.scopes = SharedScopes(values.more)
        self.visited = Visited()

    def directories(self, kind: str, context: Context) -> Iterator[Path]:
        """The directories to search, until one has what is searched; see :meth:`Context.search_directories`."""
        at_base = (context.base, context.base / kind) if context.within else ()
        for directory in context.search_directories(kind):
            if directory in at_base:
                self.visited.searched_at_base(context.within)
            yield directory

    def files(
        self,
        name: str,
        kind: str,
        context: Context,
        path: Path,
        *,
        location: FileLocation | None = None,
        stops: bool | None = None,
    ) -> list[Path]:
        """The files that ``name`` can mean; what is missing, outside or unknown is reported.

        ``location`` is where the name stands, a line of ``path`` where it is not given. ``stops``: Ansible stops
        before the first task where a literal one is missing, which its kind and its place tell where it is not given.
        A name that leads nowhere is unresolved when it is literal; Ansible may be happy without it when it is not.
        """
        location = location or context.location(path, name)
        stops = context.static and kind in _READ_BEFORE_THE_FIRST_TASK if stops is None else stops
        patterns = self.values.patterns(name, context.known)
        self.is_sure = patterns == [name]
        if self.is_sure:
            one = self._literal(name, kind, context, location, stops=stops)
            return [one] if one is not None else []
        note, doubt = self.values.note, self.values.doubt
        found: list[Path] = []
        for pattern in patterns:
            if ANY not in pattern:
                files = self.existing(pattern, kind, context, location)
                # ``first_found`` searches for files of tasks among the files.
                files = files or (self.existing(pattern, "files", context, location) if kind == "tasks" else [])
                note = note or ("" if files else f"{_relative(pattern, context.files)} does not exist in the project")
                found += files
        open_ones = [pattern for pattern in patterns if ANY in pattern]
        if open_ones or not found:
            for pattern in open_ones or Values().patterns(name, _only_paths(context.known)):
                found += self._matching(pattern, kind, context)
        others = [] if open_ones else self._others(name, context.known, kind, context, patterns, found)
        self.is_sure = len(patterns) == 1 and not (open_ones or others or note or doubt or self.values.note)
        if open_ones or others or note or doubt or self.values.note:
            self.findings.unknown(name, location, self.values.note or note or ("" if open_ones else doubt))
        return list(dict.fromkeys(found + others))

    def _others(
        self,
        name: str | nodes.Node,
        local: Local,
        kind: str,
        context: Context,
        known: list[str],
        found: list[Path],
    ) -> list[Path]:
        """The files besides those ``found`` by ``known`` patterns, if the variables in ``name`` are set otherwise."""
        patterns = self.values.settable(name, local, known)
        others = [path for pattern in patterns for path in self._matching(pattern, kind, context)]
        return [path for path in others if path not in found]

    def included(self, template: IncludedTemplate, context: Context) -> list[Path]:
        """The template files that a text includes: by its name, or by all that its expression can be."""
        if isinstance(template.name, str):
            return self.existing(template.name, "templates", context, template.location)
        local = TemplateScope(context.known, template.assigned)
        patterns = self.values.patterns(template.name, local)
        note, doubt, found = self.values.note, self.values.doubt, []
        for pattern in patterns:
            if ANY not in pattern:
                found += self.existing(pattern, "templates", context, template.location)
            else:
                found += self._matching(pattern, "templates", context)
        is_open = any(ANY in pattern for pattern in patterns)
        others = [] if is_open else self._others(template.name, local, "templates", context, patterns, found)
        if is_open or others or doubt or self.values.note:
            note = note if is_open else doubt or self.values.note
            self.findings.unknown("include by a name that is not a literal", template.location, note)
        return list(dict.fromkeys(found + others))

    def document(self, path: Path, context: Context, *, stops: bool = False, kind: str = "file") -> Any:
        """A file as YAML; None for one that cannot be used, which is reported. ``stops``: see :meth:`files`."""
        try:
            return context.files.yaml(path)
        except UnusableFileError as error:
            self.findings.unusable(error, stops=stops, kind=kind)
            return None

    def text(self, path: Path, context: Context, *, kind: str = "file") -> str:
        """A file as text; nothing for one that cannot be used, which is reported."""
        try:
            return context.files.text(path)
        except UnusableFileError as error:
            self.findings.unusable(error, kind=kind)
            return ""

    def existing(self, name: str, kind: str, context: Context, location: FileLocation) -> list[Path]:
        """The file that a literal name means, if it is there; nothing is reported but a link that leads out."""
        directories = self.directories(kind, context)
        found = search(
            directories,
            lambda directory: context.files.file(directory / name, *_endings(directory, name, kind), strict=True),
        )
        if found.link is not None:
            self.findings.missing("path", context.files.shown(found.link), location, found.reason)
        return [found.path] if found.path is not None else []

    def _literal(self, name: str, kind: str, context: Context, location: FileLocation, *, stops: bool) -> Path | None:
        found = search(
            self.directories(kind, context),
            lambda directory: context.files.file(directory / name, *_endings(directory, name, kind), strict=True),
        )
        if found.path is None:
            kind_of_name = "path" if found.reason else "file"
            reason = found.reason or "this file does not exist in the project"
            self.findings.missing(kind_of_name, name, location, reason, stops=stops)
        return found.path

    def _fits(self, path: Path, kind: str, context: Context) -> bool:
        """Whether a file that a pattern found is one of its kind; one that does not parse is said."""
        check = _DOCUMENTS.get(kind)
        if check is None:
            return True
        if path.suffix not in DATA_ENDINGS:
            return False
        try:
            return check(context.files.yaml(path))
        except InputError as error:
            self.findings.unknown(context.files.shown(path), context.location(path, None), error.message)
            return False

    def _matching(self, pattern: str, kind: str, context: Context) -> list[Path]:
        """Files by pattern in the first directory that has any: all of them are what the name can be."""
        fixed = pattern.partition(ANY)[0].rpartition("/")[0]
        for directory in self.directories(kind, context):
            start = context.files.directory(directory / fixed) if not pattern.startswith("/") or fixed else None
            rest = pattern[len(fixed) :].lstrip("/")
            endings = ("", *DATA_ENDINGS) if _may_lack_ending(rest, kind) else ("",)
            if start is None:
                continue
            names = dict.fromkeys(path for one in endings for path in context.files.matching(start, rest + one))
            found = [path for path in names if self._fits(path, kind, context)]
            if found:
                return found if self.values.spend(len(found)) else []
        return []


def _is_mapping(document: Any) -> bool:
    return document is None or isinstance(document, Mapping)


#: What a document has to be, by the kind of file; a playbook has none.
_DOCUMENTS: Mapping[str, Callable[[Any], bool]] = {
    "": is_playbook,
    "tasks": are_tasks,
    "handlers": are_tasks,
    "vars": _is_mapping,
    "defaults": _is_mapping,
}


def _relative(name: str, files: Files) -> str:
    """A name as it is shown: a path that variables made absolute is one of the project's."""
    return files.shown(Path(name)) if name.startswith("/") else name


def _endings(directory: Path, name: str, kind: str) -> list[Path]:
    """The endings that Ansible adds to the name of a tasks or vars file."""
    return [directory / f"{name}{ending}" for ending in DATA_ENDINGS] if _may_lack_ending(name, kind) else []


def _may_lack_ending(name: str, kind: str) -> bool:
    return kind in ("tasks", "vars", "handlers", "defaults") and not name.endswith(DATA_ENDINGS)


def _only_paths(local: Mapping[str, Any]) -> dict[str, Any]:
    """The directories among the variables that hold here: they are facts, what else has a value may get another."""
    return {name: local[name] for name in ("playbook_dir", "role_path", "role_name") if name in local}


def text_of(value: Any) -> Text | None:
    """A value when it is a text that names something."""
    return value if isinstance(value, Text) and value.strip() else None
