# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The parent of projects that share a venv: the one whose link leads to it, and through whose link the others lead."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from .._packaging.requirement import normalise_name
from .._packaging.version import allows
from .._store.walk import follow, real_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .._packaging.requirement import Requirement
    from .entry import Project

_LONGEST = 80
_DIST_INFO = ".dist-info"


def venv_name(parent: str) -> str:
    """The name of the venv in the store. It tells the path too: two parents can have directories of one name."""
    bare = re.sub(r"[^a-z0-9]+", "-", os.path.basename(parent).lower()).strip("-")
    return f"{(bare or 'venv')[:_LONGEST]}-{hashlib.sha256(os.fsencode(parent)).hexdigest()[:8]}"


def natural_parent(projects: Sequence[Project], requirements: Iterable[Requirement]) -> Project:
    """The project through whose link most others lead; else the one whose own venv satisfies most ``requirements``.

    The first of several. The names of directories tell what a venv holds, nothing in it is run; markers do not count.
    """
    wanted = list(requirements)
    passed = Counter(path for project in projects for path in set(_passed(project.link)))
    ranks = [(passed[real_link(project.link)], _satisfied(project.link, wanted)) for project in projects]
    return projects[ranks.index(max(ranks))]


def _passed(link: str) -> Iterator[str]:
    """What ``link`` leads to and through, without itself."""
    return (path for path in follow(link).visited if path != real_link(link))


def _satisfied(venv: str, requirements: Iterable[Requirement]) -> int:
    pattern = os.path.join(glob.escape(venv), "lib", "python3*", "site-packages", f"*{_DIST_INFO}")
    installed = {}
    for path in glob.glob(pattern):
        name, _hyphen, version = os.path.basename(path)[: -len(_DIST_INFO)].rpartition("-")
        installed[normalise_name(name)] = version
    return sum(one.name in installed and allows(one.versions, installed[one.name]) for one in requirements)
