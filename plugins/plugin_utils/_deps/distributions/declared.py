# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The Python requirements that a collection declares, read as ``ansible-builder`` reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import (
    MAX_LENGTH,
    normalise_name,
    without_passwords,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.requirements_txt import (
    MAX_DEPTH,
    logical_lines,
)

from ..model import FileLocation
from ..project.yaml import line_of
from ..resolution.collection_content import CollectionContent

# What only a requirement needs is imported there.

if TYPE_CHECKING:
    from packaging.requirements import Requirement

MAX_DECLARED = 2000
#: ``-r more.txt`` and ``--requirement=more.txt``.
_INCLUDE = re.compile(r"(?:-r ?|--requirement[ =])(.+)")
_OPTIONS = re.compile(r"\s--?[A-Za-z]")
#: ``name[extra] @ git+https://…``, and ``git+https://…#egg=name``.
_NAME = r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_AT_ADDRESS = re.compile(rf"{_NAME} ?(?:\[[^\]]*\])? ?@ ?\S")
_EGG = re.compile(rf"[#&]egg={_NAME}")
#: The name that a wheel has in its address: PEP 427.
_WHEEL = re.compile(r"://[^\s#?]*/([A-Za-z0-9][A-Za-z0-9._]*)-[^-/\s]+(?:-[^-/\s]+)?(?:-[^-/\s]+){3}\.whl(?:[#?]|$)")
_BUILDER_FILES = ("meta/execution-environment.yml", "meta/execution-environment.yaml")


@dataclass(frozen=True)
class CollectionRequirement:
    """A line of a collection's requirements: ``text`` as written, ``name`` normalised (PEP 503).

    ``address``: it says where to get it (``x @ git+https://…``), so that the x of a package index is another one.
    """

    name: str
    text: str
    address: bool = False
    location: FileLocation | None = field(default=None, compare=False)


@dataclass(frozen=True)
class MissingFile:
    """A file of requirements that another one includes (``-r``), and that the collection does not have."""

    name: str
    location: FileLocation


def declared(content: CollectionContent) -> tuple[CollectionRequirement, ...]:
    """What ``meta/execution-environment.yml`` names; ``requirements.txt`` counts only where there is none."""
    return read_declared(content)[0]


def read_declared(content: CollectionContent) -> tuple[tuple[CollectionRequirement, ...], tuple[MissingFile, ...]]:
    """The same, and the files that are included but missing."""
    dependencies = builder_dependencies(content)
    python = dependencies.get("python") if dependencies is not None else "requirements.txt"
    reader = _Reader(content)
    found: Iterable[CollectionRequirement] = ()
    if isinstance(python, list):
        path = builder_file(content) or content.path
        found = (line for one in python for line in reader.text(str(one), path, first=line_of(one)))
    elif isinstance(python, str):
        found = reader.file(content.path / python)
    return tuple(found), tuple(reader.missing)


def builder_file(content: CollectionContent) -> Path | None:
    """The file in which a collection says what ``ansible-builder`` has to add for it, beside its dependencies."""
    return content.files.file(*(content.path / name for name in _BUILDER_FILES))


def builder_dependencies(content: CollectionContent) -> Mapping[str, Any] | None:
    """The ``dependencies`` of ``meta/execution-environment.yml``; None where there is no such file."""
    path = builder_file(content)
    if path is None:
        return None
    loaded = content.files.yaml(path)
    dependencies = loaded.get("dependencies") if isinstance(loaded, dict) else None
    return dependencies if isinstance(dependencies, dict) else {}


def parsed(text: str) -> Requirement | None:
    """A requirement by name (PEP 508), None for any other text."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return None if requirement.url else requirement


class _Reader:
    """Reads requirement files of one collection and, as ``ansible-builder`` does, those that they include (``-r``)."""

    def __init__(self, content: CollectionContent) -> None:
        self._content = content
        self.missing: list[MissingFile] = []
        self._read: set[Path] = set()
        self._depth = 0
        self._lines = 0

    def file(self, path: Path) -> Iterator[CollectionRequirement]:
        """The requirements of a file; none where the collection has no such file, or it was read before."""
        found = self._content.files.file(path)
        if found is None or found in self._read:
            return
        if self._depth == MAX_DEPTH:
            shown = self._content.shown(found)
            raise InputError(f"{shown}: requirement files include each other more than {MAX_DEPTH} deep", file=shown)
        self._read.add(found)
        self._depth += 1
        yield from self.text(self._content.files.text(found).removeprefix("\ufeff"), found)
        self._depth -= 1

    def text(self, text: str, path: Path, first: int = 1) -> Iterator[CollectionRequirement]:
        """The lines that name a distribution; other options than ``-r``, paths and comments are left out."""
        shown = self._content.shown(path)
        self._lines += text.count("\n") + 1
        if self._lines > MAX_DECLARED + 1:
            what = f"more than {MAX_DECLARED} lines, the maximum for requirement files"
            raise InputError(f"{shown} has {what}", file=shown)
        for number, line in logical_lines(text):
            bare = " ".join(line.split())
            if len(bare) > MAX_LENGTH:
                what = f"the requirement has more than {MAX_LENGTH} characters"
                raise InputError(f"{shown}, line {number}: {what}; shorten it", file=shown, line=number)
            included = _INCLUDE.fullmatch(bare)
            if included is not None:
                if self._content.files.file(path.parent / included[1]) is None:
                    self.missing.append(MissingFile(included[1], FileLocation(shown, first + number - 1)))
                yield from self.file(path.parent / included[1])
            else:
                yield from requirements_of_line(bare, FileLocation(shown, first + number - 1))


def requirements_of_line(bare: str, location: FileLocation | None = None) -> Iterator[CollectionRequirement]:
    """The requirement of a line without its hashes and other options."""
    bare = _OPTIONS.split(bare, maxsplit=1)[0]
    requirement = parsed(bare)
    if requirement is not None:
        yield CollectionRequirement(normalise_name(requirement.name), bare, location=location)
        return
    at_address = _AT_ADDRESS.match(bare) or _EGG.search(bare) or _WHEEL.search(bare)
    if at_address is not None:
        yield CollectionRequirement(normalise_name(at_address[1]), without_passwords(bare), True, location)
