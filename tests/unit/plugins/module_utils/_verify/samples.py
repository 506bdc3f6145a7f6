# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Installed distributions and declared requirements for the tests of this directory."""

from __future__ import annotations

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    Location,
    ProjectRequirements,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.requirement_check import (
    Distribution,
    Installed,
)

INSTALLED = Installed(
    {
        "requests": Distribution(
            "2.31.0", ("urllib3<3,>=1.21", 'PySocks!=1.5.7,>=1.5.6; extra == "socks"'), ("requests",)
        ),
        "urllib3": Distribution("2.0", (), ("urllib3",)),
        "looping": Distribution("1", ("looping[b]; extra == 'a'", "looping[a]; extra == 'b'"), ("looping",)),
        "lacking": Distribution("1", ("absent>=1",), ("lacking",)),
        "stubs": Distribution("1.0"),
    },
    {"python_version": "3.11", "sys_platform": "linux"},
)


def declared(*texts: str, constraints: tuple[str, ...] = ()) -> ProjectRequirements:
    def demand(text: str, constraint: bool) -> DeclaredRequirement:
        return DeclaredRequirement(
            parse_requirement(text, where="here"), Location("p", "/p/requirements.txt", 1), constraint
        )

    return ProjectRequirements(
        name="p",
        directory="/p",
        requirements=tuple(demand(text, False) for text in texts),
        constraints=tuple(demand(text, True) for text in constraints),
    )
