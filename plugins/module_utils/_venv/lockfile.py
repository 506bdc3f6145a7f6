# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A lock in a project's own directory: a resolved request, in two files that pip and ansible-galaxy can read as well.

``requirements.txt`` has the Python packages with hashes, ``requirements.yml`` the collections and roles. What only we
need stands in comments: the digest of the request, the Python version, and the sha256 of what each of them holds. A
digest over all of that tells when a line was changed, added or removed. Line ends and a byte order mark do not count:
Git and editors change them.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._collections.locked import LockedCollection, collection_text, collections_of
from .._errors import InputError, StoreError
from .._roles.requests import LockedRole, role_text, roles_of
from .._store.durable import write_text
from .._store.json import read_regular
from .._store.tree import json_sha256
from .._store.trust import check_links, why_not_writable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGES = "requirements.txt"
COLLECTIONS = "requirements.yml"
NAMES = (PACKAGES, COLLECTIONS)

#: The line by which a file is known to be ours: the first one, after the mark that begins a YAML document and the one
#: that Git puts before lines in conflict.
_HEADER_TEXT = "# Locked by mobile_ansible.venv.shared_venv for Python {}, request {}, content {}\n"
_HEADER = re.compile(
    r"(?:---\n)?(?:<<<<<<< .*\n)?"
    r"# Locked by mobile_ansible[.]venv[.]shared_venv for Python (3[.][0-9]+), request ([0-9a-f]{64}), "
    r"content [0-9a-f]{64}\n"
)
_YAML_START = "---\n"
_BYTE_ORDER_MARK = "\ufeff"
_MAX_BYTES = 16 << 20
_PACKAGE = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE)
#: What :class:`LockError` says of a lock that somebody edited.
EDITED = "was edited after it was written"
_EDITED = (
    "were edited after they were written: restore them; or, to lock what is required now, run once without the option "
    "'locked', which writes them again"
)


class LockError(InputError):
    """The files of a lock are not as they were written; ``what`` is the reason, in words that follow ``the lock``."""

    def __init__(self, message: str, *, what: str) -> None:
        super().__init__(f"lock: {message}")
        self.what = what


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
        packages = "".join(map("{0[0]}=={0[1]} --hash=sha256:{0[2]}\n".format, self.packages))
        collections = "".join(map(collection_text, self.collections))
        listing = f"collections:\n{collections}" if collections else "collections: []\n"
        listing += f"roles:\n{''.join(map(role_text, self.roles))}" if self.roles else ""
        content = json_sha256([self.python, self.request_digest, packages, listing])
        header = _HEADER_TEXT.format(self.python, self.request_digest, content)
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


def read_lockfile(directory: str) -> Lockfile | None:
    """The lock in ``directory``, None without one. Raises :class:`LockError` for files that are not as written."""
    return lock_of(texts_in(directory), directory)


def texts_in(directory: str) -> dict[str, str]:
    """The files of a lock that are in ``directory``."""
    with _opened(directory, is_needed=False) as descriptor:
        found = {name: _read(directory, name, descriptor) for name in NAMES} if descriptor is not None else {}
    return {name: text for name, text in found.items() if text is not None}


def lock_of(texts: Mapping[str, str], directory: str) -> Lockfile | None:
    """The lock in the two files of ``directory`` with these contents; otherwise as :func:`read_lockfile`."""
    found = {name: _as_written(text) for name, text in texts.items()}
    headers = {name: _HEADER.match(text) for name, text in found.items()}
    if not any(headers.values()):
        if len(found) < len(NAMES):
            return None
        raise InputError(
            f"lock: {os.path.join(directory, PACKAGES)} was not written by shared_venv; name another directory"
        )
    lost = [name for name in NAMES if name not in found]
    if lost:
        raise LockError(
            f"{os.path.join(directory, lost[0])} is missing: restore it, or run once without the option 'locked' to "
            "write the lock again",
            what=f"has no {lost[0]} any more",
        )
    header = headers[PACKAGES]
    lock = _parsed(found, header) if header is not None else None
    if lock is None or lock.texts() != found:
        raise LockError(f"the files in {directory} {_EDITED}", what=EDITED)
    return lock


def read_lock(directory: str) -> Lockfile:
    """The same; :class:`InputError` also where there is none."""
    lock = read_lockfile(directory)
    if lock is None:
        raise InputError(f"lock: {directory} contains no lock: run once without the option 'locked' to write it")
    return lock


def _parsed(texts: Mapping[str, str], header: re.Match[str]) -> Lockfile | None:
    """The lock in these texts, None where an entry in them is none of ours."""
    try:
        collections, roles = collections_of(texts[COLLECTIONS]), roles_of(texts[COLLECTIONS])
    except (ValueError, InputError):
        return None
    return Lockfile(header[2], header[1], tuple(_PACKAGE.findall(texts[PACKAGES])), collections, roles)


def is_lock(text: str) -> bool:
    """Whether the file with this content is one of a lock, also after a merge with conflicts."""
    return _HEADER.match(_as_written(text)) is not None


def _as_written(text: str) -> str:
    """``text`` with the line ends, and without the byte order mark, that Git and editors change."""
    return text[text.startswith(_BYTE_ORDER_MARK) :].replace("\r\n", "\n")


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
    """What the two files hold, None for one that is not there; raises for what is not ours to replace.

    Beside one of ours, the other one is an edited one.
    """
    found = {name: _read(directory, name, descriptor) for name in NAMES}
    there = {name: text for name, text in found.items() if text is not None}
    if there and not any(map(is_lock, there.values())):
        raise InputError(
            f"lock: {os.path.join(directory, next(iter(there)))} was not written by shared_venv and is not replaced; "
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
        return _as_written(read_regular(name, _MAX_BYTES, directory=descriptor).decode("utf-8", "replace"))
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise InputError(f"lock: {path} cannot be read: {error.strerror}") from error
        reason = "is a link"
    except ValueError as error:
        reason = str(error)
    raise InputError(f"lock: {path} {reason}; move it away, or name another directory")
