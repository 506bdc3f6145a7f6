# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a project declares for ansible-galaxy: the collections and roles in its requirements files.

A file that ansible-galaxy refuses stops a run, because the versions that it declares would be lost. A file of another
program, which only has the name, does not.

The forms are those of ``_parse_requirements_file`` in ansible/cli/galaxy.py and of ``requirements`` in
ansible/galaxy/role.py; the places are those that ``ansible-galaxy install -r``, automation controller and
ansible-lint have by convention. Requirements files of tests (``molecule``, ``tests``) are not the project's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, shortened

from ..model import FileLocation
from .collection_metadata import CollectionMetadata
from .documents import is_playbook
from .files import VAULT_HEADER, Files
from .names import YAML_ENDINGS
from .requirement_entries import OF_ROLE, entry_problem, is_key_of_role, is_versioned_name, nearest_key
from .scan import Findings, is_template
from .tree import OutsideError
from .yaml import UnusableFileError, line_of

#: Below each directory; ``meta`` is that of a role.
_PLACES = ("requirements", "collections/requirements", "roles/requirements", "meta/requirements")
_KEYS = ("collections", "roles")
#: What in a text that is no YAML shows that it was meant for ansible-galaxy.
_IS_MEANT = re.compile(rb"^[ \t]*(?:- *)?(?:collections|roles|role|name|src|scm|source|include) *:", re.MULTILINE)
_MAX_TEXT = 1 << 20
_RESOLVER, _TEXT = yaml.resolver.Resolver(), "tag:yaml.org,2002:str"
_MAX_NUMBER = 40


@dataclass(frozen=True)
class DeclaredEntry:
    """One entry as it stands in a requirements file: a text or a mapping, not checked yet.

    ``directory`` is where ansible-galaxy is started for it, from where its paths are relative. ``is_dependency``: it is
    one of a collection in the project.
    """

    value: Any
    location: FileLocation
    directory: Path
    is_dependency: bool = False


@dataclass(frozen=True)
class GalaxyRequirements:
    """The entries of all requirements files, nearest to the root first; ``files`` are their paths."""

    files: tuple[Path, ...] = ()
    collections: tuple[DeclaredEntry, ...] = ()
    roles: tuple[DeclaredEntry, ...] = ()


def galaxy_requirements(files: Files, findings: Findings, directories: Iterable[Path]) -> GalaxyRequirements:
    """Read the requirements files of ``directories``; one that ansible-galaxy would refuse is unresolved, and stops."""
    reader = _Reader(files, findings)
    for directory in directories:
        reader.read(directory)
    return GalaxyRequirements(tuple(reader.seen), tuple(reader.collections), tuple(reader.roles))


def dependencies_of(files: Files, collections: Iterable[CollectionMetadata]) -> list[DeclaredEntry]:
    """What collections in the project depend on, as entries of a requirements file.

    ansible-galaxy reads them as such (``get_dependencies`` in galaxy/dependency_resolution/providers.py).
    """
    return [
        DeclaredEntry(
            {"name": name, "version": versions},
            FileLocation(files.shown(one.path), line_of(name, line_of(versions))),
            one.path.parent,
            is_dependency=True,
        )
        for one in collections
        for name, versions in one.written
    ]


def directories_of(root: Path, entries: Iterable[Path]) -> list[Path]:
    """The directories where requirements of ``entries`` (playbooks, roles) can lie: from ``root`` down to each."""
    above = {up for entry in entries for up in entry.parents if up.is_relative_to(root)}
    return sorted({root, *above}, key=lambda one: (len(one.parts), one))


