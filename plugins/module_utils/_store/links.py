# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The links that lead to generations, and where a link leads step by step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: As many as Linux follows before it says that links lead in a circle.
_MOST_STEPS = 40


@dataclass(frozen=True)
class PublicLink:
    """The stable path of a shared venv: ``path`` is the link, ``key`` names its lock and its previous generation."""

    path: str
    key: str


@dataclass(frozen=True)
class Link:
    """A link that keeps a generation; ``id`` is None where it leads nowhere.

    ``kind``: ``name`` and ``path`` are venvs, ``previous`` is what one was before, ``project`` is a link to a venv.
    """

    kind: str
    path: str
    id: str | None


def steps(link: str) -> Iterator[tuple[str, str]]:
    """Where a link leads, step by step, as long as links follow: the real directory, and the name in it."""
    for _step in range(_MOST_STEPS):
        if not os.path.islink(link):
            return
        target = os.path.join(os.path.realpath(os.path.dirname(link)), os.readlink(link))
        directory, name = os.path.split(os.path.normpath(target))
        yield os.path.realpath(directory), name
        link = os.path.join(directory, name)
