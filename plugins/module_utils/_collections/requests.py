# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a user asks for in ``collections:``, in the forms that a Galaxy requirements file has."""

from __future__ import annotations

import keyword
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .versions import VersionRange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPES = ("galaxy", "file", "dir")
_KEYS = ("name", "version", "type", "source")
#: Each part is a Python identifier and a directory's name; 64 is what Galaxy's own database holds.
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class CollectionRequest:
    """One entry of a requirements file.

    ``name`` is ``namespace.name``; with ``type`` ``file`` or ``dir`` it may be the path itself, and then the
    collection found there says its name. ``source`` is the path of a ``file`` or ``dir``, else None.
    """

    name: str
    version: str = "*"
    type: str = "galaxy"
    source: str | None = None

    @property
    def path(self) -> str | None:
        """Where the tarball or directory is; None for what the source of collections has to deliver."""
        return None if self.type == "galaxy" else self.source or self.name

    @property
    def collection(self) -> str | None:
        """``namespace.name``, or None where only the tarball or directory knows."""
        return None if self.type != "galaxy" and self.source is None else self.name


def check_name(name: object) -> str:
    """``name`` if it is the name of a collection: two identifiers with a dot between."""
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) != 2 or not all(_PART.fullmatch(part) and not keyword.iskeyword(part) for part in parts):
        raise InputError(
            f"{_shown(name)} is not the name of a collection: it must have two parts with a dot between them, such "
            "as community.general, each of letters, digits and underscores"
        )
    return ".".join(parts)


def parse_requests(entries: Sequence[object]) -> list[CollectionRequest]:
    """The requests of the option ``collections``, in its order; :class:`InputError` names the entry that is wrong."""
    requests = []
    for number, entry in enumerate(entries, start=1):
        try:
            requests.append(_parse(entry))
        except InputError as error:
            raise InputError(f"collections, entry {number}: {error.message}") from error
    return requests


def _parse(entry: object) -> CollectionRequest:
    if isinstance(entry, str):
        name, colon, version = entry.partition(":")
        return _checked({"name": name, "version": version} if colon else {"name": name})
    if isinstance(entry, dict):
        return _checked(entry)
    raise InputError(
        f"{_shown(entry)} is neither a name such as community.general nor a dictionary with name and version"
    )


def _checked(entry: Mapping[object, Any]) -> CollectionRequest:
    unknown = [_shown(key) for key in entry if key not in _KEYS]
    if unknown:
        raise InputError(f"unknown key {', '.join(unknown)}; known are {', '.join(_KEYS)}")
    values = {key: _text(entry, key) for key in _KEYS}
    kind = values["type"] or "galaxy"
    if kind not in TYPES:
        raise InputError(f"type {_shown(kind)} is not supported; use one of {', '.join(TYPES)}")
    version = VersionRange.parse("*" if values["version"] is None else values["version"]).text
    if kind == "galaxy":
        return _from_source(values["name"], version, values["source"])
    return _from_path(values["name"], version, kind=kind, source=values["source"])


def _from_source(name: str | None, version: str, server: str | None) -> CollectionRequest:
    if server is not None:
        raise InputError(
            f"source {_shown(server)} is a Galaxy server, which this release does not support; remove it, and set "
            "collections_source"
        )
    return CollectionRequest(check_name(name), version)


def _from_path(name: str | None, version: str, *, kind: str, source: str | None) -> CollectionRequest:
    path = name if source is None else source
    if path is None or not os.path.isabs(path) or "\0" in path:
        raise InputError(
            f"type {kind} requires the absolute path of a {'tarball' if kind == 'file' else 'directory'}, "
            f"not {_shown(path)}"
        )
    if source is None:
        return CollectionRequest(path, version, kind)
    return CollectionRequest(check_name(name), version, kind, source)


def _text(entry: Mapping[object, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value
    raise InputError(f"{key} must be text, not {_shown(value)}; quote it")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