class _Reader:
    """Collects entries, each file once."""

    def __init__(self, files: Files, findings: Findings) -> None:
        self.seen: dict[Path, None] = {}
        self.collections: list[DeclaredEntry] = []
        self.roles: list[DeclaredEntry] = []
        self._included: set[Path] = set()
        self._files = files
        self._findings = findings

    def read(self, directory: Path) -> None:
        """Read those below ``directory``; of two endings the first counts."""
        for place in _PLACES:
            found = None
            try:
                found = self._found([directory / f"{place}{ending}" for ending in YAML_ENDINGS])
                if found is not None and found not in self.seen:
                    self._file(found, directory)
            except UnusableFileError as error:
                is_meant = found is None or place != _PLACES[0] or self._is_meant(found)
                self._findings.unusable(error, stops=is_meant, kind="requirements")

    def _found(self, paths: Sequence[Path]) -> Path | None:
        """The first that is a file; one that is a link to nothing, or out of the project, is unusable."""
        try:
            found = self._files.file(*paths, strict=True)
            if found is None:
                self._check_nothing_else(paths)
            return found
        except OutsideError as error:
            if error.link is None or error.link not in paths:
                return self._files.file(*paths)
            outside = "it is a link to a path outside of the project, which is not followed; replace it with a copy"
            raise self._unusable(error.link, None, outside) from None

    def _check_nothing_else(self, paths: Sequence[Path]) -> None:
        """Raise where one of ``paths``, none of which is a file, is something else."""
        directory = self._files.directory(paths[0].parent)
        names = self._files.names(directory) if directory is not None else ()
        for path in paths:
            if path.name in names and self._files.directory(path) is not None:
                raise self._unusable(path, None, "it is a directory; put the file there, or rename it")
            if path.name in names and self._files.either(path) is None:
                raise self._unusable(path, None, "it is a link to nothing; correct or remove it")

    def _is_meant(self, path: Path) -> bool:
        """Whether a file that cannot be used was written for ansible-galaxy, as far as it can be read.

        A dictionary with other keys alone is something else, unless one of them is nearly one of ansible-galaxy's.
        """
        try:
            document = self._files.yaml(path)
            if isinstance(document, dict) and document:
                return any(key in _KEYS or nearest_key(key, _KEYS) for key in document)
            if isinstance(document, list) and any(map(is_versioned_name, document)):
                return True
        except InputError:
            document = None
        try:
            text = self._files.data(path)[:_MAX_TEXT]
        except InputError:
            return True
        return text.lstrip().startswith(VAULT_HEADER) or _IS_MEANT.search(text) is not None

    def _file(self, path: Path, directory: Path) -> None:
        document = self._document(path)
        if isinstance(document, list):
            if any(_is_role(one) for one in document) and not is_playbook(document):
                self._take(path, None, document, directory)
        elif isinstance(document, dict):
            unknown = [shortened(key, 40) for key in document if key not in _KEYS]
            if unknown:
                raise self._unusable(path, document, f"it has {listed(unknown)} beside or instead of {listed(_KEYS)}")
            self._take(path, document.get("collections"), document.get("roles"), directory)
        elif document is not None:
            raise self._unusable(path, document, "it is neither a list nor a dictionary")

    def _take(self, path: Path, collections: Any, roles: Any, directory: Path) -> None:
        """Take the entries of a file, all or none of them."""
        both = zip(_KEYS, (collections, roles), strict=True)
        taken = [list(self._entries(path, key, one, directory)) for key, one in both]
        for number, entries in enumerate(taken):
            for entry in entries:
                self._check(path, entry, is_role=number == 1)
        self.seen.setdefault(path)
        self.collections += taken[0]
        for entry in taken[1]:
            include = entry.value.get("include") if isinstance(entry.value, dict) else None
            self.roles += [entry] if include is None else self._include(include, path, directory)

    def _entries(self, path: Path, key: str, value: Any, directory: Path) -> Iterator[DeclaredEntry]:
        if value is None:
            return
        if not isinstance(value, (list, dict)):
            raise self._unusable(path, value, f"{key} must be a list")
        for one in value:  # ansible-galaxy takes the keys of a dictionary
            yield DeclaredEntry(one, FileLocation(self._files.shown(path), line_of(one, line_of(value))), directory)

    def _check(self, path: Path, entry: DeclaredEntry, *, is_role: bool) -> None:
        problem = entry_problem(entry.value, is_role=is_role)
        if problem is not None:
            raise self._unusable(path, problem.value, problem.reason, line=entry.location.line)
        self._check_version(path, entry.value, is_role=is_role)

    def _check_version(self, path: Path, entry: Any, *, is_role: bool) -> None:
        """Raise where YAML has another value than the text of a version, such as the number 1.1 for 1.10.

        ansible-galaxy ends with a bug for a collection (``'float' object is not subscriptable``), and takes another
        version of a role.
        """
        version = entry.get("version") if isinstance(entry, dict) else None
        if not isinstance(version, str) or is_template(version) or _is_text(version, is_role=is_role):
            return
        line = self._files.data(path).decode("utf-8", "replace").splitlines()[line_of(version) - 1 :][:1]
        if re.search(rf"version[\"']?[ \t]*:[ \t]+{re.escape(version)}[ \t]*(?:[,}}\]#]|$)", "".join(line)):
            raise self._unusable(path, version, f"version {shortened(version)} is no text to YAML: quote it")

    def _include(self, include: Any, path: Path, directory: Path) -> list[DeclaredEntry]:
        """The roles of an included file, which is relative to where ansible-galaxy starts, and includes no other."""
        name = str(include)
        try:
            found = self._files.file(directory / name, self._files.root / name, strict=True)
        except OutsideError:
            raise self._unusable(path, include, f"{shortened(name)} is outside of the project; copy it") from None
        if found is None:
            raise self._unusable(path, include, f"{shortened(name)} does not exist in the project")
        if found in self._included:
            return []
        self._included.add(found)
        document = self._document(found)
        if not isinstance(document, list):
            raise self._unusable(found, document, "an included file must be a list of roles")
        entries = list(self._entries(found, "roles", document, directory))
        for entry in entries:
            self._check(found, entry, is_role=True)
        return entries

    def _document(self, path: Path) -> Any:
        document = self._files.yaml(path)
        if document is None and self._files.data(path).lstrip().startswith(VAULT_HEADER):
            raise self._unusable(path, document, "it is encrypted")
        return document

    def _unusable(self, path: Path, value: Any, what: str, *, line: int = 1) -> UnusableFileError:
        reason = f"ansible-galaxy cannot use these requirements: {what}"
        return UnusableFileError(self._files.shown(path), reason, line=line_of(value, line))


def _is_text(version: str, *, is_role: bool) -> bool:
    """Whether YAML takes a plain scalar for the text that it is; of a role it can have another type."""
    tag_of: Callable[..., str] = _RESOLVER.resolve
    if tag_of(yaml.ScalarNode, version, (True, False)) == _TEXT:
        return True
    try:
        return is_role and len(version) <= _MAX_NUMBER and str(yaml.safe_load(version)) == version
    except ValueError:  # what looks like a date can be none
        return False


def _is_role(entry: Any) -> bool:
    """Whether an entry of a list can be one of a role; a task has a name as well, and a module beside it."""
    if isinstance(entry, dict):
        is_alone = all(map(is_key_of_role, entry))
        return not OF_ROLE.isdisjoint(entry) and (is_alone or "src" in entry or "role" in entry)
    return isinstance(entry, str)
