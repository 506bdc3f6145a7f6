# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of a project are shipped, and which come back. Links to directories are never followed."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .extract import ExtractionLimits

#: In a directory that holds the results of runs, which are no part of a project either.
RESULTS_MARKER = ".mobile_ansible_venv_results"
#: Directories that hold no part of a project: histories, caches, other environments.
LEFT_OUT = frozenset({
    ".git", ".hg", ".svn", "__pycache__", ".tox", ".nox", ".venv", ".ansible", "node_modules",
    ".mypy_cache", ".pytest_cache", ".ruff_cache",
})  # fmt: skip
#: What Ansible makes in its own directory while it runs: sockets and temporary files.
_OF_RUNNING_ANSIBLE = frozenset({"cp", "pc", "tmp"})
_ANY_DEPTH = "**"


def is_inside(path: str, root: str) -> bool:
    """Whether ``path`` is ``root`` or below it; both are resolved."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


@dataclass(frozen=True)
class ProjectTree:
    """The paths below a directory that belong to a project, and those of credentials, which are not among them."""

    paths: list[str]
    credentials: list[str]

    @classmethod
    def below(cls, root: str, is_credential: Callable[[str], bool]) -> ProjectTree:
        """What is below ``root``, sorted."""
        found = cls([], [])
        for directory, directories, files in os.walk(root):
            own = [name for name in (*directories, *files) if _belongs(directory, name)]
            secret = {name for name in own if is_credential(os.path.join(directory, name))}
            found.credentials.extend(os.path.join(directory, name) for name in own if name in secret)
            found.paths.extend(os.path.join(directory, name) for name in own if name not in secret)
            directories[:] = [name for name in directories if name in own and name not in secret]
        return cls(sorted(found.paths), sorted(found.credentials))


def _belongs(directory: str, name: str) -> bool:
    path = os.path.join(directory, name)
    if name.endswith((".pyc", ".pyo")) or os.path.isfile(os.path.join(path, "pyvenv.cfg")):
        return False
    if name in _OF_RUNNING_ANSIBLE and os.path.basename(directory) == ".ansible":
        return False
    return name not in LEFT_OUT or not os.path.isdir(path)


def matches(root: str, patterns: Iterable[str], limits: ExtractionLimits | None = None) -> list[str]:
    """The regular files that the globs name; of a directory all that belongs to a project.

    The globs are Python's: ``**`` is any number of directories, ``*`` matches no leading dot. A link counts as the file
    that it leads to, if that lies in ``root``. Raises :class:`InputError` for more than ``limits`` allow.
    """
    if limits is None:
        from .extract import NO_LIMITS  # it imports all that unpacks, which takes long

        limits = NO_LIMITS
    globs = [_Glob(tuple(part for part in pattern.split("/") if part not in ("", "."))) for pattern in patterns]
    found: list[str] = []
    start = tuple(pattern.reached({0}) for pattern in globs)
    pending = [_Directory(root, 0, start, any(pattern.is_complete(at) for pattern, at in zip(globs, start)))]
    while pending:
        directory = pending.pop()
        for entry in _entries(directory.path):
            reached = tuple(pattern.step(at, entry.name) for pattern, at in zip(globs, directory.reached))
            named = any(pattern.is_complete(at) for pattern, at in zip(globs, reached))
            whole = named or (directory.whole and _belongs(directory.path, entry.name))
            if entry.is_dir(follow_symlinks=False):
                if (whole or any(reached)) and not os.path.lexists(os.path.join(entry.path, RESULTS_MARKER)):
                    pending.append(_below(directory, entry.path, reached, whole, limits))
            elif whole and _is_file_of(root, entry):
                found.append(entry.path)
                if len(found) > limits.files:
                    raise InputError(
                        f"artifacts: {', '.join(patterns)} match more than {limits.files} files: select fewer files, "
                        "or increase artifacts_files_limit"
                    )
    return sorted(found)


@dataclass(frozen=True)
class _Glob:
    """A glob as its parts; a position is how many of them were matched by the path so far."""

    parts: tuple[str, ...]

    def reached(self, positions: set[int]) -> frozenset[int]:
        """The positions, and those behind a ``**`` that matches no directory at all."""
        todo, closed = list(positions), set(positions)
        while todo:
            position = todo.pop()
            if position < len(self.parts) and self.parts[position] == _ANY_DEPTH and position + 1 not in closed:
                closed.add(position + 1)
                todo.append(position + 1)
        return frozenset(closed)

    def step(self, positions: frozenset[int], name: str) -> frozenset[int]:
        """The positions one name further down."""
        after: set[int] = set()
        for position in positions - {len(self.parts)}:
            part = self.parts[position]
            if part == _ANY_DEPTH:
                after |= {position} if not name.startswith(".") else set()
            elif _fits(part, name):
                after.add(position + 1)
        return self.reached(after)

    def is_complete(self, positions: frozenset[int]) -> bool:
        return len(self.parts) in positions


def _fits(part: str, name: str) -> bool:
    if not glob.has_magic(part):
        return part == name
    hidden = name.startswith(".") and not part.startswith(".")
    return not hidden and re.match(fnmatch.translate(part), name) is not None


@dataclass(frozen=True)
class _Directory:
    """A directory to look into: how deep it lies, the positions of each glob, whether all in it is wanted."""

    path: str
    depth: int
    reached: tuple[frozenset[int], ...]
    whole: bool


def _below(
    above: _Directory, path: str, reached: tuple[frozenset[int], ...], whole: bool, limits: ExtractionLimits
) -> _Directory:
    if above.depth >= limits.depth:
        raise InputError(
            f"artifacts: {path} has more than {limits.depth} directories above it in the project: select one of "
            "these directories, or increase artifacts_depth_limit"
        )
    return _Directory(path, above.depth + 1, reached, whole)


def _entries(directory: str) -> list[os.DirEntry[str]]:
    """What is in a directory; nothing where this user may not look, or when it has just been removed."""
    try:
        with os.scandir(directory) as found:
            return list(found)
    except OSError:
        return []


def _is_file_of(root: str, entry: os.DirEntry[str]) -> bool:
    if not entry.is_symlink():
        return entry.is_file()
    return os.path.isfile(entry.path) and is_inside(os.path.realpath(entry.path), os.path.realpath(root))
