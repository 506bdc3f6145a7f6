# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Symlinks inside a collection become what they point to: a cached collection is made of regular files alone."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, TypeVar

from .._errors import SourceError
from .._printable import shortened
from .collection import MAX_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
_DEEPEST = 8
_MOST_DIRECTORIES = 100


def expand_links(files: Mapping[str, _T], links: Mapping[str, str], *, where: str) -> dict[str, _T]:
    """``files`` and, for each link, the file or all files of the directory that it stands for.

    ``files`` maps relative paths to anything, ``links`` relative paths to targets as a symlink states them. Raises
    :class:`SourceError` for a link that leaves the collection, leads nowhere or goes in a circle.
    """
    expanded = dict(files)
    pending = {path: _inside(path, target, where) for path, target in links.items()}
    if sum(target not in files for target in pending.values()) > _MOST_DIRECTORIES:
        raise SourceError(f"{where} has more than {_MOST_DIRECTORIES} symlinks to directories; nothing was unpacked")
    for _round in range(_DEEPEST):  # a link may stand for a directory that holds links
        before = len(expanded)
        for path, target in pending.items():
            expanded.update(_standing_for(path, target, expanded))
        if len(expanded) > MAX_FILES:
            raise SourceError(f"{where}: its symlinks represent more than {MAX_FILES} files; nothing was unpacked")
        if len(expanded) == before:
            break
    else:
        raise SourceError(f"{where}: its symlinks have a loop; nothing was unpacked")
    for path, target in pending.items():
        if not _standing_for(path, target, expanded):
            raise SourceError(
                f"{where}: the target of the symlink '{shortened(path)}' does not exist; nothing was unpacked"
            )
    return expanded


def _inside(path: str, target: str, where: str) -> str:
    """The relative path that a link points to."""
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if posixpath.isabs(resolved) or resolved.split("/")[0] == "..":
        raise SourceError(f"{where}: the symlink '{shortened(path)}' leaves the collection; nothing was unpacked")
    if resolved == "." or path == resolved or path.startswith(f"{resolved}/"):
        raise SourceError(
            f"{where}: the symlink '{shortened(path)}' points to a directory that contains it; nothing was unpacked"
        )
    return resolved


def _standing_for(path: str, target: str, files: Mapping[str, _T]) -> dict[str, _T]:
    if target in files:
        return {path: files[target]}
    return {path + name[len(target) :]: value for name, value in files.items() if name.startswith(f"{target}/")}
