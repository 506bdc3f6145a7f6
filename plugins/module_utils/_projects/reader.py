# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project, or one file: which files count, and what they ask for together."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from .._errors import InputError
from .._packaging.requirement import normalise_name
from .combination import overridden
from .entry import display_names
from .files import ProjectFiles, project_directory
from .model import FileContents, Location, ProjectRequirements, PythonRequirement, join
from .pylock import read_pylock
from .pyproject import PyprojectReader
from .python import declared_python
from .requirements_txt import RequirementsReader
from .settings import read_uv_toml
from .setup_cfg import SetupCfgReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .entry import Project
    from .model import DeclaredRequirement

_PYLOCK = re.compile(r"pylock(\..+)?\.toml")
#: What does not count beside other requirement files, and what to do where it shall.
_NOT_BESIDE = {
    "pylock.toml": "to install its exact versions instead, set 'files' of the project to [pylock.toml]",
    "Pipfile": "export it to a requirements file ('pipenv requirements') if it has more than they have",
}
#: Where projects keep the requirements of a group, such as dev.
_GROUP_FILES = ("requirements-{}.txt", "requirements_{}.txt", "{}-requirements.txt", "requirements/{}.txt")


def read_project(
    directory: str,
    *,
    name: str | None = None,
    files: Sequence[str] | None = None,
    groups: Sequence[str] = (),
    index_url: str | None = None,
) -> ProjectRequirements:
    """What the project in ``directory`` needs.

    Without ``files``: ``pyproject.toml``, ``setup.cfg`` and ``requirements.txt``, or a ``pylock.toml`` where there is
    nothing else. ``groups`` are extras, dependency groups, and files such as ``requirements-<group>.txt``.
    ``index_url`` is the index that packages come from, which files may name as well: another is an error. Raises
    :class:`InputError` for a group that is nowhere, for a project without any of these files, and for what they hold.
    """
    if not os.path.isdir(directory):
        raise InputError(f"{directory} is not a directory of this host and cannot be a project")
    if not os.access(directory, os.R_OK | os.X_OK):
        raise InputError(
            f"{directory} cannot be read by this user; change its permissions, or remove it from the option 'projects'"
        )
    project = ProjectFiles(directory, name=name, index_url=index_url)
    reader = _ProjectReader(project, frozenset(normalise_name(group) for group in groups))
    content = reader.all_files() if files is None else reader.named_files(files)
    missing = sorted(reader.groups - content.groups)
    if missing:
        known = ", ".join(sorted(content.groups)) or "none"
        raise InputError(f"{directory} has no group {', '.join(missing)}; the files of the project have {known}")
    return reader.result(join([content, declared_python(project)]))


def declared_by(project: ProjectFiles) -> tuple[DeclaredRequirement, ...]:
    """What the files declare that projects have, groups aside; ``project`` opens them, and may leave some out."""
    return overridden(_ProjectReader(project, frozenset()).all_files().declared)


def read_projects(projects: Sequence[Project], *, index_url: str | None = None) -> list[ProjectRequirements]:
    """What each of ``projects`` needs, by the name that reports give it."""
    return [_read_entry(project, name, index_url) for project, name in zip(projects, display_names(projects))]


def _read_entry(project: Project, name: str, index_url: str | None) -> ProjectRequirements:
    found = read_project(project.path, name=name, files=project.files, groups=project.groups, index_url=index_url)
    if project.python is None:
        return found
    given = PythonRequirement(project.python, Location(name, "option projects", 0))
    return replace(found, python=(given,))


def read_file(path: str, *, constraint: bool = False, index_url: str | None = None) -> ProjectRequirements:
    """What one file asks for, with what it includes from the project in which it lies; ``path`` is absolute."""
    if not os.path.isabs(path):
        raise InputError(f"{path!r} is not the absolute path of a file on the host")
    reader = _ProjectReader(ProjectFiles(project_directory(path), index_url=index_url), frozenset())
    return reader.result(reader.file(os.path.abspath(path), constraint=constraint))


