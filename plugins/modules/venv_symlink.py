#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: venv_symlink
short_description: Link the venvs of projects to a shared venv
version_added: 0.1.0
description:
  - Ensures that the C(venv) of each project is a link to a shared virtual environment (venv), and that this venv
    exists, runs, and has a Python that the project allows.
  - All projects are checked before the first is changed. If a link points to the link of another project of the same
    run, it is checked against the new target of that link.
  - A link is created or changed by one rename. A directory at its path is never deleted.
  - In a store made by M(mobile_ansible.venv.shared_venv) each link is registered.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
  - Python 3.11 or newer, or C(tomli), to compare C(requires-python) of C(pyproject.toml)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.store
attributes:
  diff_mode:
    details:
      - Shows each link, the stores in which it is registered, and the project's isolated venv.
options:
  projects:
    description:
      - List of projects, each the absolute path of its directory, or a dictionary as in
        M(mobile_ansible.venv.shared_venv_verify). This module uses the keys C(path), C(name), the name of the link with
        the default V(venv), and C(python), the versions that the project allows.
      - If a directory is a link, or below one, the link to the venv is created and resolved at its real path.
      - Required unless O(project) is given.
    type: list
    elements: raw
  project:
    description:
      - Directory of a single project, instead of O(projects).
    type: path
  name:
    description:
      - Name of the link in O(project), such as V(venv) or V(.venv).
    type: str
    default: venv
  target:
    description:
      - Path or name of the venv. With a slash it is a path, such as V(../dr-daily-report/venv), relative to the real
        path of each project. Without a slash it is the name of a venv in O(store).
      - Required with O(state=present). The project's own link is refused as its target.
    type: str
  parent:
    description:
      - Directory of the project whose link points to O(target). The links of the others point to that link, so that a
        change of it applies to them too. It must be one of O(projects).
      - Without it all links point to O(target).
    type: str
  relative:
    description:
      - Whether to create links with relative paths, which remain valid if the projects are moved together.
    type: bool
    default: true
  replace:
    description:
      - Whether to move a directory at the path of the link to a backup beside it, such as
        C(venv.backup-20261121T104500Z048213377019). By default such a directory is an error.
      - The number identifies the directory. M(mobile_ansible.venv.venv_migration_test) restores only this directory.
    type: bool
    default: false
  python:
    description:
      - Versions of Python that the projects allow, such as V(3.12) or V(>=3.11). The key C(python) in O(projects) takes
        precedence.
      - The default is C(.python-version), or C(requires-python) in C(pyproject.toml).
    type: str
  planned:
    description:
      - In check mode, whether an earlier task of the same run would build O(target) in O(store). The target is not
        inspected then, because it does not exist yet, and only the links are predicted.
      - Without check mode it has no effect.
    type: bool
    default: false
  lock_timeout:
    description:
      - Maximum number of seconds to wait for another run on the same project.
    type: int
    default: 1800
  state:
    description:
      - V(absent) removes the links, and unregisters them from the stores. Anything that is not a link is not removed,
        and a warning names it.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_info
"""

EXAMPLES = r"""
- name: Link the siblings to the venv of the parent
  mobile_ansible.venv.venv_symlink:
    projects:
      - /srv/dr-daily-report
      - /srv/dr-daily-report_telegram
      - path: /srv/dr-daily-report_news
        name: .venv
    parent: /srv/dr-daily-report
    target: reports

- name: Replace a project's own venv, which is kept as a backup
  mobile_ansible.venv.venv_symlink:
    project: ~/src/reports
    name: .venv
    target: ../dr-daily-report/venv
    replace: true

- name: Remove a link
  mobile_ansible.venv.venv_symlink:
    projects: [/srv/dr-daily-report_news]
    state: absent
