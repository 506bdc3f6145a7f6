# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""``setup.cfg``: ``install_requires`` and chosen ``extras_require`` of ``[options]``."""

from __future__ import annotations

import bisect
import configparser
import re
from typing import TYPE_CHECKING

from .._errors import InputError
from .._ini import parse_ini
from .._packaging.requirement import normalise_name, parse_requirement
from .model import DeclaredRequirement, FileContents, Location, PythonRequirement, join, python_requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from .files import ProjectFiles

_FILE = "file:"


class SetupCfgReader:
    """Reads one ``setup.cfg``."""

    def __init__(self, files: ProjectFiles, path: str, *, where: str = "") -> None:
        self._files = files
        self._path = path
        text = files.text(path, where=where)
        self._lines = text.splitlines()
        self._numbers: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines):
            self._numbers.setdefault(_entry(line), []).append(number)
        self._starts: dict[str, int] = {}
        self._config = parse_ini(configparser.RawConfigParser(), text, path=path)

    @property
    def has_dependencies(self) -> bool:
        """Whether it says what the package needs; ``setup.cfg`` often only holds the settings of tools."""
        return self._config.has_option("options", "install_requires") or bool(self._extras())

    def read(self, groups: frozenset[str], *, include: Callable[[str, str], FileContents]) -> FileContents:
        """What the package needs, and what the extras among ``groups`` add.

        ``include(path, where)`` reads a requirements file that it names.
        """
        extras = self._extras()
        found = [FileContents(files=(self._path,), groups=frozenset(extras), python=self.python())]
        lists = [("options", "install_requires")]
        lists += [("options.extras_require", extras[group]) for group in sorted(groups & set(extras))]
        return join([*found, *(self._listed(section, key, include) for section, key in lists)])

    def _extras(self) -> dict[str, str]:
        section = "options.extras_require"
        names = self._config.options(section) if self._config.has_section(section) else []
        return {normalise_name(name): name for name in names}

    def python(self) -> tuple[PythonRequirement, ...]:
        """What the project says about its Python."""
        key = "python_requires"
        text = self._config.get("options", key, fallback="").strip()
        return python_requirement(text, key, self._location(key))

    def _listed(self, section: str, key: str, include: Callable[[str, str], FileContents]) -> FileContents:
        value = self._config.get(section, key, fallback="").strip()
        if value.startswith(_FILE):
            where = str(self._location(key))
            names = [name.strip() for name in value[len(_FILE) :].replace("\n", ",").split(",") if name.strip()]
            paths = [self._files.path(name, base=self._files.directory, where=where) for name in names]
            return join(include(path, where) for path in paths)
        # On one line setuptools takes a semicolon as the separator, as in a list of anything.
        entries = value.splitlines() if "\n" in value else value.split(";")
        found = []
        for entry in entries:
            bare = _entry(entry)
            if bare:
                location = self._location(key, bare)
                try:
                    found.append(DeclaredRequirement(parse_requirement(bare, where=str(location)), location))
                except InputError as error:
                    self._files.refuse(error, bare)
        return FileContents(declared=tuple(found))

    def _location(self, key: str, value: str | None = None) -> Location:
        """Where ``value`` stands below ``key``, found in the text: the parser keeps no lines."""
        if key not in self._starts:
            pattern = re.compile(rf"{re.escape(key)}\s*[=:]", re.IGNORECASE)
            self._starts[key] = next((number for number, line in enumerate(self._lines) if pattern.match(line)), 0)
        start = self._starts[key]
        numbers = self._numbers.get(value or "", [])
        index = bisect.bisect_left(numbers, start)
        found = numbers[index] if index < len(numbers) else start
        return Location(self._files.name, self._path, found + 1)


def _entry(line: str) -> str:
    return " ".join(line.partition(" #")[0].split())
