# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a phone sends on standard input: received within its limit, recognised by its content, unpacked safely."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from ...module_utils._playbook.extract import ArchiveError, ExtractionLimits, extract, open_directory
from ...module_utils._printable import is_printable, listed, shortened
from ...module_utils._store.tree import remove_tree
from .answers import GateError
from .grammar import is_playbook_path
from .spool import GateRun

_CHUNK = 1 << 16
_MIB = 1 << 20
#: A link and a playbook are texts; what is read to recognise an archive.
_MAX_TEXT = 4 * _MIB
_HEAD = 512
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
_GZIP = b"\x1f\x8b"
_OTHER_ARCHIVES = {
    b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"7z\xbc\xaf": "7z", b"Rar!": "RAR", b"\x28\xb5\x2f\xfd": "zstd",
    b"bplist": "a property list",
}  # fmt: skip
#: A project may be this many times larger than what is sent, in so many files and directories.
_RATIO, _FILES, _DEPTH = 10, 5000, 24
#: What a playbook is called that is sent alone, and the names by which one is found in a project.
PLAYBOOK = "playbook.yml"
_USUAL = ("site.yml", "site.yaml", "main.yml", "main.yaml", "playbook.yml", "playbook.yaml")
#: What macOS and iOS put into archives beside the files: a directory at the top, and files with these names or prefix.
_EXTRA_DIRECTORY, _EXTRA_FILE, _EXTRA_PREFIX = "__MACOSX", ".DS_Store", "._"
_UPLOAD, _TAR, _UNWRAPPED = "upload", "upload.tar", "unwrapped"


@dataclass(frozen=True)
class Received:
    """What has come, in the file ``path``."""

    path: str
    size: int
    sha256: str

    def check(self, sha256: str | None) -> None:
        """Raise :class:`GateError` where something else came than the phone says it sent."""
        if sha256 is not None and sha256 != self.sha256:
            raise GateError(
                f"what arrived has {self.size} bytes with the SHA-256 {self.sha256}, and is not what was sent; send it "
                "again",
                code="upload",
            )


@dataclass(frozen=True)
class UnpackedProject:
    """The project of a run: its playbook, all files, and what was left out of an archive."""

    playbook: str
    files: list[str]
    left_out: list[str]


def receive(stream: IO[bytes], run: GateRun, *, limit_mib: int) -> Received:
    """Write standard input to a file of the run; raises :class:`GateError` for nothing, and for too much."""
    limit = limit_mib * _MIB
    digest, size = hashlib.sha256(), 0
    path = run.path(_UPLOAD)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as sink:
        while block := stream.read(_CHUNK):
            size += len(block)
            if size > limit:
                raise GateError(
                    f"the input is larger than {limit_mib} MiB, the maximum for this key; send less, or let the owner "
                    "of the gate increase upload_mib of the key",
                    code="upload",
                )
            digest.update(block)
            sink.write(block)
    if not size:
        raise GateError("there is no input; send a playbook, an archive or a link on standard input", code="upload")
    return Received(path, size, digest.hexdigest())


def text_of(received: Received) -> str:
    """What has come, as text; raises :class:`GateError`."""
    with open(received.path, "rb") as stream:
        content = stream.read(_MAX_TEXT + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(content) > _MAX_TEXT:
        raise GateError(
            "the input is neither a text in UTF-8 of at most 4 MiB nor an archive (tar, tar.gz or zip)", code="upload"
        )
    return text


def unpack(received: Received, run: GateRun, *, playbook: str | None) -> UnpackedProject:
    """Make the directory of the project; ``playbook`` is the one in it that is meant.

    Raises :class:`GateError`; what was written until then is removed with the run.
    """
    with open(received.path, "rb") as stream:
        head = stream.read(_HEAD)
    other = next((name for start, name in _OTHER_ARCHIVES.items() if head.startswith(start)), None)
    if other is not None:
        raise GateError(f"the input is {other}; pack the project as tar, tar.gz or zip", code="upload")
    is_tar = head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC)
    # What no archive starts with is a text.
    if not (is_tar or head.startswith((_GZIP, b"PK\3\4", b"PK\5\6"))):
        return _single(received, run, playbook=playbook)
    limits = ExtractionLimits(size=received.size * _RATIO + 20 * _MIB, files=_FILES, depth=_DEPTH)
    try:
        left_out = _extract(received, run, is_tar=is_tar, is_gzip=head.startswith(_GZIP), limits=limits)
    except ArchiveError as error:
        raise GateError(error.message, code="upload") from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(received.path)
    left_out += _remove_extras(run.project)
    unwrapped = _unwrap(run)
    files = _files(run.project)
    return UnpackedProject(_chosen(files, playbook, unwrapped), files, left_out)


