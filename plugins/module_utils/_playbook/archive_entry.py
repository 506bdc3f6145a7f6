# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One thing in an archive of a project, as it is on disk. No link in the archive leads out of it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from .._errors import InputError
from .project_files import is_inside
from .unpack import DEVICES


@dataclass(frozen=True)
class ArchiveEntry:
    """One thing to pack: ``source`` on disk, ``name`` in the archive; a symlink has its ``target``.

    ``mode`` replaces the permissions that the source has. ``inode`` is the device and the number of a file that must
    still be there when it is packed, and no link to another one.
    """

    source: str
    name: str
    size: int = 0
    target: str | None = None
    mode: int | None = None
    is_directory: bool = False
    inode: tuple[int, int] | None = field(default=None, compare=False)


def entry_at(path: str, *, root: str, name: str, by: str | None = None) -> ArchiveEntry:
    """What is at ``path``; ``by`` is the link that leads there from the project."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return ArchiveEntry(path, name, target=_link_target(path, root))
    if stat.S_ISREG(status.st_mode):
        return ArchiveEntry(path, name, status.st_size, inode=(status.st_dev, status.st_ino))
    if stat.S_ISDIR(status.st_mode):
        return ArchiveEntry(path, name, is_directory=True)
    if by is not None:
        raise InputError(
            f"{by} is a link that leads to {path}, which is neither a file nor a directory: it cannot be shipped; let "
            "the link lead to something else, or remove it"
        )
    raise InputError(
        f"{path} is neither a file nor a directory nor a link: it cannot be shipped; remove it from the project"
    )


def _link_target(path: str, root: str) -> str:
    """The target of a link, relative, if it stays in ``root``."""
    text, real, real_root = os.readlink(path), os.path.realpath(path), os.path.realpath(root)
    target = os.path.normpath(os.path.join(os.path.dirname(path), text))
    if real in DEVICES:
        return real
    if not is_inside(real, real_root):
        raise InputError(
            f"{path} is a link to {text}, outside of the project directory {root}, and would not work on the other "
            "host. Copy the target into the project, or choose a project directory that contains both"
        )
    if not is_inside(target, root):  # it leads out, and in again
        target = os.path.join(root, os.path.relpath(real, real_root))
    return os.path.relpath(target, os.path.dirname(path))
