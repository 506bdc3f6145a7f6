# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Projects and what they require."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import Requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    Location,
    ProjectRequirements,
    PythonRequirement,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def project(name: str, *demands: tuple[str, str], python: Sequence[str] = ()) -> ProjectRequirements:
    """A project that requires ``demands``, packages and their versions, on a line each."""
    return ProjectRequirements(
        name,
        f"/{name}",
        requirements=tuple(
            DeclaredRequirement(Requirement(package, versions=versions), Location(name, f"/{name}/r.txt", number))
            for number, (package, versions) in enumerate(demands, start=1)
        ),
        python=tuple(PythonRequirement(versions, Location(name, f"/{name}/pyproject.toml", 4)) for versions in python),
    )