"""

RETURN = r"""
links:
  description: The links, in the order in which the projects were specified.
  returned: success
  type: list
  elements: dict
  contains:
    changed:
      description: Whether anything was changed for this project.
      type: bool
      sample: true
    project:
      description: The directory of the project, its real path.
      type: str
      sample: /srv/dr-daily-report_news
    path:
      description: The link, at the real path of the project.
      type: str
      sample: /srv/dr-daily-report_news/venv
    target:
      description: The text of the link, null without a link.
      type: str
      sample: ../dr-daily-report/venv
    resolved:
      description: The real directory of the venv, null without a link.
      type: str
      sample: /srv/dr-daily-report/.venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    generation:
      description: The same if it belongs to a store, otherwise null.
      type: str
      sample: /srv/dr-daily-report/.venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    digest:
      description: The id of the generation, null if it does not belong to a store.
      type: str
      sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    python:
      description: The interpreter, null without a link.
      type: dict
      contains:
        version:
          description: Its version.
          type: str
          sample: 3.12.4
        executable:
          description: The real path of the base interpreter.
          type: str
          sample: /usr/bin/python3.12
    registered_in:
      description: The stores in which the link is registered.
      type: list
      elements: str
      sample: [/srv/dr-daily-report/.venvs]
    isolated:
      description: Whether the link points to the isolated venv of this project, in C(.venv-isolated).
      type: bool
      sample: false
    backup:
      description: The directory that this run moved to a backup, null if there was none.
      type: str
      sample: /srv/dr-daily-report_news/venv.backup-20261121T104500Z048213377019
    backups:
      description: All backups beside the link that this module created, the oldest first.
      type: list
      elements: str
      sample: [/srv/dr-daily-report_news/venv.backup-20261121T104500Z048213377019]
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: target
unusable:
  description: The projects that cannot use their target. Nothing was changed for any project.
  returned: when O(target) cannot be used
  type: list
  elements: dict
  contains:
    project:
      description: The directory of the project, its real path.
      type: str
      sample: /srv/dr-daily-report_news
    path:
      description: The link.
      type: str
      sample: /srv/dr-daily-report_news/venv
    reason:
      description: Why the target cannot be used.
      type: str
      sample: "target: 'reports' has Python 3.12.4, but the project requires >=3.13 (requires-python in pyproject.toml)"
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.link_path import LinkPath, find_link_paths
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_link import (
    LinkOutcome,
    LinkRequest,
    ProjectLink,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_links import (
    ensure_links,
    inspect_absent_links,
    inspect_links,
    remove_links,
    report,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.target import TargetInspector
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    Project,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.links import link_targets
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.python import project_python
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.constraint import parse_python
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    "projects": {**PROJECT_ARGUMENTS["projects"], "required": False},
    "project": {"type": "path"},
    "name": {"type": "str", "default": "venv"},
    "target": {"type": "str"},
    "parent": {"type": "str"},
    **STORE_ARGUMENT,
    "relative": {"type": "bool", "default": True},
    "replace": {"type": "bool", "default": False},
    "python": {"type": "str"},
    "planned": {"type": "bool", "default": False},
    "lock_timeout": {"type": "int", "default": 1800},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do what the options ask for; returns the result."""
    options = module.params
    projects = _projects(options)
    option = "project" if options["projects"] is None else "projects"
    locations = find_link_paths(projects, option=option)
    store, inspector = Store(options["store"]), TargetInspector(SubprocessRunner())
    links = {
        project.path: ProjectLink(location, store=store, inspector=inspector)
        for project, location in zip(projects, locations)
    }
    if options["state"] == "absent":
        outcomes = _absent(module, list(links.values()))
    else:
        asked = link_targets(projects, target=options["target"], parent=options["parent"])
        requests = [
            (links[one.path], _request(one, target, links[one.path].location, options, is_check=module.check_mode))
            for one, target in asked
        ]
        outcomes = sorted(_present(module, requests), key=lambda one: locations.index(one.location))
    for warning in dict.fromkeys(warning for one in outcomes for warning in one.warnings):
        module.warn(warning)
    return report(outcomes)


def _projects(options: dict[str, Any]) -> list[Project]:
    if options["projects"] is not None:
        return parse_projects(options["projects"])
    return [Project(options["project"], link_name=options["name"])]


def _request(
    project: Project, target: str, location: LinkPath, options: dict[str, Any], *, is_check: bool
) -> LinkRequest:
    given = parse_python(options["python"], option="python") if options["python"] is not None else None
    python = project_python(location.project, given=project.python or given)
    planned = is_check and options["planned"]
    return LinkRequest(
        target, options["relative"], options["replace"], python=python, notes=python.notes, is_planned=planned
    )


def _present(module: AnsibleModule, requests: list[tuple[ProjectLink, LinkRequest]]) -> list[LinkOutcome]:
    if module.check_mode:
        return inspect_links(requests)
    return ensure_links(requests, lock_timeout=module.params["lock_timeout"])


def _absent(module: AnsibleModule, links: list[ProjectLink]) -> list[LinkOutcome]:
    if module.check_mode:
        return inspect_absent_links(links)
    return remove_links(links, lock_timeout=module.params["lock_timeout"])


def main() -> None:
    """Entry point."""
    run_module(
        run,
        ARGUMENT_SPEC,
        required_if=[("state", "present", ["target"])],
        required_one_of=[("projects", "project")],
        mutually_exclusive=[("projects", "project"), ("parent", "project")],
    )


if __name__ == "__main__":
    main()
