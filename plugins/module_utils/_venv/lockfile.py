# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A lock in a project's own directory: a resolved request, in two files that pip and ansible-galaxy can read as well.

``requirements.txt`` has the Python packages with hashes, ``requirements.yml`` the collections and roles. What only we
need stands in comments: the digest of the request, the Python version, and the sha256 of what each of them holds.
"""

from __future__ import annotations

import errno
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._collections.locked import LockedCollection
from .._collections.versions import SemanticVersion
from .._errors import InputError, StoreError
from .._roles.requests import LockedRole, parse_roles
from .._store.durable import write_text
from .._store.json import read_regular
from .._store.trust import check_links, why_not_writable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGES = "requirements.txt"
COLLECTIONS = "requirements.yml"
NAMES = (PACKAGES, COLLECTIONS)

#: The line by which a file is known to be ours; before it, the mark that begins a YAML document.
_HEADER_TEXT = "# Locked by mobile_ansible.venv.shared_venv for Python {}, request {}\n"
_HEADER = re.compile(_HEADER_TEXT.replace(".", "[.]").format("(3[.][0-9]+)", "([0-9a-f]{64})"))
_YAML_START = "---\n"
_MAX_BYTES = 16 << 20
_PACKAGE = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+) --hash=sha256:([0-9a-f]{64})$")
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


@dataclass(frozen=True)
class Lockfile:
    """Exact content: ``packages`` are (name, version, sha256), sorted; ``collections`` and ``roles`` by name."""

    request_digest: str
    python: str
    packages: tuple[tuple[str, str, str], ...]
    collections: tuple[LockedCollection, ...]
    roles: tuple[LockedRole, ...] = ()

    def has_content_of(self, record: Mapping[str, Any]) -> bool:
        """Whether a generation with this record holds exactly what is locked."""
        other = lockfile_of(record, request_digest=self.request_digest)
        return self == other

    def texts(self) -> dict[str, str]:
        """The two files."""
        header = _HEADER_TEXT.format(self.python, self.request_digest)
        packages = "".join(f"{name}=={version} --hash=sha256:{sha}\n" for name, version, sha in self.packages)
        collections = "".join(map(_collection_text, self.collections))
        listing = f"collections:\n{collections}" if collections else "collections: []\n"
        listing += f"roles:\n{''.join(map(_role_text, self.roles))}" if self.roles else ""
        return {PACKAGES: header + packages, COLLECTIONS: f"{_YAML_START}{header}{listing}"}


def lockfile_of(record: Mapping[str, Any], *, request_digest: str) -> Lockfile:
    """The lock that a generation with this record is an answer to."""
    return Lockfile(
        request_digest=request_digest,
        python=".".join(record["interpreter"]["version"].split(".")[:2]),
        packages=tuple(sorted((one["name"], one["version"], one["sha256"]) for one in record["packages"])),
        collections=tuple(
            LockedCollection(one["name"], one["version"], one["sha256"], one.get("origin", {}))
            for one in sorted(record["collections"], key=lambda one: str(one["name"]))
        ),
        roles=tuple(
            LockedRole(
                one["name"],
                one["version"],
                one["sha256"],
                one["src"],
                one["scm"],
                one.get("requested_revision", ""),
            )
            for one in sorted(record.get("roles", ()), key=lambda one: str(one["name"]))
        ),
    )


def _collection_text(collection: LockedCollection) -> str:
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


def _role_text(role: LockedRole) -> str:
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


def read_lockfile(directory: str) -> Lockfile | None:
    """The lock in ``directory``, None without one. Raises :class:`InputError` for files that are not as written."""
    with _opened(directory, is_needed=False) as descriptor:
        found = {name: _read(directory, name, descriptor) for name in NAMES} if descriptor is not None else {}
    return lock_of({name: text for name, text in found.items() if text is not None}, directory)


def lock_of(texts: Mapping[str, str], directory: str) -> Lockfile | None:
    """The lock in the two files of ``directory`` with these contents; otherwise as :func:`read_lockfile`."""
    if len(texts) < len(NAMES):
        return None
    header = _HEADER.match(texts[PACKAGES])
    if header is None:
        raise InputError(
            f"lock: {os.path.join(directory, PACKAGES)} was not written by shared_venv; name another directory"
        )
    lock = _parsed(texts, header)
    if lock is None or lock.texts() != texts:
        raise InputError(
            f"lock: the files in {directory} were edited; remove them, or run once without the option 'locked'"
        )
    return lock


def read_lock(directory: str) -> Lockfile:
    """The same; :class:`InputError` also where there is none."""
    lock = read_lockfile(directory)
    if lock is None:
        raise InputError(f"lock: {directory} contains no lock: run once without the option 'locked' to write it")
    return lock


def _parsed(texts: Mapping[str, str], header: re.Match[str]) -> Lockfile | None:
    """The lock in these texts, None where an entry in them is none of ours."""
    packages = [_PACKAGE.match(line) for line in texts[PACKAGES].splitlines()[1:]]
    try:
        collections = tuple(map(_collection_of, _COLLECTION.findall(texts[COLLECTIONS])))
        roles = tuple(map(_role_of, _ROLE.findall(texts[COLLECTIONS])))
    except (ValueError, InputError):
        return None
    return Lockfile(
        request_digest=header[2],
        python=header[1],
        packages=tuple((one[1], one[2], one[3]) for one in packages if one),
        collections=collections,
        roles=roles,
    )


def is_lock(text: str) -> bool:
    """Whether the file with this content is one of a lock."""
    return _HEADER.match(text[len(_YAML_START) :] if text.startswith(_YAML_START) else text) is not None


def needs_writing(directory: str, wanted: Lockfile | None, *, is_needed: bool = True) -> bool:
    """Whether the lock in ``directory`` would change, so that it were ``wanted``, None where that is not known yet.

    ``is_needed``: whether the directory must be there, or one in which it can be created. Raises :class:`InputError`
    where the lock would change and cannot, or not without loss; call it before any work.
    """
    with _opened(directory, is_needed=False) as descriptor:
        if descriptor is None:
            if is_needed:
                _check_can_create(directory)
            return True
        found = _check_files(directory, descriptor)
        if wanted is not None and found == wanted.texts():
            return False
        reason = why_not_writable(directory)
    if reason is not None:
        raise InputError(
            f"lock: {directory} cannot be written: {reason}; choose another directory, or run this as a user who can "
            "write there"
        )
    return True


def write_lockfile(directory: str, lock: Lockfile) -> bool:
    """Write the files of ``lock`` that differ from those in ``directory``; tells whether any did.

    The directory is created in the one above it. Only files that were written here are replaced: raises
    :class:`InputError` for others.
    """
    if not os.path.lexists(directory):
        _create(directory)
    with _opened(directory) as descriptor:
        found = _check_files(directory, descriptor)
        differing = {name: text for name, text in lock.texts().items() if found[name] != text}
        try:
            for name, text in differing.items():
                write_text(name, text, directory=descriptor)
        except OSError as error:
            raise InputError(f"lock: {directory} cannot be written: {error.strerror}") from error
    return bool(differing)


def _check_can_create(directory: str) -> None:
    """Raise :class:`InputError` where ``directory``, which is not there, cannot be created."""
    above = os.path.dirname(os.path.abspath(directory))
    if os.path.lexists(directory):
        raise InputError(f"lock: {directory} is not a directory of this host: correct the path")
    with _opened(above):
        reason = why_not_writable(above)
    if reason is not None:
        raise InputError(
            f"lock: {directory} does not exist and cannot be created: {reason}; choose another directory, or run this "
            "as a user who can write there"
        )


def _create(directory: str) -> None:
    absolute = os.path.abspath(directory)
    with _opened(os.path.dirname(absolute)) as descriptor:
        try:
            os.mkdir(os.path.basename(absolute), dir_fd=descriptor)
        except OSError as error:
            raise InputError(f"lock: {directory} cannot be created: {error.strerror}") from error


def _check_files(directory: str, descriptor: int | None) -> dict[str, str | None]:
    """What the two files hold, None for one that is not there; raises for what is not ours to replace."""
    found = {name: _read(directory, name, descriptor) for name in NAMES}
    for name, text in found.items():
        if text is not None and not is_lock(text):
            raise InputError(
                f"lock: {os.path.join(directory, name)} was not written by shared_venv and is not replaced; "
                "name another directory, or move the file away"
            )
    return found


@contextmanager
def _opened(directory: str, *, is_needed: bool = True) -> Iterator[int | None]:
    """The descriptor of ``directory``, None where it need not be there and is not.

    A link of another user on the way could lead the files of a lock to where only this user can write.
    """
    try:
        absolute = (
            os.path.realpath(directory) if check_links(os.path.abspath(directory)) else os.path.abspath(directory)
        )
        descriptor = os.open(absolute, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (StoreError, ValueError) as error:
        raise InputError(f"lock: {error}; name the directory itself") from error
    except (FileNotFoundError, NotADirectoryError):
        if is_needed:
            raise InputError(
                f"lock: {directory} is not a directory of this host: create it or correct the path"
            ) from None
        yield None
        return
    except OSError as error:
        raise InputError(f"lock: {directory} cannot be opened: {error.strerror}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(directory: str, name: str, descriptor: int | None) -> str | None:
    """What the file holds, None where there is none; raises :class:`InputError` for what is no file of a lock."""
    path = os.path.join(directory, name)
    try:
        return read_regular(name, _MAX_BYTES, directory=descriptor).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise InputError(f"lock: {path} cannot be read: {error.strerror}") from error
        reason = "is a link"
    except ValueError as error:
        reason = str(error)
    raise InputError(f"lock: {path} {reason}; move it away, or name another directory")
