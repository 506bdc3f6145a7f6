# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From a parent to the links of its siblings: which project's link leads where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .entry import Project


def link_targets(projects: Sequence[Project], *, target: str, parent: str | None) -> list[tuple[Project, str]]:
    """Each project with what its link leads to, in the order in which the links can be made.

    Without a ``parent`` all lead to ``target``. With one, its link does and comes first, and the others lead to that
    link. Raises :class:`InputError` for a parent that is not among the projects.
    """
    if parent is None:
        return [(project, target) for project in projects]
    path = os.path.abspath(os.path.expanduser(parent))
    first = next((project for project in projects if project.path == path), None)
    if first is None:
        known = ", ".join(project.path for project in projects)
        raise InputError(f"parent: {parent} is not among the projects ({known}); add it to them, or name one of them")
    return [(first, target), *((project, first.link) for project in projects if project is not first)]
