# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A generation: a directory that never changes once its marker is written."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from .durable import fsync_directory, sync_file_system, write_json
from .json import OptionalText, conforms, read_json
from .layout import FOR_ITS_OWNER
from .tree import (
    ManifestValue,
    TreeStatus,
    contents,
    json_sha256,
    make_read_only,
    signature,
    tree_status,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Written last: where it is, the generation is complete.
MARKER = "venv.json"
#: Every file's hash, size and time.
MANIFEST = "files.json"
OURS = frozenset({MARKER, MANIFEST})
#: The marker holds the signature over all else.
SIGNS = frozenset({MARKER})


class _Interpreter(TypedDict):
    executable: str
    version: str


class _Request(TypedDict):
    python: OptionalText
    packages: list[str]
    constraints: list[str]
    siblings: list[str]


class _Pinned(TypedDict):
    name: str
    version: str
    sha256: str


class _PinnedRole(_Pinned):
    src: str
    scm: OptionalText


class _SinceRoles(TypedDict, total=False):
    """What a marker from before there were roles does not say."""

    roles: list[_PinnedRole]


class Record(_SinceRoles):
    """What a marker holds, as far as it is read again. A file of another shape is no marker."""

    path: str
    signature: str
    created: str
    interpreter: _Interpreter
    request: _Request
    ansible_core: OptionalText
    packages: list[_Pinned]
    collections: list[_Pinned]


class SharedFileEntry(TypedDict):
    """A file that several packages claim, as a marker holds it: whose content it does not have is ``overwritten``."""

    path: str
    packages: list[str]
    overwritten: list[str]


@dataclass(frozen=True)
class Generation:
    """A complete venv: its ``id``, the real ``path`` and the ``record`` that its marker holds, a :class:`Record`."""

    id: str
    path: str
    record: dict[str, Any]

    def is_intact(self, *, by_content: bool = False) -> bool:
        """Whether it lies where it was built, read-only, with the content that it had then.

        One lstat pass tells, as long as nobody touched a file. Where a time differs, as in a restored backup, the
        content of all files decides, and so it does with ``by_content``: a disk that fails changes no time.
        """
        try:
            if self.record["path"] != self.path:
                return False
            found = tree_status(self.path)
            if found.changeable:
                return False
            if not by_content and found.signature(without=SIGNS) == self.record["signature"]:
                return True
            return found.is_read_only() and not self._changes(found)
        except (OSError, ValueError):
            return False

    def differences(self) -> list[str]:
        """What is not as it was when it was sealed, by the content of every file; paths relative to the generation."""
        found = tree_status(self.path)
        return [*(f"{path} can be changed by another user" for path in found.changeable), *self._changes(found)]

    def manifest(self) -> dict[str, ManifestValue]:
        """The list of its files that was written when it was sealed; raises OSError or ValueError where it is gone."""
        listed: dict[str, ManifestValue] = read_json(os.path.join(self.path, MANIFEST), dict[str, ManifestValue])
        return listed

    def _changes(self, tree: TreeStatus) -> list[str]:
        try:
            sealed = contents(self.manifest())
        except (OSError, ValueError):
            return [f"{MANIFEST} was changed or removed"]
        found = contents(tree.manifest(without=OURS))
        return [
            f"{path} was {'added' if path not in sealed else 'removed' if path not in found else 'changed'}"
            for path in sorted(sealed.keys() | found.keys())
            if sealed.get(path) != found.get(path)
        ]

    def shared_files(self) -> list[SharedFileEntry]:
        """The files that several packages claim; a marker need not tell of any."""
        found: list[SharedFileEntry] = self.record.get("shared_files", [])
        return found if conforms(found, list[SharedFileEntry]) else []

    def mark_suspect(self) -> None:
        """Let the content of all files decide from now on whether it is intact, by giving one of them a new time.

        Other names and requests lead to a damaged generation too, and nobody looks at the content for them.
        """
        for entry, in_cache in walk(self.path):
            if not in_cache and not stat.S_ISDIR(entry.status.st_mode) and entry.relative not in OURS:
                os.utime(entry.path, follow_symlinks=False)
                return


def read_generation(path: str) -> Generation | None:
    """The complete generation in the directory ``path``; None where there is none, or only an incomplete build."""
    if os.path.islink(path):
        return None
    try:
        record = read_json(os.path.join(path, MARKER), Record)
    except (OSError, ValueError):
        return None
    return Generation(os.path.basename(path), os.path.realpath(path), record)


def interpreter_key(interpreter: Mapping[str, Any]) -> str:
    """Tells an interpreter, as a record describes it, from others whose bytecode is not its own."""
    return json_sha256(interpreter)[:32]


def seal(path: str, record: dict[str, Any], files: dict[str, ManifestValue]) -> Generation:
    """Complete the generation in ``path``: manifest, read-only, durable, and last of all the marker."""
    make_read_only(path)
    write_json(os.path.join(path, MANIFEST), files, indent=None)
    os.chmod(os.path.join(path, MANIFEST), 0o444)
    complete = {**record, "path": os.path.realpath(path), "signature": signature(path, without=SIGNS)}
    sync_file_system(path)
    write_json(os.path.join(path, MARKER), complete)
    os.chmod(os.path.join(path, MARKER), 0o444)
    os.chmod(path, 0o555)
    fsync_directory(os.path.dirname(path))
    return Generation(os.path.basename(path), os.path.realpath(path), complete)


def unmark(path: str) -> None:
    """Make a generation incomplete, before it is removed: a removal that is killed halfway leaves no broken venv."""
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, FOR_ITS_OWNER)
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(path, MARKER))
        fsync_directory(path)
