#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv_verify
short_description: Is the virtual environment of each project what the project needs
version_added: 0.1.0
description:
  - Goes through a checklist for each project, from the link in the project to the content of every file behind it, and
    says for each line what was found and, where something is wrong, what to do.
  - It looks from outside, with a real shell, and with the virtual environment's own interpreter. Nothing is changed.
  - A project that is broken is in the result and does not fail the task. The role
    P(mobile_ansible.venv.shared_venv#role) fails, and repairs on request.
  - The modules of the packages are imported, as the user that the task runs as.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host; to read C(pyproject.toml) and C(pylock.toml) 3.11, or C(tomli) on older ones
  - bash, to try the activation
attributes:
  check_mode:
    description: Can run in check mode, and does the same.
    support: full
  diff_mode:
    description: Shows a diff.
    support: N/A
  platform:
    description: The hosts it works on.
    support: full
    platforms: posix
options:
  projects:
    description:
      - The projects, each the absolute path of its directory, or a dictionary.
      - C(path) is the directory, C(name) the name of the link in it, V(venv) unless given. C(files), C(groups) and
        C(python) say what it needs, as in M(mobile_ansible.venv.requirements_union), C(python) being a minor version
        such as V(3.12).
      - C(imports) are the modules that must be importable. Without it those that the declared packages bring are tried.
        A package that cannot be imported for reasons of its own, such as an optional package that is not asked for, or
        a display, is then named and does not count.
    type: list
    elements: raw
    required: true
  target:
    description:
      - The virtual environment that all of them shall use, an absolute path or a name in O(store). Without it any will
        do.
    type: str
  store:
    description:
      - Directory that holds the shared virtual environments of this host, for an O(target) that is a name.
    type: path
    default: ~/.local/share/ansible-venvs
  import_timeout:
    description:
      - How many seconds the imports of one project may take.
    type: int
    default: 120
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_info
  - module: mobile_ansible.venv.venv_symlink
"""

EXAMPLES = r"""
- name: Look at two projects
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

- name: Stop where one is broken
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
  description: Lines for people, a row a project, and below it what is wrong and what to do.
  returned: success
  type: list
  elements: str
  sample:
    - project                    link  target  registered  …
    - /srv/dr-daily-report/venv  ok    ok      ok          …
projects:
  description: The projects, in the order in which they were given.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The directory, as it was given.
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
      description: What the link says, null where there is none.
      type: str
      sample: ../dr-daily-report/venv
    target:
      description: The real directory behind it, null where there is none.
      type: str
      sample: /home/me/.local/share/ansible-venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    digest:
      description: The id of the generation, null for a virtual environment that is in no store.
      type: str
      sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    python:
      description: The version of its Python, null where it does not run.
      type: str
      sample: 3.12.4
    packages:
      description: What is installed in it, by its own account.
      type: list
      elements: dict
      sample: [{"name": "jmespath", "version": "1.0.1"}]
    healthy:
      description: Whether nothing is wrong with this project.
      type: bool
      sample: true
    checks:
      description:
        - The lines of the checklist, V(link), V(target), V(registered), V(venv), V(activation), V(which_python),
          V(prefix), V(python_version), V(requirements), V(imports) and V(sealed).
      type: list
      elements: dict
      contains:
        check:
          description: Which line it is.
          type: str
          sample: target
        ok:
          description: Whether all is well, null for what could not be looked at.
          type: bool
          sample: false
        found:
          description: What was found.
          type: str
          sample: the link leads to /srv/dr-daily-report/venv, where there is nothing
        remedy:
          description: What to do, null where nothing is.
          type: str
          sample: run the playbook mobile_ansible.venv.share again
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import check_path
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import ModuleRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.inspection import Inspector
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.report import table

ARGUMENT_SPEC = {
    **PROJECT_ARGUMENTS,
    "target": {"type": "str"},
    "store": {"type": "path", "default": "~/.local/share/ansible-venvs"},
    "import_timeout": {"type": "int", "default": 120},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Look at the projects; returns the result."""
    options = module.params
    if options["import_timeout"] < 1:
        raise InputError(f"import_timeout: {options['import_timeout']} is no number of seconds that anything can take")
    store, target = Store(options["store"]), options["target"]
    shared = None
    if target is not None:
        shared = check_path(target, option="target") if "/" in target else store.named(target).path
    looker = Inspector(
        runner=ModuleRunner(module), home=module.tmpdir, shared=shared, import_timeout=options["import_timeout"]
    )
    reports = [looker.look(project) for project in parse_projects(options["projects"])]
    return {
        "changed": False,
        "healthy": all(report.healthy for report in reports),
        "table": table(reports),
        "projects": [report.as_dict() for report in reports],
    }


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        with no_space_reported(module.params["store"]):
            module.exit_json(**run(module))
    except VenvError as error:
        module.fail_json(**error.details())


if __name__ == "__main__":
    main()
