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

from .._errors import InputError, StoreError
from .._roles.requests import LockedRole
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
_COLLECTION = re.compile(r"^  - name: (\w+\.\w+)\n    version: (\S+) # sha256:([0-9a-f]{64})$", re.MULTILINE | re.ASCII)

_TEXT = r'("(?:[^"\\\n]|\\.)*")'
_ROLE = re.compile(
    rf"^  - name: {_TEXT}\n    src: {_TEXT}\n    version: {_TEXT} # sha256:([0-9a-f]{{64}})$", re.MULTILINE | re.ASCII
)


@dataclass(frozen=True)
class Lockfile:
    """Exact content: ``packages`` and ``collections`` are (name, version, sha256), sorted; ``roles`` by name."""

    request_digest: str
    python: str
    packages: tuple[tuple[str, str, str], ...]
    collections: tuple[tuple[str, str, str], ...]
    roles: tuple[LockedRole, ...] = ()

    def has_content_of(self, record: Mapping[str, Any]) -> bool:
        """Whether a generation with this record holds exactly what is locked."""
        other = lockfile_of(record, request_digest=self.request_digest)
        return self == other

    def texts(self) -> dict[str, str]:
        """The two files."""
        header = _HEADER_TEXT.format(self.python, self.request_digest)
        packages = "".join(f"{name}=={version} --hash=sha256:{sha}\n" for name, version, sha in self.packages)
        collections = "".join(
            f"  - name: {name}\n    version: {version} # sha256:{sha}\n" for name, version, sha in self.collections
        )
        listing = f"collections:\n{collections}" if collections else "collections: []\n"
        listing += f"roles:\n{''.join(map(_role_text, self.roles))}" if self.roles else ""
        return {PACKAGES: header + packages, COLLECTIONS: f"{_YAML_START}{header}{listing}"}


def lockfile_of(record: Mapping[str, Any], *, request_digest: str) -> Lockfile:
    """The lock that a generation with this record is an answer to."""
    return Lockfile(
        request_digest=request_digest,
        python=".".join(record["interpreter"]["version"].split(".")[:2]),
        packages=tuple(sorted((one["name"], one["version"], one["sha256"]) for one in record["packages"])),
        collections=tuple(sorted((one["name"], one["version"], one["sha256"]) for one in record["collections"])),
        roles=tuple(
            LockedRole(one["name"], one["version"], one["sha256"], one["src"], one["scm"])
            for one in sorted(record.get("roles", ()), key=lambda one: str(one["name"]))
        ),
    )


def _role_text(role: LockedRole) -> str:
    """An entry for ansible-galaxy; text in JSON's form is YAML, and no other reader takes a version for a number."""
    entry = {**role.request().entry(), "version": role.version}
    lines = [f"{key}: {json.dumps(entry[key])}" for key in ("name", "src", "version")]
    listed = "\n    ".join(lines)
    return f"  - {listed} # sha256:{role.sha256}\n"


def _role_of(match: tuple[str, ...]) -> LockedRole:
    name, src, version = (json.loads(text) for text in match[:3])
    scm, plus, address = src.partition("+")
    is_repository = plus and scm in ("git", "hg")
    return LockedRole(name, version, match[3], address if is_repository else src, scm if is_repository else None)


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
    packages = [_PACKAGE.match(line) for line in texts[PACKAGES].splitlines()[1:]]
    lock = Lockfile(
        request_digest=header[2],
        python=header[1],
        packages=tuple((one[1], one[2], one[3]) for one in packages if one),
        collections=tuple((one[0], one[1], one[2]) for one in _COLLECTION.findall(texts[COLLECTIONS])),
        roles=tuple(_role_of(one) for one in _ROLE.findall(texts[COLLECTIONS])),
    )
    if lock.texts() != texts:
        raise InputError(
            f"lock: the files in {directory} were edited; remove them, or run once without the option 'locked'"
        )
    return lock


def is_lock(text: str) -> bool:
    """Whether the file with this content is one of a lock."""
    return _HEADER.match(text[len(_YAML_START) :] if text.startswith(_YAML_START) else text) is not None


def needs_writing(directory: str, wanted: Lockfile | None, *, is_needed: bool = True) -> bool:
    """Whether the lock in ``directory`` would change, so that it were ``wanted``, None where that is not known yet.

    ``is_needed``: whether the directory must be there. Raises :class:`InputError` where the lock would change and
    cannot, or not without loss; call it before any work.
    """
    with _opened(directory, is_needed=is_needed) as descriptor:
        if descriptor is None:
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
    """Write the files of ``lock`` that differ from those in ``directory``, which must exist; tells whether any did.

    Only files that were written here are replaced: raises :class:`InputError` for others.
    """
    with _opened(directory) as descriptor:
        found = _check_files(directory, descriptor)
        differing = {name: text for name, text in lock.texts().items() if found[name] != text}
        try:
            for name, text in differing.items():
                write_text(name, text, directory=descriptor)
        except OSError as error:
            raise InputError(f"lock: {directory} cannot be written: {error.strerror}") from error
    return bool(differing)


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
