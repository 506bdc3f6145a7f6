#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: run_report
short_description: Write a report of a run as one HTML file or as JSON
version_added: 0.1.0
description:
  - Writes what a run of a playbook came to, as a page that is one file, or as JSON. It has the outcome, the failed
    tasks with their messages, the hosts, a timeline of the tasks, what the playbook requires and why, the venv, and the
    files that were brought back.
  - The page works without JavaScript and asks for nothing. Names in it are text, whatever they contain.
  - The role P(mobile_ansible.venv.run_playbook#role) uses it. C(ansible-playbook-venv --venv-report) writes the same
    report.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
attributes:
  action:
    description: It runs on the controller.
    support: full
  diff_mode:
    description: A report is not compared with the one before.
    support: none
options:
  dest:
    description:
      - The file on the controller. If its name ends in C(.html), a page is written, and if it ends in C(.json), JSON.
        In a directory that exists, both are written, as C(report.html) and C(report.json).
      - A relative path starts at the current directory. A file that exists is replaced. It is readable by its owner
        only.
      - If the play has several hosts, the name of each host is added to the name of the file.
    type: str
    required: true
  playbook:
    description: The name of the playbook. Only its last part is shown.
    type: str
    required: true
  results:
    description:
      - Results of the modules. C(needs) is that of M(mobile_ansible.venv.collection_deps), C(built) that of
        M(mobile_ansible.venv.shared_venv), C(run) that of M(mobile_ansible.venv.venv_playbook), and C(torrent) is
        C(torrent_result) of the role P(mobile_ansible.venv.torrent#role). The result of a step that did not run can be
        empty.
      - Without it, a report is written that says that the end of the run is not known. So a file that cannot be written
        is found before the run, and no report of an earlier run stays.
    type: dict
  role:
    description:
      - The role of this collection that ran the modules. Messages then name its variables instead of the options of the
        modules.
    type: str
    choices: [run_playbook]
seealso:
  - module: mobile_ansible.venv.venv_playbook
"""

EXAMPLES = r"""
- name: Run the playbook, and report in any case
  block:
    - name: Run it in the venv
      mobile_ansible.venv.venv_playbook:
        venv: site
        playbook: site.yml
      register: run
  always:
    - name: Write the report
      mobile_ansible.venv.run_report:
        dest: report.html
        playbook: site.yml
        results:
          run: "{{ run }}"
"""

RETURN = r"""
paths:
  description: The paths of the files.
  returned: success
  type: list
  elements: str
  sample: [/home/me/report.html]
verdict:
  description: The outcome in one line.
  returned: success
  type: str
  sample: "Succeeded on 2 hosts in 7.5 s; nothing was changed."
"""
