# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where the walk stands, and where Ansible would look for a file from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..model import FileLocation
from .files import Files
from .names import DATA_ENDINGS, YAML_ENDINGS
from .scan import Findings
from .task_hosts import UNKNOWN
from .tree import OutsideError
from .values import ANY, Values
from .yaml import Text, line_of

#: Files that a templated name may mean before it counts as unknown: when part of it is known, and when nothing is.
MAX_MATCHES = 15
MAX_CANDIDATES = 8
#: Blocks, files and roles inside each other: people write a handful.
MAX_NESTING = 60
#: Kinds of files that a static import names: playbooks, tasks and handlers.
_READ_BEFORE_THE_FIRST_TASK = ("", "tasks", "handlers")
OUTSIDE = "it points outside of the project and is not followed"
LINK_OUT = "a link on its path points outside of the project and is not followed; replace the link with a copy"


@dataclass(frozen=True)
class Context:
    """``base`` is the playbook's directory; ``directories`` those of the file and of what includes it, nearest first.

    ``search`` is the ``collections:`` keyword in force; ``local`` the values of variables that only hold here.
    """

    files: Files
    base: Path
    directories: tuple[Path, ...]
    role: Path | None = None
    search: tuple[str, ...] = ()
    local: Mapping[str, Any] = field(default_factory=dict)
    nesting: int = 0
    #: Whether Ansible reads what stands here before the first task: it is in no file that a task includes.
    static: bool = True
    #: Where what stands here runs: a number of the walk's :class:`HostGraph`.
    runs: int = UNKNOWN

    def deeper(self, location: FileLocation) -> Context:
        """The context of what is inside of what stands at ``location``: a block, a file, a role."""
        if self.nesting >= MAX_NESTING:
            raise InputError(
                f"{location.file}, line {location.line}: playbooks, roles, included files and blocks are nested more "
                f"than {MAX_NESTING} deep; include less, or analyse the parts separately",
                file=location.file,
                line=location.line,
            )
        return replace(self, nesting=self.nesting + 1)

    def inside(self, path: Path) -> Context:
        """The context of a file that is included from here."""
        return replace(
            self, directories=(path.parent, *(directory for directory in self.directories if directory != path.parent))
        )

    def with_search(self, value: Any) -> Context:
        """With a ``collections:`` keyword, which replaces the one in force."""
        if value is None:
            return self
        names = value if isinstance(value, list) else [value]
        return replace(self, search=tuple(str(name) for name in names if isinstance(name, str)))

    def with_local(self, **values: Any) -> Context:
        """With variables that hold for one task only."""
        return replace(self, local={**self.local, **values})

    def location(self, path: Path, value: Any, default: int = 1) -> FileLocation:
        """The place of a value of the file ``path``."""
        return FileLocation(self.files.shown(path), line_of(value, default))

    def search_directories(self, kind: str) -> Iterator[Path]:
        """The directories where Ansible looks for a file of ``kind`` (tasks, templates, vars, files) from here."""
        for base in (self.role, *self.directories, self.base):
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
                return SearchResult(reason=LINK_OUT, link=error.link)
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

    def files(self, name: str, kind: str, context: Context, path: Path) -> list[Path]:
        """The files that ``name`` can mean; what is missing, outside or unknown is reported.

        A name that leads nowhere is unresolved when it is literal; Ansible may be happy without it when it is not.
        """
        location = context.location(path, name)
        patterns = self.values.patterns(name, context.local)
        if patterns == [name]:
            one = self._literal(name, kind, context, location)
            return [one] if one is not None else []
        found = [
            one for pattern in patterns if ANY not in pattern for one in self.existing(pattern, kind, context, location)
        ]
        if not found or any(ANY in pattern for pattern in patterns):
            self.findings.unknown(name, location)
            open_ones = [pattern for pattern in patterns if ANY in pattern]
            for pattern in open_ones or Values().patterns(name, _only_paths(context.local)):
                found += self._matching(pattern, kind, context)
        return list(dict.fromkeys(found))

    def existing(self, name: str, kind: str, context: Context, location: FileLocation) -> list[Path]:
        """The file that a literal name means, if it is there; nothing is reported but a link that leads out."""
        directories = context.search_directories(kind)
        found = search(directories, lambda directory: context.files.file(directory / name, strict=True))
        if found.link is not None:
            self.findings.missing("path", context.files.shown(found.link), location, found.reason)
        return [found.path] if found.path is not None else []

    def _literal(self, name: str, kind: str, context: Context, location: FileLocation) -> Path | None:
        found = search(
            context.search_directories(kind),
            lambda directory: context.files.file(directory / name, *_endings(directory, name, kind), strict=True),
        )
        if found.path is None:
            kind_of_name = "path" if found.reason else "file"
            reason = found.reason or "this file does not exist in the project"
            stops = context.static and kind in _READ_BEFORE_THE_FIRST_TASK
            self.findings.missing(kind_of_name, name, location, reason, stops=stops)
        return found.path

    def _matching(self, pattern: str, kind: str, context: Context) -> list[Path]:
        """Files by pattern in the first directory that has any; none when they are too many to mean something."""
        most = MAX_MATCHES if _says_something(pattern) else MAX_CANDIDATES
        fixed = pattern.partition(ANY)[0].rpartition("/")[0]
        for directory in context.search_directories(kind):
            start = context.files.directory(directory / fixed) if not pattern.startswith("/") or fixed else None
            rest = pattern[len(fixed) :].lstrip("/")
            names = context.files.matching(start, rest) if start is not None else []
            found = [path for path in names if kind not in ("tasks", "vars") or path.suffix in YAML_ENDINGS]
            if found:
                return found if len(found) <= most else []
        return []


def _endings(directory: Path, name: str, kind: str) -> list[Path]:
    """The endings that Ansible adds to the name of a tasks or vars file."""
    if kind not in ("tasks", "vars", "handlers", "defaults") or name.endswith(DATA_ENDINGS):
        return []
    return [directory / f"{name}{ending}" for ending in DATA_ENDINGS]


def _says_something(pattern: str) -> bool:
    """Whether more of a pattern is known than its ending."""
    return bool(pattern.rpartition(".")[0].strip("*/._-") or pattern.rpartition("/")[0].strip("*/."))


def _only_paths(local: Mapping[str, Any]) -> dict[str, Any]:
    """The directories among the variables that hold here: they are facts, what else has a value may get another."""
    return {name: local[name] for name in ("playbook_dir", "role_path", "role_name") if name in local}


def text_of(value: Any) -> Text | None:
    """A value when it is a text that names something."""
    return value if isinstance(value, Text) and value.strip() else None