class _ProjectReader:
    """Reads the files of one project."""

    def __init__(self, files: ProjectFiles, groups: frozenset[str]) -> None:
        self._files = files
        self.groups = groups
        self._texts = RequirementsReader(files, itself=self._itself)

    def result(self, content: FileContents) -> ProjectRequirements:
        """``content`` as what a project asks for."""
        declared = overridden(content.declared)
        return ProjectRequirements(
            name=self._files.name,
            directory=self._files.directory,
            requirements=tuple(one for one in declared if not one.constraint),
            constraints=tuple(one for one in declared if one.constraint),
            python=content.python,
            siblings=content.siblings,
            notes=content.notes,
            files=content.files,
        )

    def named_files(self, names: Sequence[str]) -> FileContents:
        """The files that the user names, and the files of the groups."""
        paths = [self._files.path(name, base=self._files.directory, where="files") for name in names]
        return join([*(self.file(path) for path in paths), self._group_files()])

    def all_files(self) -> FileContents:
        """The files that projects have."""
        metadata = self._attempt(partial(self._metadata, self.groups))
        content = join([metadata, self._existing("requirements.txt"), self._group_files()])
        if content.files:
            return join([content, FileContents(notes=tuple(self._unread()))])
        locked = self._existing("pylock.toml")
        if locked.files:
            return locked
        hint = f" ({'; '.join(content.notes)})" if content.notes else ""
        raise InputError(
            f"{self._files.directory} has no requirements.txt, no pyproject.toml or setup.cfg with dependencies and no "
            f"pylock.toml{hint}: name the project's requirement files in 'files'"
        )

    def _unread(self) -> Iterator[str]:
        """Notes on files that also say what a project needs, and do not count beside the others."""
        for name, remedy in _NOT_BESIDE.items():
            path = self._files.existing(name)
            if path is not None:
                yield f"{path} is not read beside the project's other requirement files; {remedy}"

    def file(self, path: str, *, constraint: bool = False, where: str = "") -> FileContents:
        """One file, by its name."""
        name = os.path.basename(path)
        if constraint:
            return self._texts.read(path, constraint=True, where=where)
        if name == "pyproject.toml":
            return PyprojectReader(self._files, path, include=self._include).read(self.groups)
        if name == "setup.cfg":
            return SetupCfgReader(self._files, path, where=where).read(self.groups, include=self._include)
        if _PYLOCK.fullmatch(name):
            return read_pylock(self._files, path, where=where)
        return self._texts.read(path, where=where)

    def _existing(self, name: str) -> FileContents:
        return self._attempt(partial(self._named, name))

    def _named(self, name: str) -> FileContents:
        path = self._files.existing(name)
        return self.file(path) if path is not None else FileContents()

    def _attempt(self, read: Callable[[], FileContents]) -> FileContents:
        try:
            return read()
        except InputError as error:
            self._files.refuse(error)
        return FileContents()

    def _group_files(self) -> FileContents:
        found = []
        for group in sorted(self.groups):
            for pattern in _GROUP_FILES:
                content = self._existing(pattern.format(group))
                if content.files:
                    found += [content, FileContents(groups=frozenset([group]))]
        return join(found)

    def _include(self, path: str, where: str) -> FileContents:
        return self._texts.read(path, where=where)

    def _itself(self, extras: frozenset[str], where: str) -> FileContents:
        """What the project needs that a file asks for with ``-e .``."""
        content = self._metadata(extras)
        missing = sorted(extras - content.groups)
        if missing:
            raise InputError(f"{where}: the project has no extra {', '.join(missing)}")
        return content

    def _metadata(self, groups: frozenset[str]) -> FileContents:
        """What the package itself says, in ``pyproject.toml`` and ``setup.cfg``."""
        found, computed = [], None
        path = self._files.existing("pyproject.toml")
        if path is not None:
            reader = PyprojectReader(self._files, path, include=self._include)
            found.append(reader.read(groups))
            computed = path if reader.computes_dependencies else None
        else:
            found.append(read_uv_toml(self._files, self._files.directory))
        path = self._files.existing("setup.cfg")
        if path is not None:
            config = SetupCfgReader(self._files, path)
            if config.has_dependencies:
                return join([*found, config.read(groups, include=self._include)])
        path = os.path.join(self._files.directory, "setup.py")
        if self._files.is_there(path) and not any(content.files for content in found):
            computed = path
        if computed:
            note = f"{computed}: dependencies that are computed when the project is built are not read"
            found.append(FileContents(notes=(note,)))
        return join(found)
