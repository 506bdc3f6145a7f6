# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a user asks for in ``collections:``, in the forms that a Galaxy requirements file has."""

from __future__ import annotations

import keyword
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._galaxy.address import REFERENCE, check_address, revision_of, shown
from .versions import VersionRange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPES = ("galaxy", "git", "url", "file", "dir", "subdirs")
#: Those whose name can be an address or path.
ADDRESSED_TYPES = TYPES[1:]
#: What lies on this host, and is read without ansible-galaxy.
LOCAL_TYPES = {"file": "tarball", "dir": "directory", "subdirs": "directory"}
ENTRY_KEYS = ("name", "version", "type", "source", "signatures", "requested_revision")
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: What only we know of: ansible-galaxy ignores it.
_SHA256 = "sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: What a request demands or says beside what is asked of a source: it is compared with what the source delivers.
BESIDE_QUESTION = frozenset({"sha256", "requested_revision"})
#: Each part is a Python identifier and a directory's name; 64 is what Galaxy's own database holds.
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class CollectionRequest:
    """One entry of a requirements file.

    ``name`` is ``namespace.name``; with another ``type`` than ``galaxy`` it may be the address or path itself, and then
    the collection found there says its name. ``source`` is an address or path, with ``galaxy`` a server, else None.
    ``signatures`` are addresses of signatures. ``requested_revision`` is the branch or tag of a Git repository that was
    asked for, where ``version`` is the commit that it named then. ``sha256`` is what the collection must have over all
    its files (``content_digest``), None for any.
    """

    name: str
    version: str = "*"
    type: str = "galaxy"
    source: str | None = None
    signatures: tuple[str, ...] = ()
    requested_revision: str = ""
    sha256: str | None = None

    @property
    def revision(self) -> str:
        """The commit, branch or tag of a Git repository that was asked for; empty for the newest commit."""
        _address, _comma, written = self._pointer.partition(",")  # ``parse_scm`` of ansible-galaxy splits it so
        return revision_of(written or self.requested_revision or self.version)

    @property
    def address(self) -> str:
        """The address or path, or the name of the server; empty without any."""
        return self._pointer.partition(",")[0] if self.type == "git" else self._pointer

    @property
    def _pointer(self) -> str:
        return self.source or ("" if self.type == "galaxy" else self.name)

    def brings(self, source: str) -> bool:
        """Whether a collection whose address is ``source`` can be from its address: a repository has directories."""
        inside = "/" if "#" in self.address else "#/"
        return source == self.address or (self.type == "git" and source.startswith(self.address + inside))

    @property
    def path(self) -> str | None:
        """Where the tarball or directory is; None for what the source of collections has to deliver."""
        return self.source or self.name if self.type in LOCAL_TYPES else None

    @property
    def collection(self) -> str | None:
        """``namespace.name``, or None where only what is found there knows."""
        return None if self.type != "galaxy" and self.source is None else self.name

    @property
    def range(self) -> str:
        """The versions that it allows; the version of a Git repository names a commit, and is none."""
        return self.version if self.type in ("galaxy", *LOCAL_TYPES) else "*"

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether it says where the collection comes from, beside its name and version."""
        return self.path is not None or self.needs_galaxy

    @property
    def needs_galaxy(self) -> bool:
        """Whether only ansible-galaxy can deliver it."""
        return self.path is None and (self.type != "galaxy" or self.source is not None or bool(self.signatures))


def by_name(requests: Sequence[CollectionRequest], spec: str) -> Sequence[CollectionRequest]:
    """``requests``, for the source ``spec`` that has collections by their names only; raises :class:`InputError`."""
    for request in requests:
        if request.needs_galaxy:
            raise InputError(
                f"collections: {request.name} has a server, an address or signatures, which {spec} cannot use; set "
                "collections_source to galaxy, or remove them"
            )
    return requests


def check_name(name: object) -> str:
    """``name`` if it is the name of a collection: two identifiers with a dot between."""
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) != 2 or not all(_PART.fullmatch(part) and not keyword.iskeyword(part) for part in parts):
        raise InputError(
            f"{shown(name)} is not the name of a collection: it must have two parts with a dot between them, such "
            "as community.general, each of letters, digits and underscores"
        )
    return ".".join(parts)


def parse_requests(entries: Sequence[object]) -> list[CollectionRequest]:
    """The requests of the option ``collections``, in its order; :class:`InputError` names the entry that is wrong."""
    requests = []
    for number, entry in enumerate(entries, start=1):
        try:
            requests.append(parse_request(entry))
        except InputError as error:
            raise InputError(f"collections, entry {number}: {error.message}") from error
    return requests


def parse_request(entry: object) -> CollectionRequest:
    """The request of one entry; raises :class:`InputError`."""
    if isinstance(entry, str):
        name, colon, version = entry.partition(":")
        is_versioned = colon and _type_of(entry) == "galaxy"
        return _checked({"name": name, "version": version} if is_versioned else {"name": entry})
    if isinstance(entry, dict):
        return _checked(entry)
    raise InputError(
        f"{shown(entry)} is neither a name such as community.general nor a dictionary with name and version"
    )


def _type_of(name: str | None) -> str:
    """The type that ansible-galaxy takes a name for that has none (``Requirement.from_requirement_dict``)."""
    if name is None or not name.startswith(("git+", "git@", "http://", "https://", "/")):
        return "galaxy"
    if name.startswith("git"):
        return "git"
    return "url" if name.startswith("http") else "file" if os.path.isfile(name) else "dir"


def _checked(entry: Mapping[object, Any]) -> CollectionRequest:
    known = (*ENTRY_KEYS, _SHA256)
    unknown = [shown(key) for key in entry if key not in known]
    if unknown:
        raise InputError(f"unknown key {', '.join(unknown)}; known are {', '.join(known)}")
    sha256, request = _text(entry, _SHA256), _without_digest(entry)
    if sha256 is None:
        return request
    if not _DIGEST.fullmatch(sha256):
        raise InputError(f"sha256 {shown(sha256)} is not one: it has 64 of the digits 0 to 9 and a to f")
    if request.collection is None:
        raise InputError("sha256 requires the name of the collection; set name and source")
    return replace(request, sha256=sha256)


def _without_digest(entry: Mapping[object, Any]) -> CollectionRequest:
    signatures = _signatures(entry.get("signatures"))
    name, version, kind, source = (_text(entry, key) for key in ENTRY_KEYS[:4])
    kind = kind or _type_of(name)
    version = "*" if version is None else version
    requested = _text(entry, "requested_revision") or ""
    if requested and (kind != "git" or not REFERENCE.fullmatch(requested)):
        raise InputError(f"requested_revision {shown(requested)} is not the name of a branch or tag of type git")
    if kind not in TYPES:
        raise InputError(f"type {shown(kind)} is not supported; use one of {', '.join(TYPES)}")
    if kind in LOCAL_TYPES:
        if signatures:
            raise InputError(f"type {kind} cannot have signatures: only what ansible-galaxy fetches can; remove them")
        return _from_path(name, VersionRange.parse(version).text, kind=kind, source=source)
    if kind == "galaxy":
        server = None if source is None else check_address(source, kind)
        return CollectionRequest(check_name(name), VersionRange.parse(version).text, kind, server, signatures)
    if not REFERENCE.fullmatch(version):
        raise InputError(f"version {shown(version)} is not the name of a commit, tag or branch")
    if source is None:
        return CollectionRequest(check_address(name, kind), version, kind, None, signatures, requested)
    return CollectionRequest(check_name(name), version, kind, check_address(source, kind), signatures, requested)


def _signatures(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(check_address(one, "signatures") for one in (value if isinstance(value, list) else [value]))


def _from_path(name: str | None, version: str, *, kind: str, source: str | None) -> CollectionRequest:
    path = name if source is None else source
    if path is None or not os.path.isabs(path) or "\0" in path:
        raise InputError(f"type {kind} requires the absolute path of a {LOCAL_TYPES[kind]}, not {shown(path)}")
    if source is None or kind == "subdirs":
        return CollectionRequest(path, version, kind)
    return CollectionRequest(check_name(name), version, kind, source)


def _text(entry: Mapping[object, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value
    raise InputError(f"{key} must be text, not {shown(value)}; quote it")
