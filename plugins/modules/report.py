#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Print the result of a role of this collection
version_added: 0.1.0
description:
  - Prints the result of a role for shared virtual environments (venvs) as plain text. The first line is the outcome.
    The problems of each project follow, with what to do, and then a table.
  - The task fails if a step in the results failed, with the outcome as its message.
  - The roles P(mobile_ansible.venv.shared_venv#role), P(mobile_ansible.venv.run_playbook#role),
    P(mobile_ansible.venv.profile#role) and P(mobile_ansible.venv.torrent#role) use it.
  - With a callback that writes JSON to standard output, nothing is printed. The results of the modules contain the same
    information.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
attributes:
  action:
    description: It runs on the controller.
    support: full
options:
  flow:
    description: Name of the flow that ran.
    type: str
    choices:
      - share
      - verify
      - migrate
      - fall_back
      - undo
      - prune
      - run
      - torrent
      - reap
      - timer
      - profile_list
      - profile_show
      - profile_check
      - profile_check_strict
      - profile_save
      - profile_remove
    required: true
  results:
    description:
      - Results of the modules, in the order in which they ran. The result of a step that did not run can be empty.
      - C(advice) is the result of M(mobile_ansible.venv.requirements_union), C(needs) that of
        M(mobile_ansible.venv.collection_deps), C(built) that of M(mobile_ansible.venv.shared_venv), C(linked) that of
        M(mobile_ansible.venv.venv_symlink), C(tested) and C(restored) are those of
        M(mobile_ansible.venv.venv_migration_test), C(verified) is that of
        M(mobile_ansible.venv.shared_venv_verify), C(inspected) that of the same before a fallback, C(refused) what
        kept the projects from sharing, C(isolated) that of the isolated venvs, C(pruned) that of
        M(mobile_ansible.venv.shared_venv_prune), C(run) that of M(mobile_ansible.venv.venv_playbook), C(reaped) that
        of M(mobile_ansible.venv.torrent_reap), C(checked) that of the same in check mode, and C(installed) what the
        timer is. C(profiles) is that of M(mobile_ansible.venv.venv_profile_info), C(saved) that of
        M(mobile_ansible.venv.venv_profile), and C(named) says that no profile was named.
    type: dict
    required: true
  detail:
    description:
      - What is printed of the flow V(run). V(none) prints failures only.
    type: str
    choices: [live, summary, none]
    default: live
seealso:
  - module: mobile_ansible.venv.shared_venv_verify
"""

EXAMPLES = r"""
- name: Verify
  mobile_ansible.venv.shared_venv_verify:
    projects: [/srv/dr-daily-report]
  register: verified

- name: Report
  mobile_ansible.venv.report:
    flow: verify
    results:
      verified: "{{ verified }}"
"""

RETURN = r"""
msg:
  description: The outcome in one sentence.
  returned: always
  type: str
  sample: "All 4 projects are healthy: every check passed."
"""
