# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Unpack a project on the other side: its files first, then its links, of which none leads out of it."""

from __future__ import annotations

import os

from .extract import NO_LIMITS, ArchiveError, extract, open_directory, opened
from .project_files import is_inside

#: Devices that each host has: a link to one means the same everywhere.
DEVICES = frozenset({"/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"})


def unpack(path: str, target: str) -> None:
    """Unpack what this collection packed into the directory ``target``, which is made or empty.

    Its links are made last, and must stay inside when the system resolves them: no file is ever written through one.
    """
    os.makedirs(target, mode=0o700, exist_ok=True)
    directory = open_directory(target)
    try:
        with open(path, "rb") as stream:
            done = extract(stream, directory, limits=NO_LIMITS, keep_modes=True)
        if len(done.left_out) > len(done.links):
            raise ArchiveError(f"the archive contains files that cannot be shipped: {', '.join(done.left_out[:3])}")
        _make_links(directory, done.links, root=os.path.realpath(target))
    finally:
        os.close(directory)
    for name, mode in sorted(done.directories, reverse=True):
        os.chmod(os.path.join(target, name), mode & 0o777 | 0o700)


def _make_links(directory: int, links: list[tuple[str, str]], *, root: str) -> None:
    """Make the links below the descriptor of ``root``, and none of them unless all of them stay in ``root``."""
    made: list[str] = []
    try:
        for name, target in links:
            *above, last = name.split("/")
            with opened(directory, above) as parent:
                os.symlink(target, last, dir_fd=parent)
            made.append(name)
        for name in made:
            real = os.path.realpath(os.path.join(root, name))
            if real not in DEVICES and not is_inside(real, root):
                raise ArchiveError(f"{name!r} in the archive is a link to a path outside of its directory")
    except (OSError, ArchiveError) as error:
        for name in made:
            os.unlink(os.path.join(root, name))
        if isinstance(error, ArchiveError):
            raise
        raise ArchiveError(f"the archive contains a link that cannot be created: {error.strerror}") from error
