# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where a role lies, in the order in which ansible-core looks (``playbook/role/definition.py``)."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import name_of_source

from ..resolution.routing import Library
from .context import Context, search, text_of
from .fetched_roles import FetchedRoles
from .files import Files
from .names import is_collection, looks_full, split_name
from .role_directory import RoleDirectory
from .role_uses import RoleUses
from .scope import ANY
from .tree import OUTSIDE
from .values import collection_of
from .yaml import Fields, Text, line_of

#: What the directory of a role has one of; see "Role directory structure" in Ansible's documentation.
_LAYOUT = ("tasks", "handlers", "defaults", "vars", "meta", "files", "templates", "library", "module_utils")
_COLLECTIONS = "ansible_collections"


@dataclass(frozen=True)
class RoleSearch:
    """``configured`` gives the directories of ``roles_path`` that lie in the project, for a playbook's directory."""

    library: Library
    configured: Callable[[Path], Iterable[Path]]
    fetched: FetchedRoles | None = None
    #: Those that were named.
    uses: RoleUses = field(default_factory=RoleUses, compare=False)
    #: The roles in a directory, by who reads it.
    listed: dict[tuple[Path, Path], list[str]] = field(default_factory=dict, compare=False)

    def find(self, name: str, context: Context) -> RoleDirectory | str:
        """The directory of the role ``name`` seen from ``context``, or the reason why there is none."""
        reason = self._reason_for_name(name)
        for collection, role in self._candidates(name, context):
            content = self.library.open(collection)
            path = content.role(role) if content is not None else None
            if content is not None and path is not None:
                return RoleDirectory(path, content.files, collection)
            if looks_full(name):
                reason = missing_in_collection(collection, "role", role, known=content is not None)
        return self._in_directories(name, context, reason)

    def perhaps_missing(self, name: str, found: RoleDirectory | str, context: Context) -> str:
        """The full name of a role for which nothing was ``found`` anywhere, or no text.

        A short name belongs to the one collection of the search list that cannot be had, as that of a plugin does.
        """
        if looks_full(name) or found != self._reason_for_name(name):
            return ""
        lacking = self.library.lacking(collection for collection, _role in self._candidates(name, context))
        return f"{lacking[0]}.{name}" if len(lacking) == 1 else ""

    def matching(self, pattern: str, context: Context) -> list[str] | str:
        """The names of the roles that fit a shell pattern, or the reason why there are none.

        They are those of the collection that the pattern names, or else of all that another name can mean: in the
        directories of roles, in collections, and in what the project declares.
        """
        collection = collection_of(pattern)
        if collection:
            content = self.library.open(collection)
            if content is None:
                return missing_in_collection(collection, "role", "", known=False)
            names = [f"{collection}.{name}" for name in content.roles()]
        else:
            above = f"{pattern.rpartition('/')[0]}/" if "/" in pattern else ""
            directories = [] if ANY in above else self.directories(context)
            names = [above + name for directory in directories for name in self._roles_in(directory / above, context)]
            opened = [self.library.open(name) for name in context.search]
            names += [name for content in opened if content is not None and not above for name in content.roles()]
            names += self.fetched.declared if self.fetched is not None else ()
        return [name for name in dict.fromkeys(names) if fnmatch.fnmatchcase(name, pattern)]

    def _roles_in(self, directory: Path, context: Context) -> list[str]:
        """The directories in ``directory`` that are laid out as roles."""
        files = context.files
        key = (files.root, directory)
        if key not in self.listed:
            self.listed[key] = [
                name
                for name in files.names(directory)
                if not name.startswith(".") and files.directory(*(directory / name / part for part in _LAYOUT))
            ]
        return self.listed[key]

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
        return [
            context.base / "roles",
            *self.configured(context.base),
            *beside,
            context.base,
            context.files.root / "roles",
        ]

    def collection_around(self, path: Path, files: Files) -> str:
        """The collection of the project that a playbook lies in, empty for none.

        See ``_get_collection_name_from_path`` in ``utils/collection_loader/_collection_finder.py``.
        """
        parts = path.parts
        if parts.count(_COLLECTIONS) != 1 or files.label:
            return ""
        end = parts.index(_COLLECTIONS) + 3
        directory, name = Path(*parts[:end]), ".".join(parts[end - 2 : end])
        # A project that is a part of a collection needs nothing from elsewhere to be read.
        if len(parts) <= end or not is_collection(name) or not directory.is_relative_to(files.root):
            return ""
        content = self.library.open(name)
        return name if content is not None and content.directory.path == directory else ""

    def is_at_base(self, found: RoleDirectory | str, context: Context) -> bool:
        """Whether the role is one of the playbook's directory alone, or may be one of another's."""
        if not isinstance(found, RoleDirectory):
            return True
        own, *others = self.directories(context)
        parent = found.path.parent
        return parent in (own, context.base) and parent not in [one for one in others if one != context.base]

    def _in_directories(self, name: str, context: Context, reason: str) -> RoleDirectory | str:
        directories = self.directories(context)
        found = search(directories, lambda directory: context.files.directory(directory / name, strict=True))
        if found.path is not None:
            return RoleDirectory(found.path, context.files)
        if found.link is not None:
            return found.reason
        if "/" in name:
            reason = found.reason or reason
        if context.home is not None:
            files, base = context.home
            return self._in_directories(name, replace(context, files=files, base=base, role=None, home=None), reason)
        return self._fetched(name, reason)

    def _fetched(self, name: str, reason: str) -> RoleDirectory | str:
        """A role that is only elsewhere; the name of a collection's role and a path are none."""
        if self.fetched is None or looks_full(name) or "/" in name:
            return reason
        found = self.fetched.find(name)
        return RoleDirectory(found.root, found) if isinstance(found, Files) else found or reason

    @staticmethod
    def _reason_for_name(name: str) -> str:
        if Path(name).is_absolute():
            return OUTSIDE
        return (
            "no directory of roles in the project contains it; use the name of its collection, or add it to the project"
        )


def missing_in_collection(collection: str, kind: str, name: str, *, known: bool) -> str:
    """Why a collection, which is ``known`` or not, gives no role or playbook ``name``."""
    if known:
        return f"{collection} has no {kind} {name!r}"
    return f"the source of collections does not have {collection}"


def named_dependency(entry: Any) -> Any:
    """An item of a role's dependencies: one that says only its source is named by that.

    So does ``_load_dependencies`` in ansible/playbook/role/metadata.py.
    """
    src = text_of(entry.get("src")) if isinstance(entry, Fields) else None
    if src is None or "role" in entry or "name" in entry:
        return entry
    named = Fields({**entry, "name": Text.at(name_of_source(src), line_of(src))})
    named.line = entry.line
    return named


def role_context(role: RoleDirectory, context: Context, metadata: Any) -> Context:
    """The context of a role's tasks: its own collections only, those of the play do not reach into it."""
    search: list[str] = [role.collection] if role.collection else []
    declared = metadata.get("collections") if isinstance(metadata, dict) else None
    search += [str(name) for name in declared or () if isinstance(name, str) and name not in search]
    inner = replace(
        context, files=role.files, role=role.path, directories=(role.path,), search=tuple(search), collection=""
    )
    if context.home is not None and role.files is context.home[0]:
        inner = replace(inner, base=context.home[1], home=None)
    elif role.files is not context.files:
        inner = replace(inner, base=role.path, home=context.home or (context.files, context.base))
    return inner.with_local(role_path=[str(role.path)], role_name=[role.name])
