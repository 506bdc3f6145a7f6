# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""All code that a plugin brings along: its file, and what that imports from collections and from the project."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ..project.files import Files
from ..project.names import parts_of
from ..project.yaml import is_limit
from ..resolution.routing import BUILTIN, MAX_HOPS, Library
from .imports import Import
from .known_code import known_code
from .parsed_code import Code

_PREFIX = ("ansible_collections",)
#: The files of ansible-core that import, in a ``try``, what its own requirements do not bring.
_CORE_FILES = (("utils", "encrypt"), ("module_utils", "compat", "paramiko"))


@dataclass(frozen=True)
class Member:
    """A file of a closure. ``collection`` owns it; ``certain`` is False when only guarded imports lead to it."""

    code: Code
    collection: str
    shown: str
    certain: bool


def read_code(path: Path, files: Files) -> Code:
    """The code of a file, which is parsed once in a run."""
    if path not in files.parsed:
        try:
            files.parsed[path] = known_code(files.data(path), path, files.facts)
        except InputError as error:
            files.parsed[path] = Code(path, problem=error.message, is_limit=is_limit(error))
    code: Code = files.parsed[path]
    return code


def closure(starts: list[tuple[Path, str]], library: Library, local: tuple[Path, ...] = ()) -> list[Member]:
    """The files that the plugin files ``starts`` (each with its collection) import, themselves included.

    ``local`` are directories of the project's own module_utils. Files of ansible-core are not entered, because what
    they need comes with core, but for the few of which this is not so.
    """
    certain: dict[Path, bool] = {}
    owners: dict[Path, str] = {}
    queue = deque((path, owner, True) for path, owner in starts)
    while queue:
        path, owner, sure = queue.popleft()
        if certain.get(path, False) or (path in certain and not sure):
            continue
        certain[path] = sure
        owners[path] = owner
        for one in read_code(path, library.files(owner, path)).imports:
            for target, target_owner in _targets(one, path, owner, library, local):
                queue.append((target, target_owner, sure and one.guard != "unlikely"))
    return [_member(path, owners[path], library, sure=sure) for path, sure in certain.items()]


def _member(path: Path, owner: str, library: Library, *, sure: bool) -> Member:
    return Member(read_code(path, library.files(owner, path)), owner, library.shown(path, owner), sure)


def _targets(
    one: Import, path: Path, owner: str, library: Library, local: tuple[Path, ...]
) -> Iterator[tuple[Path, str]]:
    """The files behind an import that lie in a collection or in the project's module_utils."""
    parts = parts_of(_absolute(one, path, owner, library).removesuffix(".*"))
    if parts[:1] == _PREFIX and len(parts) > 3:
        yield from _in_collection(parts, library)
        return
    core = next((file for file in _CORE_FILES if parts[1 : len(file) + 1] == file), None)
    if parts[:1] == ("ansible",) and core is not None:
        found = library.core_file(core)
        yield from [(found, BUILTIN)] if found is not None else []
    elif parts[:2] == ("ansible", "module_utils"):
        yield from ((found, "") for found in local_utils(".".join(parts[2:]), library, local))


def local_utils(name: str, library: Library, local: tuple[Path, ...]) -> Iterator[Path]:
    """The files in directories of the project's module_utils that take the place of ``ansible.module_utils.<name>``."""
    parts = parts_of(name)
    for directory in local:
        for length in range(len(parts), 0, -1):
            found = library.files("", directory).named(directory, ".".join(parts[:length]), (".py",))
            if found is not None:
                yield found
                break


def _in_collection(name: tuple[str, ...], library: Library, hops: int = 0) -> Iterator[tuple[Path, str]]:
    """The files of a full name below ``ansible_collections``, which the collection may have sent elsewhere."""
    collection, parts = ".".join(name[1:3]), name[3:]
    content = library.open(collection)
    if content is None or hops > MAX_HOPS:
        return
    if parts[:2] == ("plugins", "module_utils") and len(parts) > 2:
        for length in range(len(parts), 2, -1):
            target = parts_of(str(content.route("module_utils", ".".join(parts[2:length])).get("redirect") or ""))
            if target[:1] == _PREFIX and len(target) > 3:
                yield from _in_collection((*target, *parts[length:]), library, hops + 1)
                return
    for length in range(len(parts), 0, -1):
        found = content.module_file(".".join(parts[:length]))
        if found is not None:
            yield found, collection
            break
    for length in range(1, len(parts)):
        package = content.package(".".join(parts[:length])) if length > 2 else None
        if package is not None:
            yield package, collection


def _absolute(one: Import, path: Path, owner: str, library: Library) -> str:
    """The full name of a relative import."""
    if not one.level:
        return one.name
    content = library.open(owner)
    if content is None or not path.is_relative_to(content.path):
        return ""
    parts = path.relative_to(content.path).with_suffix("").parts
    if one.level > len(parts):
        return ""
    package = parts[: len(parts) - one.level]
    return ".".join([*_PREFIX, *owner.split("."), *package, one.name])


def is_internal(one: Import) -> bool:
    """Whether an import stays within Ansible: core, collections, relative."""
    return bool(one.level) or one.top in ("ansible", "ansible_collections", "__main__", "")
