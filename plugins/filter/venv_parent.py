# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Choose the project whose venv the others are to share."""

from __future__ import annotations

DOCUMENTATION = r"""
name: venv_parent
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Choose the project whose virtual environment the others are to share
description:
  - Gives the directory of the project through whose link others lead already. Where none does, that of the project
    whose virtual environment satisfies most of the requirements, the first of several.
options:
  _input:
    description: The RV(mobile_ansible.venv.shared_venv_verify#module:projects) of a look at them.
    type: list
    elements: dict
    required: true
  requirements:
    description: What all need together, RV(mobile_ansible.venv.requirements_union#module:requirements).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Say which project is the natural parent
  ansible.builtin.debug:
    msg: "{{ look.projects | mobile_ansible.venv.venv_parent(requirements=union.requirements) }}"
"""

RETURN = r"""
_value:
  description: The directory, as it was given.
  type: str
"""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.version import allows


def venv_parent(projects: Sequence[Mapping[str, Any]], *, requirements: Sequence[str]) -> str:
    """See above."""
    if not projects:
        raise AnsibleFilterError("venv_parent: there are no projects to choose from")
    links = [one["link"] for one in projects]
    led_to = [posixpath.normpath(posixpath.join(posixpath.dirname(one["link"]), one["src"] or ".")) for one in projects]
    ranks = [(led_to.count(link), _satisfied(one, requirements)) for link, one in zip(links, projects, strict=True)]
    return str(projects[ranks.index(max(ranks))]["path"])


def _satisfied(project: Mapping[str, Any], requirements: Sequence[str]) -> int:
    """How many of ``requirements`` the project's venv satisfies; markers are left out of account."""
    versions = {one["name"]: one["version"] for one in project["packages"]}
    wanted = [parse_requirement(text, where="requirements") for text in requirements]
    return sum(one.name in versions and allows(one.versions, versions[one.name]) for one in wanted)


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"venv_parent": venv_parent}
