#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv_verify
short_description: Verify the venvs of projects
version_added: 0.1.0
description:
  - Checks the virtual environment (venv) of each project, from the link in the project to the content of every file.
    Reports the result of each check and, if something is wrong, what to do.
  - The checks run from outside of the venv, with a real shell, and with the venv's own interpreter. Nothing is changed.
  - The task does not fail if a project is broken; the result has the problems. The role
    P(mobile_ansible.venv.shared_venv#role) fails, and repairs on request.
  - The modules of the packages that a project declares are imported, as the user that the task runs as. If a package
    cannot be imported by design, for example without a display or an optional package, this is reported and does not
    count as a problem.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host; to read C(pyproject.toml) and C(pylock.toml) 3.11, or C(tomli) on older ones
  - bash, to check the activation
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.projects
  - mobile_ansible.venv.store
options:
  target:
    description:
      - Venv that all projects must use, an absolute path or a name in O(store). Without O(target) and O(parent), any
        venv is accepted.
      - Each link must point to this name. A link to another name is wrong, even if both names have the same content
        now.
    type: str
  parent:
    description:
      - Directory of the project whose link points to O(target). The links of the others point to that link. It must be
        one of O(projects).
      - Without O(target), its link must point to the name that M(mobile_ansible.venv.shared_venv) uses for this parent.
    type: path
  import_timeout:
    description:
      - Maximum number of seconds for the import of one module.
    type: int
    default: 120
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_info
  - module: mobile_ansible.venv.venv_symlink
"""

EXAMPLES = r"""
- name: Verify two projects
  mobile_ansible.venv.shared_venv_verify:
    projects:
      - /srv/dr-daily-report
      - path: /srv/dr-daily-report_news
        groups: [test]
        imports: [feedparser, news]
  register: verified

- name: Show the table
  ansible.builtin.debug:
    var: verified.table

- name: Fail if a project is broken
  ansible.builtin.assert:
    that: verified.healthy
"""

RETURN = r"""
healthy:
  description: Whether nothing is wrong with any project.
  returned: success
  type: bool
  sample: true
table:
  description: A table as lines of text, with a row for each project and a column for each check.
  returned: success
  type: list
  elements: str
  sample:
    - project                    link  target  registered  …
    - /srv/dr-daily-report/venv  ok    ok      ok          …
problems:
  description: The problems of each project and what to do, as lines of text. Empty if nothing is wrong.
  returned: success
  type: list
  elements: str
  sample:
    - "/srv/dr-daily-report_news/venv:"
    - "  link: /srv/dr-daily-report_news/venv does not exist"
    - "    To repair it, run the playbook mobile_ansible.venv.share again."
projects:
  description: The projects, in the order in which they were specified.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The directory, as it was specified.
      type: str
      sample: /srv/dr-daily-report
    name:
      description: The name of the link.
      type: str
      sample: venv
    link:
      description: The link.
      type: str
      sample: /srv/dr-daily-report/venv
    src:
      description: The text of the link, null if there is none.
      type: str
      sample: ../dr-daily-report/venv
    target:
      description: The real directory of the venv, null if there is none.
      type: str
      sample: /home/me/.local/share/ansible-venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    digest:
      description: The id of the generation, null for a venv that is not in a store.
      type: str
      sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    python:
      description: The version of its Python, null if it does not run.
      type: str
      sample: 3.12.4
    packages:
      description: The installed packages, according to the metadata in the venv.
      type: list
      elements: dict
      sample: [{"name": "jmespath", "version": "1.0.1"}]
    healthy:
      description: Whether nothing is wrong with this project.
      type: bool
      sample: true
    usable:
      description: Whether the venv works for the project, also if it is a directory and not a link.
      type: bool
      sample: true
    checks:
      description:
        - The results of the checks V(link), V(target), V(registered), V(venv), V(activation), V(which_python),
          V(prefix), V(python_version), V(requirements), V(imports) and V(sealed).
      type: list
      elements: dict
      contains:
        check:
          description: The name of the check.
          type: str
          sample: target
        ok:
          description: Whether the check passed, null if it was not possible.
          type: bool
          sample: false
        found:
          description: What was found.
          type: str
          sample: the link points to /srv/dr-daily-report/venv, which does not exist
        remedy:
          description: What to do, null if the check passed.
          type: str
          sample: run the playbook mobile_ansible.venv.share again
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import check_path
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    Project,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.links import link_targets
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.parent import venv_name
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.inspection import inspect_projects
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.programs import VenvPrograms
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.report import problems, table

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    **PROJECT_ARGUMENTS,
    "target": {"type": "str"},
    "parent": {"type": "path"},
    **STORE_ARGUMENT,
    "import_timeout": {"type": "int", "default": 120},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Inspect the projects; returns the result."""
    options = module.params
    if options["import_timeout"] < 1:
        raise InputError("import_timeout: must be at least 1")
    projects = parse_projects(options["projects"])
    expected = _expected(projects, options)
    programs = VenvPrograms(runner=SubprocessRunner(), home=module.tmpdir, import_timeout=options["import_timeout"])
    reports = inspect_projects(projects, expected=expected, programs=programs)
    results = [report.as_dict() for report in reports]
    return {
        "changed": False,
        "healthy": all(report.healthy for report in reports),
        "table": table(results),
        "problems": problems(results),
        "projects": results,
    }


def _expected(projects: list[Project], options: dict[str, Any]) -> dict[str, str]:
    """To which path the link of each project shall lead, by the project's path; nothing where any will do."""
    target, parent = options["target"], options["parent"]
    if target is None and parent is None:
        return {}
    name = target if target is not None else venv_name(check_path(parent, option="parent"))
    path = check_path(name, option="target") if "/" in name else Store(options["store"]).named(name).path
    return {project.path: led_to for project, led_to in link_targets(projects, target=path, parent=parent)}


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
