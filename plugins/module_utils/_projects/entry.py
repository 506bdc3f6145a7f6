# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The projects that a user names, read."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._packaging.requirement import normalise_versions
from .._python.constraint import versions_of
from .model import (
    Location,
    ProjectRequirements,
    PythonRequirement,
)
from .reader import read_project

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEYS = {"path", "files", "groups", "python"}


@dataclass(frozen=True)
class ProjectOption:
    """One entry of the option ``projects``; ``files`` None means those that projects have."""

    path: str
    files: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    python: str | None = None


def parse_projects(entries: Sequence[Any]) -> list[ProjectOption]:
    """The entries, each a path or a dictionary; raises :class:`InputError` that shows the wrong one."""
    options = [_parse(entry) for entry in entries]
    twice = sorted(path for path, count in Counter(option.path for option in options).items() if count > 1)
    if twice:
        raise InputError(f"projects: {', '.join(twice)} is named twice")
    if not options:
        raise InputError("projects: is empty; name the directories of the projects that are to share a venv")
    return options


def read_projects(options: Sequence[ProjectOption]) -> list[ProjectRequirements]:
    """What each needs. A project is called by its directory's name, or its path where two have the same name."""
    names = Counter(os.path.basename(option.path) for option in options)
    return [_read(option, unique=names[os.path.basename(option.path)] == 1) for option in options]


def _read(option: ProjectOption, *, unique: bool) -> ProjectRequirements:
    name = os.path.basename(option.path) if unique else option.path
    project = read_project(option.path, name=name, files=option.files, groups=option.groups)
    if option.python is None:
        return project
    try:
        versions = versions_of(option.python) or normalise_versions(option.python)
    except ValueError:
        versions = ""
    if not versions:
        raise InputError(
            f"projects: python of {name} is {option.python!r}, which is no version such as '3.12' or '>=3.11'"
        )
    return replace(project, python=(*project.python, PythonRequirement(versions, Location(name, "option projects", 0))))


def _parse(entry: Any) -> ProjectOption:
    given = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not isinstance(given.get("path"), str):
        raise InputError(f"projects: {str(entry)[:200]!r} is neither a path nor a dictionary with a path")
    unknown = sorted(str(key) for key in set(given) - _KEYS)
    if unknown:
        raise InputError(f"projects: {given['path']} has the unknown keys {', '.join(unknown)}")
    path = os.path.expanduser(given["path"])
    if not os.path.isabs(path):
        raise InputError(f"projects: {given['path']!r} is not an absolute path on the host")
    python = given.get("python")
    return ProjectOption(
        path=os.path.normpath(path),
        files=None if given.get("files") is None else _texts(given, "files"),
        groups=() if given.get("groups") is None else _texts(given, "groups"),
        python=None if python is None else str(python),
    )


def _texts(given: dict[Any, Any], key: str) -> tuple[str, ...]:
    values = given[key]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"projects: {key} of {given['path']} must be a list of texts")
    return tuple(values)
