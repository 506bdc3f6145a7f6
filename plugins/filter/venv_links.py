# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which link leads where when projects share a venv."""

from __future__ import annotations

DOCUMENTATION = r"""
name: venv_links
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Which link leads where when projects share a virtual environment
description:
  - Gives for each project the options of M(mobile_ansible.venv.venv_symlink). With a parent, the parent's link leads to
    the virtual environment and comes first, and those of its siblings lead to the parent's.
options:
  _input:
    description: The projects, as in the variable C(shared_venv_projects).
    type: list
    elements: raw
    required: true
  target:
    description: The shared virtual environment, a path or a name in the store.
    type: str
    required: true
  parent:
    description: The directory of the parent, if there is one.
    type: str
"""

EXAMPLES = r"""
- name: Link all
  mobile_ansible.venv.venv_symlink:
    project: "{{ item.project }}"
    target: "{{ item.target }}"
  loop: "{{ projects | mobile_ansible.venv.venv_links(target='reports', parent='/srv/dr-daily-report') }}"
"""

RETURN = r"""
_value:
  description: Dictionaries of C(project), C(name), C(target), and C(python) where the project has one.
  type: list
  elements: dict
"""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def venv_links(
    projects: Sequence[str | Mapping[str, Any]], *, target: str, parent: str | None = None
) -> list[dict[str, Any]]:
    """See above; the parent gets a link too when it is not among the projects."""
    links = {posixpath.normpath(one["project"]): one for one in map(_link, projects)}
    if parent is None:
        return [{**link, "target": target} for link in links.values()]
    own = posixpath.normpath(parent)
    first = links.pop(own, {"project": own, "name": "venv"})
    through = posixpath.join(own, first["name"])
    return [{**first, "target": target}, *({**link, "target": through} for link in links.values())]


def _link(project: str | Mapping[str, Any]) -> dict[str, Any]:
    given = {"path": project} if isinstance(project, str) else project
    if not isinstance(given, dict) or not isinstance(given.get("path"), str):
        raise AnsibleFilterError(f"venv_links: {project!r} is neither a path nor a dictionary with a path")
    python = {"python": str(given["python"])} if given.get("python") else {}
    return {"project": given["path"], "name": given.get("name") or "venv", **python}


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        return {"venv_links": venv_links}
