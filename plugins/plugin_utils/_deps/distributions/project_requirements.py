# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The requirements that the project itself declares, for the imports of its own plugins and modules."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.files import (
    ANY_INDEX,
    MAX_BYTES,
    ProjectFiles,
    is_path,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import declared_by

from ..project.files import Files
from ..project.tree import OutsideError
from .declared import CollectionRequirement, requirements_of_line


@dataclass(frozen=True)
class ProjectDeclared:
    """What the project declares; ``problem`` is the first thing in its requirement files that cannot be used."""

    lines: tuple[CollectionRequirement, ...] = ()
    problem: str = ""


def project_requirements(files: Files) -> ProjectDeclared:
    """What ``requirements.txt``, ``pyproject.toml`` and ``setup.cfg`` in the root of the project declare.

    They are read once. A line that cannot be used does not lose the others: nothing is installed from these files.
    """
    if files.root not in files.parsed:
        files.parsed[files.root] = _read(files)
    known: ProjectDeclared = files.parsed[files.root]
    return known


def _read(files: Files) -> ProjectDeclared:
    project = _AnalysedFiles(files)
    try:
        declared = declared_by(project)
    except InputError:  # there is no such file, or what is wrong with each was noted
        declared = ()
    required = {one.requirement.name for one in declared if not one.constraint}
    lines = [CollectionRequirement(one.requirement.name, one.line) for one in declared if not one.override]
    named = tuple(one for one in lines if one.name in required)
    return ProjectDeclared((*named, *project.addresses), project.problem)


class _AnalysedFiles(ProjectFiles):
    """The requirement files of a project that is analysed: opened through its :class:`Files`, and read in part.

    ``problem`` is the first thing that cannot be used, ``addresses`` are the lines that are no name but an address.
    """

    def __init__(self, files: Files) -> None:
        super().__init__(str(files.root), index_url=ANY_INDEX)
        self._tree = files
        self.problem = ""
        self.addresses: list[CollectionRequirement] = []

    def is_there(self, path: str) -> bool:
        """See :meth:`ProjectFiles.is_there`; a link out of the project is none."""
        try:
            return self._tree.either(Path(path), strict=True) is not None
        except OutsideError:
            self.refuse(InputError(f"{path} is a link to a path outside of the project and is not followed"))
        return False

    def holds(self, path: str) -> bool:
        """See :meth:`ProjectFiles.holds`."""
        try:
            self._tree.either(Path(path), strict=True)
        except OutsideError:
            return False
        return True

    def is_root(self, path: str) -> bool:
        """See :meth:`ProjectFiles.is_root`."""
        return is_path(path) and os.path.normpath(path) == self.directory

    @property
    def import_directory(self) -> str:
        """See :attr:`ProjectFiles.import_directory`; nothing is imported here."""
        return self.directory

    def content(self, path: str) -> bytes:
        """See :meth:`ProjectFiles.content`."""
        data = self._tree.data(Path(path))
        if len(data) > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB, the maximum for a file of requirements")
        return data

    def refuse(self, error: InputError, text: str = "") -> None:
        """Note what cannot be used, and go on."""
        self.problem = self.problem or error.message.replace(f"{self.directory}{os.sep}", "")
        self.addresses += (one for one in requirements_of_line(text) if one.address)
