# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How large an archive may be, and what is largest in one that is too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._bounded_reader import MIB
from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .archive_contents import ArchiveContents
    from .archive_entry import ArchiveEntry

#: How many of the largest entries are named; one that is less than this part of the whole is not.
_SHOWN, _SHARE = 3, 20


def in_mib(size: int) -> str:
    """A number of bytes as people read it."""
    return f"{size / MIB:.1f} MiB"


def check_size(contents: ArchiveContents, limit: int, *, what: str, beside: int = 0) -> None:
    """Raise :class:`InputError` when there are more than ``limit`` MiB; it names what is largest.

    ``beside`` is the size of what travels in another way.
    """
    if contents.size + beside <= limit * MIB:
        return
    raise InputError(
        f"{what} has {contents.files} files of {in_mib(contents.size)}, more than the limit of {limit} MiB: "
        f"{', '.join(_largest(contents.entries))} are the largest. Remove them from the directory, choose a smaller "
        "project, or increase project_limit"
    )


def _largest(entries: Sequence[ArchiveEntry]) -> list[str]:
    """The largest entries of the project, and the largest file, with their sizes."""
    sizes: dict[str, int] = {}
    for entry in entries:
        top = "/".join(entry.name.split("/")[:2])
        sizes[top] = sizes.get(top, 0) + entry.size
    whole = sum(sizes.values())
    largest = sorted(sizes, key=lambda top: sizes[top], reverse=True)[:_SHOWN]
    file = max(entries, key=lambda entry: entry.size)
    named = {**{top: sizes[top] for top in largest}, file.name: file.size}
    return [f"{one} ({in_mib(size)})" for one, size in named.items() if size * _SHARE > whole]