def _single(received: Received, run: GateRun, *, playbook: str | None) -> UnpackedProject:
    if playbook is not None:
        raise GateError("run: --playbook names one in an archive, and the input is a single playbook", code="upload")
    text_of(received)
    os.mkdir(run.project, 0o700)
    os.rename(received.path, run.path("project", PLAYBOOK))
    return UnpackedProject(PLAYBOOK, [PLAYBOOK], [])


def _extract(received: Received, run: GateRun, *, is_tar: bool, is_gzip: bool, limits: ExtractionLimits) -> list[str]:
    source = received.path
    if not (is_tar or is_gzip):
        from .zip_archive import as_tar

        source = run.path(_TAR)
        with open(received.path, "rb") as packed, open(source, "xb") as tar:
            as_tar(packed, tar, limits=limits)
    directory = open_directory(run.project, make=True)
    try:
        with open(source, "rb") as stream:
            return extract(stream, directory, limits=limits, is_packed=is_gzip).left_out
    finally:
        os.close(directory)
        if source != received.path:
            os.unlink(source)


def _remove_extras(root: str) -> list[str]:
    """Remove what macOS and iOS add of their own; it is told as left out."""
    extras = [name for name in _files(root) if _is_extra(name)]
    for name in extras:
        os.unlink(os.path.join(root, name))
    remove_tree(os.path.join(root, _EXTRA_DIRECTORY))
    return [f"{name} (macOS adds it)" for name in extras]


def _is_extra(name: str) -> bool:
    last = os.path.basename(name)
    return name.startswith(f"{_EXTRA_DIRECTORY}/") or last == _EXTRA_FILE or last.startswith(_EXTRA_PREFIX)


def _unwrap(run: GateRun) -> str:
    """Let the project be the directory that has all of it, as in the archives of repositories; returns its name."""
    names = os.listdir(run.project)
    inner = os.path.join(run.project, names[0]) if len(names) == 1 else ""
    if inner and stat.S_ISDIR(os.lstat(inner).st_mode):
        os.rename(inner, run.path(_UNWRAPPED))
        os.rmdir(run.project)
        os.rename(run.path(_UNWRAPPED), run.project)
        return names[0]
    return ""


def _files(root: str) -> list[str]:
    found = [os.path.join(above, name) for above, _directories, names in os.walk(root) for name in names]
    return sorted(os.path.relpath(path, root) for path in found)


def _chosen(files: list[str], playbook: str | None, unwrapped: str) -> str:
    """The playbook that is meant: the named one, one with a usual name, or the only file at the top that can be one.

    A name can begin with the directory that has been unwrapped.
    """
    if playbook is not None:
        found = playbook if playbook in files else playbook.removeprefix(f"{unwrapped}/")
        if found not in files:
            raise GateError(f"run: the archive has no {playbook}", code="upload")
        return found
    top = [name for name in files if "/" not in name and is_playbook_path(name)]
    usual = [name for name in _USUAL if name in top] or (top if len(top) == 1 else [])
    if not usual:
        shown = listed([shortened(name) for name in top if is_printable(name)])
        there = f"the archive has {shown}" if top else "the archive has no .yml file at its top"
        raise GateError(f"run: name the playbook with --playbook; {there}", code="upload")
    return usual[0]
