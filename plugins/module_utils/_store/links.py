# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The links that lead to generations."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

#: How the keys of venvs outside the store begin. Those of projects begin otherwise.
KEY_OF_PATH = "path-"


@dataclass(frozen=True)
class PublicLink:
    """The stable path of a shared venv: ``path`` is the link, ``key`` names its lock and its previous generation."""

    path: str
    key: str


def key_of_path(path: str) -> str:
    """The key of a venv at this absolute path."""
    return KEY_OF_PATH + hashlib.sha256(path.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Link:
    """A link that keeps a generation; ``id`` is None where it leads nowhere.

    ``kind``: ``name`` and ``path`` are venvs, ``previous`` is what one was before, ``project`` is a link to a venv.
    """

    kind: str
    path: str
    id: str | None
