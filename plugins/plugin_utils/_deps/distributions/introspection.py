# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ``ansible-builder introspect`` takes from a collection, and what it would fail at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..model import FileLocation, Unresolved
from ..project.yaml import line_of
from ..resolution.collection_content import CollectionContent
from .bindep import system_lines
from .declared import CollectionRequirement, builder_dependencies, builder_file, read_declared

#: EXCLUDE_REQUIREMENTS in ``_target_scripts/introspect.py`` of ansible-builder: names as written, in lower case.
_NOT_TAKEN = frozenset({
    "ansible", "ansible-base", "ansible-core", "ansible-lint", "coverage", "flake8", "galaxy-importer", "json", "mock",
    "molecule", "pycodestyle", "pylint", "pytest", "pytest-xdist", "python", "pyyaml", "testinfra", "tox", "voluptuous",
    "yaml", "yamllint",
})  # fmt: skip


@dataclass(frozen=True)
class Introspection:
    """``python`` requirements and ``system`` packages that go into an execution environment.

    ``named`` are the normalised names of all declared requirements, also of those that are not taken.
    """

    python: tuple[CollectionRequirement, ...]
    system: tuple[str, ...]
    named: frozenset[str]
    problems: tuple[Unresolved, ...] = ()


def introspected(content: CollectionContent) -> Introspection:
    """Read what a collection declares."""
    requirements, missing = read_declared(content)
    includes = (
        Unresolved("file", one.name, one.location, "this file of requirements includes a file that does not exist")
        for one in missing
    )
    return Introspection(
        python=tuple(one for one in requirements if one.name not in _NOT_TAKEN),
        system=tuple(line for line in system_lines(content) if line.split()[0].lower() not in _NOT_TAKEN),
        named=frozenset(one.name for one in requirements),
        problems=(*_problems(content), *includes),
    )


def _problems(content: CollectionContent) -> Iterator[Unresolved]:
    """The entries of ``meta/execution-environment.yml`` that do not name a file of the collection."""
    path = builder_file(content)
    for key, value in (builder_dependencies(content) or {}).items():
        if path is None or key not in ("python", "system") or not value:
            continue
        reason = _reason(content, value)
        if reason:
            location = FileLocation(content.shown(path), line_of(value))
            yield Unresolved("file", str(value) if isinstance(value, str) else key, location, reason)


def _reason(content: CollectionContent, value: object) -> str:
    if not isinstance(value, str):
        return "ansible-builder expects the path of a file here; put the requirements into a file"
    if os.path.isabs(value):
        return "ansible-builder expects a path relative to the collection here"
    if content.files.file(content.path / Path(value)) is None:
        return "the collection does not have this file"
    return ""
