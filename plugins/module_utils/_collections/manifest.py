# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a built collection says about itself: MANIFEST.json, FILES.json and ``requires_ansible``.

MANIFEST.json holds the sha256 of FILES.json, FILES.json that of every other file. ansible-galaxy checks the first
only; here both are checked. Every field may be missing, null or of another type.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import InputError, SourceError
from .._printable import shortened
from .collection import check_paths
from .requests import check_name
from .versions import SemanticVersion, VersionRange

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "MANIFEST.json"
FILES = "FILES.json"
RUNTIME = "meta/runtime.yml"

#: For the development of a collection. Ansible reads nothing there; packagers leave them out or add to them.
_DEVELOPMENT = ("tests", "docs", "molecule")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REQUIRES = re.compile(rb"^requires_ansible[ \t]*:[ \t]*(?P<value>[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)", re.MULTILINE)
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>[^"'\\]*)(?P=quote)\s*(?:#.*)?""")


@dataclass(frozen=True)
class Manifest:
    """The part of MANIFEST.json that matters: ``files_sha256`` is what FILES.json must have."""

    name: str
    version: str
    dependencies: Mapping[str, str]
    files_sha256: str


def parse_manifest(data: bytes, *, where: str) -> Manifest:
    """Read MANIFEST.json; raises :class:`SourceError` that starts with ``where``."""
    document = _dictionary(_json(data, where), where)
    information = _dictionary(document.get("collection_info"), f"{where}: collection_info")
    files = _dictionary(document.get("file_manifest_file"), f"{where}: file_manifest_file")
    sha256 = _sha256(files, f"{where}: file_manifest_file has no sha256, so nothing can be verified")
    try:
        name = check_name(f"{information.get('namespace')}.{information.get('name')}")
        version = information.get("version")
        SemanticVersion.parse(version if isinstance(version, str) else repr(version))
        dependencies = _dictionary(information.get("dependencies") or {}, "dependencies")
        for dependency, wanted in dependencies.items():
            check_name(dependency)
            VersionRange.parse(wanted if isinstance(wanted, str) else repr(wanted))
    except (InputError, SourceError) as error:
        raise SourceError(f"{where}: {error.message}") from error
    return Manifest(name, str(version), dependencies, sha256)


def parse_files(data: bytes, *, manifest: Manifest, where: str) -> dict[str, str]:
    """The sha256 of each regular file that FILES.json lists, by relative path."""
    if hashlib.sha256(data).hexdigest() != manifest.files_sha256:
        raise SourceError(f"{where} does not have the sha256 in {MANIFEST}: it was changed or damaged")
    entries = _dictionary(_json(data, where), where).get("files")
    if not isinstance(entries, list):
        raise SourceError(f"{where}: files is not a list")
    listed: dict[str, str] = {}
    for entry in entries:
        fields = _dictionary(entry, f"{where}: an entry")
        path, kind = fields.get("name"), fields.get("ftype")
        if not isinstance(path, str) or kind not in ("file", "dir") or path in listed:
            raise SourceError(
                f"{where}: the entry for {str(path)[:200]!r} has no valid name or type, or is a duplicate"
            )
        if kind == "dir":
            continue
        listed[path] = _sha256(fields, f"{where}: {path[:200]!r} has no sha256, so it cannot be verified")
    check_paths(listed, where=where)
    return listed


def check_listing(present: Mapping[str, str], listed: Mapping[str, str], *, complete: bool, where: str) -> None:
    """Raise :class:`SourceError` unless the files that are ``present`` are those that FILES.json lists.

    Both map relative paths to sha256. With ``complete`` false what only developers need (:func:`_serves_development`)
    may be missing, or be there unlisted: the ``ansible`` package leaves out 22,901 such files of its 92 collections
    and adds 12.
    """
    present = {path: sha256 for path, sha256 in present.items() if path not in (MANIFEST, FILES)}
    changed = [path for path, sha256 in present.items() if listed.get(path, sha256) != sha256]
    absent = [path for path in listed if path not in present]
    added = [path for path in present if path not in listed]
    if not complete:
        absent, added = ([path for path in paths if not _serves_development(path)] for paths in (absent, added))
    for paths, problem in (
        (changed, "do not have the sha256 in FILES.json"),
        (absent, "are listed in FILES.json but missing"),
        (added, "are not listed in FILES.json"),
    ):
        if paths:
            shown = ", ".join(map(shortened, sorted(paths)[:3])) + (", ..." if len(paths) > 3 else "")
            raise SourceError(
                f"{where} differs from its manifest: {len(paths)} file(s) {problem} ({shown}). Install or build it "
                "again",
                files=sorted(paths)[:20],
            )


def _serves_development(path: str) -> bool:
    """Whether Ansible never reads a file: tests, documentation, and all that is hidden."""
    parts = path.split("/")
    return parts[0] in _DEVELOPMENT or any(part.startswith(".") for part in parts)


def requires_ansible(runtime: bytes) -> str | None:
    """``requires_ansible`` of a meta/runtime.yml, None where there is none.

    Modules have no YAML parser. This reads the one key at top level in the forms that are in use: plain, quoted,
    folded.
    """
    match = _REQUIRES.search(runtime)
    if match is None:
        return None
    value = match["value"].decode("utf-8", "replace").strip()
    quoted = _QUOTED.fullmatch(value)
    if quoted:
        return quoted["text"].strip() or None
    unfolded = re.sub(r"^[>|][+-]?\s", "", value)
    return " ".join(re.sub(r"(?:^|\s)#.*", "", line).strip() for line in unfolded.splitlines()).strip() or None


def _sha256(fields: Mapping[str, Any], problem: str) -> str:
    value = fields.get("chksum_sha256")
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise SourceError(problem)
    return value


def _json(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where} is not JSON: {error}") from error


def _dictionary(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SourceError(f"{where} is not a dictionary")
    return value
