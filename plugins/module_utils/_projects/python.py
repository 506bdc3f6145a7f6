# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which Python a project needs: what it declares, in the words of ``requires-python``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from .._errors import InputError, ToolMissingError
from .._packaging.requirement import normalise_versions
from .._python.constraint import allows, versions_of
from .files import ProjectFiles
from .toml import TomlFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = "requires-python"


@dataclass(frozen=True)
class PythonNeed:
    """The ``versions`` that a project asks for, as in ``requires-python``; ``origin`` says where."""

    versions: str
    origin: str

    def __str__(self) -> str:
        return f"{self.versions} ({self.origin})"


#: A need, or a sentence on what could not be compared.
_Finding = Union[PythonNeed, str]


@dataclass(frozen=True)
class PythonNeeds:
    """All that a project asks for, and what could not be compared (``doubts``, a sentence each)."""

    needs: tuple[PythonNeed, ...] = ()
    doubts: tuple[str, ...] = ()

    def unmet(self, version: str) -> PythonNeed | None:
        """The first need that a Python of this version, such as ``3.12.4``, does not meet."""
        return next((need for need in self.needs if not allows(need.versions, version)), None)


def parse_python(text: str, *, option: str) -> str:
    """A version, or clauses, that a user gives as ``option``, as clauses: ``3.12`` is ``==3.12.*``."""
    try:
        versions = versions_of(text) or normalise_versions(text)
    except ValueError:
        versions = ""
    if not versions:
        raise InputError(f"{option}: {text[:80]!r} is not a version of Python, such as '3.12' or '>=3.11'")
    return versions


def python_needs(project: str, *, asked: str | None) -> PythonNeeds:
    """What ``project`` needs; ``asked``, clauses that the user gives, override what its files declare.

    Raises :class:`InputError` for what is malformed.
    """
    if asked is not None:
        return PythonNeeds((PythonNeed(asked, "the option 'python'"),))
    files = ProjectFiles(project)
    found = [*_version_file(files), *_pyproject(files)]
    return PythonNeeds(
        needs=tuple(one for one in found if isinstance(one, PythonNeed)),
        doubts=tuple(one for one in found if isinstance(one, str)),
    )


def _version_file(files: ProjectFiles) -> Iterator[_Finding]:
    """The first line of ``.python-version``; pyenv takes names of its own there too, which tell nothing."""
    path = os.path.join(files.directory, ".python-version")
    if not os.path.exists(path):
        return
    lines = (line.partition("#")[0].strip() for line in files.text(path).splitlines())
    first = next(filter(None, lines), None)
    versions = versions_of(first) if first is not None else None
    if versions is not None:
        yield PythonNeed(versions, ".python-version")
    elif first is not None:
        yield f"{path} says {first[:80]!r}, which is no version of Python: it was not compared with the venv"


def _pyproject(files: ProjectFiles) -> Iterator[_Finding]:
    path = os.path.join(files.directory, "pyproject.toml")
    if not os.path.exists(path):
        return
    text = files.text(path)
    if _KEY not in text:
        return
    try:
        toml = TomlFile(path, text)
    except ToolMissingError:
        yield f"{_KEY} in {path} was not compared with the venv: this Python is older than 3.11 and has no tomli"
        return
    versions = toml.text(toml.table("project"), "project", _KEY)
    if versions is None:
        return
    try:
        yield PythonNeed(normalise_versions(versions), f"{_KEY} in pyproject.toml")
    except ValueError as error:
        raise InputError(
            f"{path}: {_KEY} {versions[:80]!r} is no version of Python; mend it or set 'python'"
        ) from error
