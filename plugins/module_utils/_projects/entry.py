# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The option ``projects`` of every module that has one: what a user says of a project, and all that it means.

A module uses what it needs of an entry, so that one list serves all of them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from .._errors import InputError
from .._paths import check_path
from .._python.constraint import parse_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The argument spec of the option.
PROJECT_ARGUMENTS: dict[str, Any] = {"projects": {"type": "list", "elements": "raw", "required": True}}
_LINK_NAME = re.compile(r"\.?[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Project:
    """One entry: the absolute ``path`` of its directory, and ``link_name``, the name of the link to its venv in it.

    ``files`` and ``groups`` say where its requirements are, None being the usual files. ``python`` is the versions
    that it needs, in place of what its files say, as clauses such as ``==3.12.*``. ``imports`` are the modules that
    must be importable, None being those that its requirements bring. ``test`` is the command that tests it.
    """

    path: str
    link_name: str = "venv"
    files: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    python: str | None = None
    imports: tuple[str, ...] | None = None
    test: tuple[str, ...] | None = None

    @property
    def link(self) -> str:
        """The path of the link."""
        return os.path.join(self.path, self.link_name)


def parse_projects(entries: Sequence[Any]) -> list[Project]:
    """The entries, each a path or a dictionary; raises :class:`InputError` that shows the wrong one."""
    projects = [_parse(entry) for entry in entries]
    twice = sorted(path for path, count in Counter(one.path for one in projects).items() if count > 1)
    if twice:
        raise InputError(f"projects: {', '.join(twice)} is listed twice")
    if not projects:
        raise InputError("projects: the list is empty; name the directories of the projects that share a venv")
    return projects


def display_names(projects: Sequence[Project]) -> list[str]:
    """What reports call each: its directory's name, or its path where two have the same name."""
    names = Counter(os.path.basename(one.path) for one in projects)
    return [os.path.basename(one.path) if names[os.path.basename(one.path)] == 1 else one.path for one in projects]


def check_link_name(name: str, *, option: str) -> str:
    """``name`` if a link to a venv can be called so."""
    bare = name.rstrip("/")
    if not _LINK_NAME.fullmatch(bare):
        raise InputError(
            f"{option}: {name!r} is not a valid name of a link to a venv: use a name such as 'venv' or '.venv'"
        )
    return bare


def _parse(entry: Any) -> Project:
    given = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("path"), str):
        raise InputError(f"projects: {str(entry)[:200]!r} is neither a path nor a dictionary with a path")
    unknown = sorted(str(key) for key in set(given) - {"path", *_READERS})
    if unknown:
        raise InputError(f"projects: {given['path']} has the unknown keys {', '.join(unknown)}")
    if not os.path.isabs(os.path.expanduser(given["path"])):
        raise InputError(f"projects: {given['path']!r} is not an absolute path on the host")
    read = {_FIELDS.get(key, key): _READERS[key](given, key) for key in _READERS if given.get(key) is not None}
    return Project(path=check_path(given["path"], option="projects"), **read)


def _link_name(given: Mapping[str, Any], key: str) -> str:
    if not isinstance(given[key], str):
        raise InputError(f"projects: {key} of {given['path']} is {given[key]!r}; it must be a string such as 'venv'")
    return check_link_name(given[key], option=f"projects: {key} of {given['path']}")


def _texts(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = given[key]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"projects: {key} of {given['path']} must be a list of strings")
    return tuple(values)


def _versions(given: Mapping[str, Any], key: str) -> str:
    return parse_python(str(given[key]), option=f"projects: {key} of {given['path']}")


def _modules(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = _texts(given, key)
    if not all(part.isidentifier() for name in names for part in name.split(".")):
        raise InputError(f"projects: {key} of {given['path']} must be a list of modules such as 'yaml'")
    return names


def _command(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    command = _texts(given, key)
    if not command:
        raise InputError(f"projects: {key} of {given['path']} must be a list, the program and its arguments")
    return command


_FIELDS = {"name": "link_name"}
_READERS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "name": _link_name,
    "files": _texts,
    "groups": _texts,
    "python": _versions,
    "imports": _modules,
    "test": _command,
}
