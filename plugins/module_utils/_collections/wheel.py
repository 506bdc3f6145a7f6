# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections in the wheel of the ``ansible`` package.

RECORD is the truth here: it lists every file of the wheel with its sha256, and the wheel as a whole has the sha256
that the package index states. FILES.json is not: it lists files that the package leaves out.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from .._errors import SourceError
from .._packaging.record import parse_hash, record_rows
from .._printable import shortened
from .collection import (
    DAMAGED,
    MAX_BYTES,
    Collection,
    SourceFile,
    check_paths,
    read_limited,
)
from .manifest import (
    MANIFEST,
    RUNTIME,
    parse_manifest,
    requires_ansible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_T = TypeVar("_T")

_ROOT = "ansible_collections"
_RECORD = re.compile(r"[^/]+\.dist-info/RECORD")
_CORE = re.compile(r"^Requires-Dist:\s*ansible-core\b\s*\(?(?P<specifier>[^;()\r\n]*)\)?", re.MULTILINE | re.IGNORECASE)


class Wheel:
    """The wheel at ``path``, open until :meth:`close`; raises :class:`SourceError` for what is none."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._archive = _opened(path)
        try:
            self._members = _by_collection({member.filename: member for member in _unique(self._archive, path)})
            self._record_path = self._find_record()
            record = self._bytes(self._record_path)
            self._record = _parse_record(record, own_path=self._record_path, where=path)
            self._checksums = _by_collection(self._record)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def core_requirement(self) -> str:
        """The requirement for ansible-core in METADATA, such as ``ansible-core~=2.19.5``."""
        metadata = self._record_path.replace("/RECORD", "/METADATA")
        headers = self._read(metadata).decode("utf-8", "replace").split("\n\n")[0]
        match = _CORE.search(headers)
        if match is None:
            raise SourceError(
                f"{self._path}: its METADATA does not require ansible-core; it is not a release of the ansible package"
            )
        return f"ansible-core{match['specifier'].strip()}"

    def names(self) -> list[str]:
        """The names of all collections inside, sorted."""
        return sorted(self._checksums)

    def content(self, name: str) -> Collection:
        """The collection ``name``, which can be read while the wheel is open.

        Raises :class:`SourceError` when it is not what RECORD and MANIFEST.json say.
        """
        checksums = self._checksums[name]
        where = f"{shortened(name)} in {self._path}"
        check_paths(checksums, where=where)
        self._check_members(name, where)
        if MANIFEST not in checksums:
            raise SourceError(f"{where} has no {MANIFEST}")
        manifest = parse_manifest(self._read_of(name, MANIFEST), where=f"{MANIFEST} of {where}")
        if manifest.name != name:
            raise SourceError(f"{where} has the name {manifest.name} in its manifest")
        return Collection(
            name=name,
            version=manifest.version,
            dependencies=manifest.dependencies,
            requires_ansible=requires_ansible(self._read_of(name, RUNTIME)) if RUNTIME in checksums else None,
            checksums=checksums,
            files=partial(self._files, name),
            where=where,
        )

    def _files(self, name: str) -> Iterator[SourceFile]:
        """Each file of a collection in the order of the zip: the disk is read forwards, and nothing else is
        unpacked."""
        for path, member in sorted(self._members[name].items(), key=lambda item: item[1].header_offset):
            yield SourceFile(path, bool(member.external_attr >> 16 & 0o100), partial(self._archive.open, member))

    def _check_members(self, name: str, where: str) -> None:
        members, listed = self._members.get(name, {}), self._checksums[name]
        if members.keys() != listed.keys():
            odd = sorted(members.keys() ^ listed.keys())
            raise SourceError(f"{where}: its files differ from its RECORD ({', '.join(map(shortened, odd[:3]))})")
        if sum(member.file_size for member in members.values()) > MAX_BYTES:
            raise SourceError(f"{where} unpacks to more than {MAX_BYTES >> 20} MiB; nothing was unpacked")

    def _find_record(self) -> str:
        found = [name for name in self._archive.namelist() if _RECORD.fullmatch(name)]
        if len(found) != 1:
            raise SourceError(f"{self._path} has {len(found)} RECORD files; it is not a wheel")
        return found[0]

    def _read_of(self, name: str, path: str) -> bytes:
        return self._read(f"{_ROOT}/{name.replace('.', '/')}/{path}")

    def _read(self, member: str) -> bytes:
        if member not in self._record or member not in self._archive.NameToInfo:
            raise SourceError(f"{self._path} has no {shortened(member)}, or its RECORD does not list it")
        data = self._bytes(member)
        if hashlib.sha256(data).hexdigest() != self._record[member]:
            raise SourceError(f"{self._path}: {shortened(member)} does not have the sha256 in RECORD")
        return data

    def _bytes(self, member: str) -> bytes:
        try:
            with self._archive.open(member) as stream:
                return read_limited(stream, where=f"{member} in {self._path}")
        except (*DAMAGED, OSError) as error:
            raise SourceError(
                f"{shortened(member)} cannot be read from {self._path}: {shortened(str(error))}"
            ) from error


def _opened(path: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except DAMAGED as error:
        raise SourceError(
            f"{path} is not a complete wheel: {shortened(str(error))}; remove it, and it is fetched again"
        ) from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error


def _unique(archive: zipfile.ZipFile, path: str) -> list[zipfile.ZipInfo]:
    """The files of the zip; of two with one name, readers do not agree which one counts."""
    if not all(member.filename for member in archive.infolist()):
        raise SourceError(f"{path} contains a file without a name; nothing was unpacked")
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len({member.filename for member in members}) != len(members):
        raise SourceError(f"{archive.filename} contains a file twice; nothing was unpacked")
    return members


def _parse_record(data: bytes, *, own_path: str, where: str) -> dict[str, str]:
    """The sha256 in hex of each file that RECORD lists, but of RECORD itself, which has none."""
    checksums: dict[str, str] = {}
    try:
        rows = record_rows(data)
    except ValueError as error:
        raise SourceError(f"{where}: its RECORD cannot be read: {error}") from error
    for row in rows:
        if row.path == own_path:
            continue
        stated = parse_hash(row.stated)
        if stated is None or stated[0] != "sha256" or row.path in checksums:
            raise SourceError(
                f"{where}: RECORD does not have exactly one sha256 for {row.path[:200]!r}, so it cannot be verified"
            )
        checksums[row.path] = stated[1].hex()
    return checksums


def _by_collection(members: Mapping[str, _T]) -> dict[str, dict[str, _T]]:
    """``ansible_collections/<ns>/<name>/<path>`` → value, as ``<ns>.<name>`` → ``<path>`` → value; the rest is left
    out."""
    grouped: dict[str, dict[str, _T]] = {}
    for member, value in members.items():
        parts = member.split("/", 3)
        if len(parts) == 4 and parts[0] == _ROOT:
            grouped.setdefault(f"{parts[1]}.{parts[2]}", {})[parts[3]] = value
    return grouped
