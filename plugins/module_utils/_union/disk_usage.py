# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the projects' own venvs take on disk, measured, and what one in their place would take."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES = ("venv", ".venv")
_BLOCK = 512
_VERSIONED = re.compile(r"(lib(?:64)?/python3)\.\d+")


@dataclass(frozen=True)
class MeasuredVenv:
    """A venv of a project: its ``path`` and the bytes of its files by their path in it, as the disk counts them."""

    project: str
    path: str
    files: dict[str, int]

    @property
    def bytes(self) -> int:
        """All its files."""
        return sum(self.files.values())


@dataclass(frozen=True)
class Disk:
    """``total`` bytes of all ``venvs``, a hardlinked file once; ``shared`` is one venv with all that is in them."""

    venvs: tuple[MeasuredVenv, ...]
    total: int
    shared: int

    @property
    def saved(self) -> int:
        """What one venv in place of all takes less."""
        return max(0, self.total - self.shared)


def measure(directories: Iterable[tuple[str, str]]) -> Disk:
    """Look into the projects, given as name and directory, for venvs of their own; a link to a venv is none."""
    inodes: dict[tuple[int, int], int] = {}
    venvs = [
        MeasuredVenv(project, path, dict(_files(path, inodes)))
        for project, directory in directories
        for path in _own_venvs(directory)
    ]
    largest: dict[str, int] = {}
    for venv in venvs:
        for relative, size in venv.files.items():
            largest[relative] = max(size, largest.get(relative, 0))
    return Disk(tuple(venvs), sum(inodes.values()), sum(largest.values()))


def _own_venvs(directory: str) -> Iterator[str]:
    for name in _NAMES:
        path = os.path.join(directory, name)
        if not os.path.islink(path) and os.path.isfile(os.path.join(path, "pyvenv.cfg")):
            yield path


def _files(root: str, inodes: dict[tuple[int, int], int]) -> Iterator[tuple[str, int]]:
    """The files with what they take; ``inodes`` collects what each one takes on the disk, whatever its names."""
    for directory, _directories, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            size = status.st_blocks * _BLOCK
            inodes[status.st_dev, status.st_ino] = size
            yield _VERSIONED.sub(r"\1", os.path.relpath(path, root)), size
