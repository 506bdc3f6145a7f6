# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""All code that a plugin brings along: its file, and what that imports from collections and from the project."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._checks import Function, functions_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._files import read_regular
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._imports import Import, imports_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._routing import BUILTIN, Library

_PREFIX = "ansible_collections."


@dataclass(frozen=True)
class Code:
    """A parsed Python file; ``problem`` says why it could not be parsed, with the line."""

    path: Path
    imports: tuple[Import, ...] = ()
    functions: tuple[Function, ...] = ()
    tree: ast.Module | None = None
    problem: str = ""
    line: int = 1


@dataclass(frozen=True)
class Member:
    """A file of a closure. ``collection`` owns it; ``certain`` is False when only guarded imports lead to it."""

    code: Code
    collection: str
    shown: str
    certain: bool


@lru_cache(maxsize=4096)
def read_code(path: Path) -> Code:
    """Parse a file; the same file is parsed once in a run."""
    try:
        source = read_regular(path)
        tree = ast.parse(source)
        return Code(path, imports_of(tree, str(path)), functions_of(tree), tree)
    except SyntaxError as error:
        return Code(path, problem=f"it does not parse: {error.msg}", line=error.lineno or 1)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return Code(path, problem=f"it cannot be read: {error}")


def closure(starts: list[tuple[Path, str]], library: Library, local: tuple[Path, ...] = ()) -> list[Member]:
    """The files that the plugin files ``starts`` (each with its collection) import, themselves included.

    ``local`` are folders of the project's own module_utils. Files of ansible-core are not entered: what they need
    comes with core.
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
        for one in read_code(path).imports:
            for target, target_owner in _targets(one, path, owner, library, local):
                queue.append((target, target_owner, sure and one.guard != "unlikely"))
    return [
        Member(read_code(path), owners[path], _shown(path, owners[path], library), sure)
        for path, sure in certain.items()
    ]


def _targets(
    one: Import, path: Path, owner: str, library: Library, local: tuple[Path, ...]
) -> Iterator[tuple[Path, str]]:
    """The files behind an import that lie in a collection or in the project's module_utils."""
    name = _absolute(one, path, owner, library)
    if name.startswith(_PREFIX):
        parts = name.split(".")
        if len(parts) > 3:
            yield from _in_collection(f"{parts[1]}.{parts[2]}", parts[3:], library)
    elif name.startswith("ansible.module_utils.") and local:
        relative = name.split(".")[2:]
        for folder in local:
            for length in range(len(relative), 0, -1):
                found = folder.joinpath(*relative[:length]).with_suffix(".py")
                if found.is_file():
                    yield found, ""
                    break


def _in_collection(collection: str, parts: list[str], library: Library) -> Iterator[tuple[Path, str]]:
    content = library.open(collection)
    if content is None:
        return
    if parts[:2] == ["plugins", "module_utils"] and len(parts) > 2:
        for length in range(len(parts), 2, -1):
            target = str(content.route("module_utils", ".".join(parts[2:length])).get("redirect") or "")
            if target.startswith(_PREFIX):
                rest = target.split(".")
                yield from _in_collection(f"{rest[1]}.{rest[2]}", [*rest[3:], *parts[length:]], library)
                return
    for length in range(len(parts), 0, -1):
        found = content.module_file(".".join(parts[:length]))
        if found is not None:
            yield found, collection
            break
    for length in range(1, len(parts)):
        package = content.folder.path.joinpath(*parts[:length], "__init__.py")
        if length > 2 and package.is_file():
            yield package, collection


def _absolute(one: Import, path: Path, owner: str, library: Library) -> str:
    """The full name of a relative import."""
    if not one.level:
        return one.name
    content = library.open(owner) if owner else None
    if content is None:
        return ""
    root = content.folder.path
    try:
        parts = list(path.relative_to(root).with_suffix("").parts)
    except ValueError:
        return ""
    package = parts[: len(parts) - one.level]
    return ".".join([_PREFIX.rstrip("."), *owner.split("."), *package, one.name])


def is_internal(one: Import) -> bool:
    """Whether an import stays within Ansible: core, collections, relative."""
    return bool(one.level) or one.top in ("ansible", "ansible_collections", "__main__", "")


def _shown(path: Path, owner: str, library: Library) -> str:
    """The path in evidence: relative to the project, or after the name of the collection."""
    content = library.open(owner) if owner and owner != BUILTIN else None
    if content is not None and content.folder.path in path.parents:
        return content.shown(path)
    if not owner and library.root is not None and library.root in path.parents:
        return path.relative_to(library.root).as_posix()
    return f"{owner}/{path.name}" if owner else path.name
