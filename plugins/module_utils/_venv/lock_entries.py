# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The entries of a lock: a package, collection or role as a line or lines that pip and ansible-galaxy read as well."""

from __future__ import annotations

import json
import re

from .._collections.locked import LockedCollection
from .._collections.versions import SemanticVersion
from .._roles.requests import LockedRole, parse_roles

_PACKAGE = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE)
_TEXT = r'("(?:[^"\\\n]|\\.)*")'
#: The version in the comment is that of a collection whose entry has a commit, or no version.
_COLLECTION = re.compile(
    rf"^  - name: (\w+\.\w+)\n((?:    \w+: {_TEXT}\n)*?)    version: (\S+) # (?:(\S+) )?sha256:([0-9a-f]{{64}})$",
    re.MULTILINE | re.ASCII,
)
_ROLE = re.compile(
    rf"^  - name: {_TEXT}\n    src: {_TEXT}\n(?:    requested_revision: {_TEXT}\n)?"
    rf"    version: {_TEXT} # sha256:([0-9a-f]{{64}})$",
    re.MULTILINE | re.ASCII,
)
_FIELD = re.compile(rf"^    (\w+): {_TEXT}$", re.MULTILINE | re.ASCII)
#: What an entry of a collection has beside name and version.
_ORIGIN = ("type", "source", "requested_revision")


def package_text(package: tuple[str, str, str]) -> str:
    """The line for a package: its name, version and sha256."""
    return "{}=={} --hash=sha256:{}\n".format(*package)


def packages_of(text: str) -> tuple[tuple[str, str, str], ...]:
    """The packages in these lines."""
    return tuple(_PACKAGE.findall(text))


def collections_of(text: str) -> tuple[LockedCollection, ...]:
    """The collections in this listing; ``ValueError`` or :class:`InputError` for an entry that is none of ours."""
    return tuple(map(_collection_of, _COLLECTION.findall(text)))


def roles_of(text: str) -> tuple[LockedRole, ...]:
    """The roles in this listing; otherwise as :func:`collections_of`."""
    return tuple(map(_role_of, _ROLE.findall(text)))


def collection_text(collection: LockedCollection) -> str:
    """An entry for ansible-galaxy; of a collection that is not found by its version, that stands in the comment."""
    origin = collection.origin
    fields = [f"    {key}: {json.dumps(origin[key])}\n" for key in _ORIGIN if origin.get(key)]
    version, comment = collection.version, ""
    if "type" in origin:
        version, comment = json.dumps(origin.get("version", "*")), f"{version} "
    lines = f"{''.join(fields)}    version: {version}"
    return f"  - name: {collection.name}\n{lines} # {comment}sha256:{collection.sha256}\n"


def _collection_of(match: tuple[str, ...]) -> LockedCollection:
    name, fields, _last, version, resolved, sha256 = match
    origin = {key: json.loads(text) for key, text in _FIELD.findall(fields) if key in _ORIGIN}
    if "type" in origin:
        reference, version = json.loads(version), resolved
        origin.update({"version": reference} if reference != "*" else {})
    SemanticVersion.parse(version)
    locked = LockedCollection(name, version, sha256, origin)
    locked.request()
    return locked


def role_text(role: LockedRole) -> str:
    """An entry for ansible-galaxy; text in JSON's form is YAML, and no other reader takes a version for a number."""
    entry = {**role.request().entry(), "version": role.version}
    keys = ("name", "src", *(["requested_revision"] if role.requested_revision else []), "version")
    lines = [f"{key}: {json.dumps(entry[key])}" for key in keys]
    listed = "\n    ".join(lines)
    return f"  - {listed} # sha256:{role.sha256}\n"


def _role_of(match: tuple[str, ...]) -> LockedRole:
    name, src, requested, version = (json.loads(text or '""') for text in match[:4])
    scm, plus, address = src.partition("+")
    is_repository = plus and scm in ("git", "hg")
    scm = scm if is_repository else ""
    locked = LockedRole(name, version, match[4], address if is_repository else src, scm or None, requested)
    parse_roles([locked.request().entry()])
    return locked
