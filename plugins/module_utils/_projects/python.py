# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which Python a project needs: what it declares, whatever its other requirements are."""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import ToolMissingError
from .._python.constraint import versions_of
from .files import ProjectFiles
from .model import FileContents, Location, PythonRequirement, join
from .setup_cfg import SetupCfgReader


@dataclass(frozen=True)
class ProjectPython:
    """All that a project says about its Python; ``notes`` tell what could not be read, a sentence each."""

    requirements: tuple[PythonRequirement, ...] = ()
    notes: tuple[str, ...] = ()

    def unmet(self, version: str) -> PythonRequirement | None:
        """The first requirement that a Python of this version, such as ``3.12.4``, does not meet."""
        return next((one for one in self.requirements if not one.allows(version)), None)


def project_python(directory: str, *, given: str | None, option: str = "the option 'python'") -> ProjectPython:
    """What the project in ``directory`` needs; ``given``, clauses of ``option``, take the place of what its files say.

    Raises :class:`InputError` for what is malformed.
    """
    files = ProjectFiles(directory)
    if given is not None:
        return ProjectPython((PythonRequirement(given, Location(files.name, option, 0)),))
    found = declared_python(files)
    return ProjectPython(found.python, found.notes)


def declared_python(files: ProjectFiles) -> FileContents:
    """What ``pyproject.toml``, ``setup.cfg`` and ``.python-version`` of the project say about its Python."""
    return join([_pyproject(files), _setup_cfg(files), _version_file(files)])


def _pyproject(files: ProjectFiles) -> FileContents:
    path = files.existing("pyproject.toml")
    if path is None or "requires-python" not in files.text(path):
        return FileContents()
    try:
        return FileContents(python=files.toml(path).requires_python("project"))
    except ToolMissingError:
        note = f"requires-python in {path} was not read: this Python is older than 3.11 and has no tomli"
        return FileContents(notes=(note,))


def _setup_cfg(files: ProjectFiles) -> FileContents:
    path = files.existing("setup.cfg")
    return FileContents(python=SetupCfgReader(files, path).python() if path is not None else ())


def _version_file(files: ProjectFiles) -> FileContents:
    """The first line of ``.python-version``, without the patch release, which a shared venv does not fix.

    pyenv takes names of its own there too, which tell nothing.
    """
    path = files.existing(".python-version")
    for number, line in enumerate(files.text(path).splitlines() if path is not None else (), start=1):
        bare = line.partition("#")[0].strip()
        if bare:
            versions = versions_of(bare)
            if versions is None:
                note = f"{path}, line {number}: {bare[:80]!r} is not a version of Python, such as 3.12; it is ignored"
                return FileContents(notes=(note,))
            return FileContents(python=(PythonRequirement(versions, Location(files.name, str(path), number)),))
    return FileContents()
