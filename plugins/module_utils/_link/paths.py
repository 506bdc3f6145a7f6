# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Paths as the kernel reads them: where links lead, and how a link is written."""

from __future__ import annotations

import os
from dataclasses import dataclass

#: As many as Linux follows before it says that they lead in a circle.
_MAX_LINKS = 40


@dataclass(frozen=True)
class Trail:
    """Where a path leads.

    ``end`` is free of links, whether something is there or not. ``visited`` are all paths that were looked up on the
    way, in order. With ``looping`` there is no end, and ``end`` is the link at which the search stopped.
    """

    end: str
    visited: tuple[str, ...]
    looping: bool = False


def follow(path: str) -> Trail:
    """Follow the absolute ``path`` link by link, as opening it would."""
    pending = _parts(path)[::-1]
    done, links, visited = "/", 0, []
    while pending:
        part = pending.pop()
        if part == "..":
            done = os.path.dirname(done)
            continue
        here = os.path.join(done, part)
        visited.append(here)
        if not os.path.islink(here):
            done = here
            continue
        links += 1
        if links > _MAX_LINKS:
            return Trail(here, tuple(visited), looping=True)
        text = os.readlink(here)
        done = "/" if text.startswith("/") else done
        pending += _parts(text)[::-1]
    return Trail(done, tuple(visited))


def normalised(path: str) -> str:
    """The absolute ``path`` without ``.``, ``..`` and needless slashes; links in it stay, except before a ``..``."""
    done = "/"
    for part in _parts(path):
        done = os.path.dirname(os.path.realpath(done)) if part == ".." else os.path.join(done, part)
    return done


def link_text(target: str, *, directory: str, relative: bool) -> str:
    """What a link in ``directory`` (a real path) says to lead to ``target`` (normalised)."""
    return os.path.relpath(target, directory) if relative else target


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
