# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project's files: nothing outside its root is read, and nothing but regular files is opened."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._yaml import load_yaml

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TOTAL_BYTES = 128 * 1024 * 1024
MAX_ENTRIES = 50_000
VAULT_HEADER = b"$ANSIBLE_VAULT;"


class OutsideError(Exception):
    """A path that leaves the project; the walk reports it with the place that named it."""


def read_regular(path: Path, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """The content of a regular file; raises OSError for anything else, and for more than ``limit`` bytes.

    Opened without blocking, so that a FIFO that took the file's place between two looks hangs nobody.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path} is larger than {limit} bytes")
    return data


class ProjectFiles:
    """A project folder. Paths go in and out as :class:`Path` objects below ``root`` (symlinks resolved).

    ``label`` stands before the paths that are shown: the name of the collection whose role or playbook is read.
    """

    def __init__(self, root: Path, *, label: str = "") -> None:
        self.root = root.resolve()
        self.label = label
        self._documents: dict[Path, Any] = {}
        self._read = 0

    def find(self, *candidates: Path) -> Path | None:
        """The first candidate that exists, resolved; :class:`OutsideError` when that lies outside the project."""
        for candidate in candidates:
            try:
                resolved = Path(os.path.realpath(candidate))
                inside = resolved == self.root or self.root in resolved.parents
                if inside and os.path.exists(resolved):
                    return resolved
                if not inside and os.path.lexists(candidate):
                    raise OutsideError(str(candidate))
            except ValueError:  # a NUL in the name
                continue
        return None

    def file(self, *candidates: Path) -> Path | None:
        """The first candidate that is a regular file; see :meth:`find`."""
        for candidate in candidates:
            found = self.find(candidate)
            if found is not None and found.is_file():
                return found
        return None

    def folder(self, *candidates: Path) -> Path | None:
        """The first candidate that is a folder; see :meth:`find`."""
        for candidate in candidates:
            found = self.find(candidate)
            if found is not None and found.is_dir():
                return found
        return None

    def yaml_file(self, stem: Path) -> Path | None:
        """``stem`` with one of the endings that Ansible tries, or as it is."""
        return self.file(*(stem.with_name(stem.name + ending) for ending in (".yml", ".yaml", "", ".json")))

    def names(self, folder: Path) -> list[str]:
        """The sorted entries of a folder, none when it is not one."""
        try:
            entries = sorted(os.listdir(folder))
        except OSError:
            return []
        if len(entries) > MAX_ENTRIES:
            raise InputError(f"{self.shown(folder)} has more than {MAX_ENTRIES} entries; name a smaller folder")
        return entries

    def below(self, folder: Path, endings: Iterable[str] = ("",), *, depth: int = 4) -> list[Path]:
        """Regular files below ``folder`` whose name has one of ``endings``; symlinks out of the project left out."""
        found: list[Path] = []
        for name in self.names(folder):
            try:
                path = self.find(folder / name)
            except OutsideError:
                continue
            if path is None or name.startswith("."):
                continue
            if path.is_dir() and depth > 0 and not os.path.islink(folder / name):
                found += self.below(path, endings, depth=depth - 1)
            elif path.is_file() and name.endswith(tuple(endings)):
                found.append(path)
        return found

    def matching(self, folder: Path, pattern: str) -> list[Path]:
        """Files below ``folder`` by a shell ``pattern``; a star stands for a part of one name, not for folders."""
        head, _slash, rest = pattern.partition("/")
        found: list[Path] = []
        for name in self.names(folder):
            if name.startswith(".") or not fnmatch.fnmatchcase(name, head):
                continue
            try:
                path = self.find(folder / name)
            except OutsideError:
                continue
            if path is not None and rest and path.is_dir():
                found += self.matching(path, rest)
            elif path is not None and not rest and path.is_file():
                found.append(path)
        return found

    def text(self, path: Path) -> str:
        """A file as text; bytes that are not UTF-8 are replaced."""
        return self._bytes(path).decode("utf-8", errors="replace")

    def yaml(self, path: Path) -> Any:
        """A file as YAML, kept for the next time; None for one that is encrypted as a whole."""
        if path not in self._documents:
            data = self._bytes(path)
            encrypted = data.lstrip().startswith(VAULT_HEADER)
            self._documents[path] = None if encrypted else load_yaml(data, self.shown(path))
        return self._documents[path]

    def shown(self, path: Path) -> str:
        """The path as it stands in messages and evidence: relative to the project."""
        relative = os.path.relpath(path, self.root)
        return f"{self.label}/{relative}" if self.label else relative

    def _bytes(self, path: Path) -> bytes:
        try:
            data = read_regular(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"{self.shown(path)} cannot be read: {reason}", file=self.shown(path)) from error
        self._read += len(data)
        if self._read > MAX_TOTAL_BYTES:
            raise InputError(f"The project holds more than {MAX_TOTAL_BYTES} bytes to read; name a smaller folder")
        return data
