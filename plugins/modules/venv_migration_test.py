#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: venv_migration_test
short_description: Test projects in the venv that they link to
version_added: 0.1.0
description:
  - Runs the test command of each project whose C(venv) is a link to a virtual environment (venv). If the test fails,
    the link is removed, and the project's own venv is restored from the backup of M(mobile_ansible.venv.venv_symlink).
  - If the test of a project fails, the own venvs of projects that link to its link are restored too.
  - Only the directory that was moved to the backup is restored. Other directories, archives or links with similar names
    are neither restored nor removed.
  - A test is started in the project's directory, with the programs of the venv first on C(PATH) and
    without variables that begin with C(PYTHON). A project without a C(test) is not tested.
  - All processes that a test started are ended with it, also those in the background.
  - With O(undo) the own venvs of all projects are restored, and nothing is tested.
  - A run that was interrupted can be repeated, or undone.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.projects
  - mobile_ansible.venv.store
attributes:
  check_mode:
    details:
      - Tests are not run in check mode, so only O(undo) predicts a change.
    support: partial
options:
  undo:
    description:
      - Whether to restore the newest backup of every project instead of testing. Projects without a backup are not
        changed. If something else has the path of the newest backup, it is an error and nothing is changed.
    type: bool
    default: false
  timeout:
    description:
      - Maximum number of seconds for one test. A test that takes longer is ended with all its processes, and has
        failed.
    type: int
    default: 1800
  lock_timeout:
    description:
      - Maximum number of seconds to wait for another run on the same project.
    type: int
    default: 1800
seealso:
  - module: mobile_ansible.venv.venv_symlink
  - module: mobile_ansible.venv.shared_venv_verify
"""

EXAMPLES = r"""
- name: Test the projects in the shared venv
  mobile_ansible.venv.venv_migration_test:
    projects:
      - path: /srv/dr-daily-report
        test: [python, -m, pytest, -q]
      - path: /srv/dr-daily-report_news
        test: [make, test]
  register: tested

- name: Show the failed projects
  ansible.builtin.debug:
    var: tested.lines

- name: Restore the own venvs of all projects
  mobile_ansible.venv.venv_migration_test:
    projects: [/srv/dr-daily-report, /srv/dr-daily-report_news]
    undo: true
"""

RETURN = r"""
projects:
  description: The projects, in the order in which they were specified.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The directory, as it was specified.
      type: str
      sample: /srv/dr-daily-report_news
    name:
      description: The name of the link.
      type: str
      sample: venv
    passed:
      description: Whether the test succeeded, null if none was run.
      type: bool
      sample: false
    output:
      description: The last lines of the output of the test.
      type: str
      sample: 1 failed, 41 passed in 3.10s
    restored:
      description: The backup that was restored, or would be restored in check mode, otherwise null.
      type: str
      sample: /srv/dr-daily-report_news/venv.backup-20261121T104500Z048213377019
    reason:
      description: Why it was restored, or why it was not.
      type: str
      sample: its tests failed
passed:
  description: Whether no test failed.
  returned: success
  type: bool
  sample: false
lines:
  description: The restored venvs with the reasons and the last lines of the tests, as lines of text.
  returned: success
  type: list
  elements: str
  sample:
    - "/srv/dr-daily-report_news/venv is the project's own venv again: its tests failed"
    - "  1 failed, 41 passed in 3.10s"
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: restore
"""

import os
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._migration.migration_test import (
    MigrationResult,
    MigrationTests,
    find_candidates,
    lines,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    **PROJECT_ARGUMENTS,
    "undo": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 1800},
    **STORE_ARGUMENT,
    "lock_timeout": {"type": "int", "default": 1800},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do what the options ask for; returns the result."""
    options = module.params
    candidates = find_candidates(parse_projects(options["projects"]))
    tests = MigrationTests(
        store=Store(options["store"]),
        runner=SubprocessRunner(),
        environment=os.environ,
        timeout=options["timeout"],
        lock_timeout=options["lock_timeout"],
    )
    if options["undo"]:
        results = tests.undo(candidates, really=not module.check_mode)
    else:
        results = [MigrationResult(one) for one in candidates] if module.check_mode else tests.run(candidates)
    restored = {one.candidate.location.path for one in results if one.restored is not None}
    paths = [one.location.path for one in candidates]
    return {
        "changed": bool(restored),
        "passed": all(one.passed is not False for one in results),
        "projects": [one.as_dict() for one in results],
        "lines": lines(results),
        "diff": {
            "before": {path: "link" for path in paths if path in restored},
            "after": {path: "own venv" for path in paths if path in restored},
        },
    }


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
