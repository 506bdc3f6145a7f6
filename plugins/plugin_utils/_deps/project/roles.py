# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where a role lies, in the order in which ansible-core looks (``playbook/role/definition.py``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..resolution.routing import Library
from .context import OUTSIDE, Context, search
from .files import Files
from .names import looks_full, split_name


@dataclass(frozen=True)
class RoleDirectory:
    """A role that was found; ``collection`` is empty for one of the project, ``files`` reads its content."""

    path: Path
    files: Files
    collection: str = ""


@dataclass(frozen=True)
class RoleSearch:
    """``paths`` are the directories of ``roles_path`` in the project's ansible.cfg that lie in the project."""

    library: Library
    paths: tuple[Path, ...] = ()

    def find(self, name: str, context: Context) -> RoleDirectory | str:
        """The directory of the role ``name`` seen from ``context``, or the reason why there is none."""
        reason = self._reason_for_name(name)
        for collection, role in self._candidates(name, context):
            content = self.library.open(collection)
            path = content.role(role) if content is not None else None
            if content is not None and path is not None:
                return RoleDirectory(path, content.files, collection)
            if looks_full(name):
                reason = _collection_reason(collection, role, known=content is not None)
        return self._in_directories(name, context, reason)

    def _candidates(self, name: str, context: Context) -> list[tuple[str, str]]:
        """The collections that are asked, with the role's name in them."""
        if looks_full(name):
            full = split_name(name)
            return [full] if full is not None else []
        if "." in name or "/" in name:
            return []
        return [(collection, name) for collection in context.search if not collection.startswith("ansible.")]

    def directories(self, context: Context) -> list[Path]:
        """The directories searched for roles; the last one is not Ansible's, but where an environment points."""
        beside = [context.role.parent] if context.role is not None else []
        return [context.base / "roles", *self.paths, *beside, context.base, context.files.root / "roles"]

    def _in_directories(self, name: str, context: Context, reason: str) -> RoleDirectory | str:
        directories = self.directories(context)
        found = search(directories, lambda directory: context.files.directory(directory / name, strict=True))
        if found.path is not None:
            return RoleDirectory(found.path, context.files)
        return found.reason if found.link is not None else reason

    @staticmethod
    def _reason_for_name(name: str) -> str:
        if Path(name).is_absolute():
            return OUTSIDE
        return (
            "no directory of roles in the project contains it; use the name of its collection, or add it to the project"
        )


def _collection_reason(collection: str, role: str, *, known: bool) -> str:
    if known:
        return f"{collection} has no role {role!r}"
    return f"the source of collections does not have {collection}"


def role_context(role: RoleDirectory, context: Context, metadata: Any) -> Context:
    """The context of a role's tasks: its own collections only, those of the play do not reach into it."""
    search: list[str] = [role.collection] if role.collection else []
    declared = metadata.get("collections") if isinstance(metadata, dict) else None
    search += [str(name) for name in declared or () if isinstance(name, str) and name not in search]
    inner = replace(context, files=role.files, role=role.path, directories=(role.path,), search=tuple(search))
    if role.files is not context.files:
        inner = replace(inner, base=role.path)
    return inner.with_local(role_path=[str(role.path)], role_name=[role.path.name])
