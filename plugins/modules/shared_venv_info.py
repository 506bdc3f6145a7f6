#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv_info
short_description: Gather information about a store of shared venvs
version_added: 0.1.0
description:
  - Returns for each virtual environment (venv) in a store of the host its content, its size, the projects that link to
    it, when it was last used, and whether it is damaged. All of it is read from the host. A store that does not exist
    is empty.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.store
options:
  name:
    description:
      - Name of a venv. Only this venv and its generation are returned, with RV(progress).
      - Without O(name) and O(path), all venvs are returned.
    type: str
  path:
    description:
      - Path of a venv that does not have a name, as in O(mobile_ansible.venv.shared_venv#module:path). Otherwise like
        O(name).
    type: path
  verify:
    description:
      - Whether to check the content of every file. By default only names, sizes and times of the files are checked.
    type: bool
    default: false
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_prune
"""

EXAMPLES = r"""
- name: Start to build a venv
  mobile_ansible.venv.shared_venv:
    name: site
    packages:
      - boto3
  async: 3600
  poll: 0
  register: job

# A venv that is there already has no progress: the first looks can come before the start of a build.
- name: Show how far it is
  mobile_ansible.venv.shared_venv_info:
    name: site
  register: store
  until: store.attempts > 2 and (store.progress is none or store.progress.state != "running")
  retries: 1800
  delay: 2

- name: Get the result, in any case
  ansible.builtin.async_status:
    jid: "{{ job.ansible_job_id }}"
  register: site
  until: site is finished
  retries: 1800
  delay: 2

- name: Gather information about the store
  mobile_ansible.venv.shared_venv_info:
  register: store

- name: Show what is broken
  ansible.builtin.debug:
    msg: "{{ store.venvs | rejectattr('healthy') | map(attribute='path') }}"
"""

RETURN = r"""
store:
  description: The directory of the store.
  returned: success
  type: str
  sample: /home/me/.local/share/ansible-venvs
venvs:
  description: The venvs, by name and by path.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The last part of its path.
      type: str
      sample: site
    path:
      description: Its public path, a link.
      type: str
      sample: /home/me/.local/share/ansible-venvs/site
    digest:
      description: The id of its generation, null if the target of the link does not exist.
      type: str
      sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    generation:
      description: The real directory.
      type: str
      sample: /home/me/.local/share/ansible-venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    previous:
      description: The id of the previous generation, null without one.
      type: str
      sample: 9d4012aa0c6fd3bd1c9c3d3b5f6f1c55
    python:
      description: The version and the real path of the interpreter.
      type: dict
      sample: {"version": "3.11.2", "executable": "/usr/bin/python3.11"}
    ansible_core:
      description: The version of ansible-core, null without one.
      type: str
      sample: 2.19.14
    collections:
      description: The collections with their versions.
      type: list
      elements: dict
      sample: [{"name": "community.general", "version": "11.4.1"}]
    roles:
      description: The roles of no collection with their versions.
      type: list
      elements: dict
      sample: [{"name": "geerlingguy.docker", "version": "7.4.1"}]
    packages:
      description: The Python packages with their versions.
      type: list
      elements: dict
      sample: [{"name": "jmespath", "version": "1.0.1"}]
    shared_files:
      description: The files that several packages contain, and the packages whose content differs.
      type: list
      elements: dict
      sample: [{"path": "bin/tool", "packages": ["one-1.0", "two-2.0"], "overwritten": ["one-1.0"]}]
    created:
      description: When it was built, in UTC.
      type: str
      sample: "2026-11-21T09:38:00Z"
    last_used:
      description: When a process was last started in it, or it was built, in UTC.
      type: str
      sample: "2026-11-21T09:40:00Z"
    own_bytes:
      description: Bytes on disk that only this venv uses.
      type: int
      sample: 75497472
    shared_bytes:
      description: Bytes on disk that it shares with venvs of other names.
      type: int
      sample: 0
    in_use:
      description: Whether a process runs in it, null if only the owner of the store can know it.
      type: bool
      sample: false
    linked_projects:
      description: The links of projects to it.
      type: list
      elements: str
      sample: [/srv/dr-daily-report_news/venv]
    unused_since:
      description:
        - When a process was last started in it or its link was changed, in UTC, if no project links to it and
          nothing runs in it. Otherwise null, and null if it cannot be known.
      type: str
      sample: "2026-08-21T09:40:00Z"
    healthy:
      description: Whether nothing is wrong with it.
      type: bool
      sample: true
    problems:
      description: What is wrong with it.
      type: list
      elements: str
      sample: []
generations:
  description: The real directories of the venvs, with unused ones.
  returned: success
  type: list
  elements: dict
  contains:
    digest:
      description: Its id.
      type: str
      sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    bytes:
      description: Bytes on disk.
      type: int
      sample: 75497472
    in_use:
      description: Whether a process runs in it, null if only the owner of the store can know it.
      type: bool
      sample: false
    venvs:
      description: The public paths of the venvs that use it.
      type: list
      elements: str
      sample: [/home/me/.local/share/ansible-venvs/site]
    previous_of:
      description: The venvs of which it is the previous generation; a venv at a path by its key in the store.
      type: list
      elements: str
      sample: [site]
    linked_projects:
      description: The links of projects to it.
      type: list
      elements: str
      sample: [/srv/dr-daily-report_news/venv]
    problems:
      description: What is wrong with it.
      type: list
      elements: str
      sample: []
gone_links:
  description: Registered links from outside the store that no longer exist or point elsewhere.
  returned: success
  type: list
  elements: str
  sample: [/srv/old-project/venv]
bytes:
  description: Bytes on disk of all generations.
  returned: success
  type: int
  sample: 75497472
progress:
  description:
    - How far the build of the venv is, or how its last build ended. The format is that of C(status.json) in
      C(docs/reference/progress.md) of the collection.
    - Null without O(name) and O(path), if the venv was not built in this store, and for other users than the owner of
      the store.
  returned: success
  type: dict
  contains:
    state:
      description:
        - V(running), V(succeeded), V(failed), V(stopped), or V(died) if the process that built it was killed.
      type: str
      sample: running
    percent:
      description: From 0 to 100, never decreases during a build.
      type: float
      sample: 41.5
    step:
      description: The phase of the build.
      type: str
      sample: Fetch and install the packages
    done:
      description: The number of packages, files, collections or MiB in this phase that are done.
      type: int
      sample: 3
    total:
      description: The number of them in this phase, as far as it is known.
      type: int
      sample: 8
    eta:
      description: The seconds left at the pace until now, null if unknown.
      type: int
      sample: 20
    started:
      description: When the build was started, in UTC.
      type: str
      sample: "2026-11-21T09:38:00.000000Z"
    updated:
      description: When this was written, in UTC.
      type: str
      sample: "2026-11-21T09:38:05.500000Z"
    id:
      description: Random, different for each build.
      type: str
      sample: 24952bf159ebe87d
    pid:
      description: The process that builds it.
      type: int
      sample: 4711
    pid_started:
      description: Its start, in clock ticks since the system started, null if unknown.
      type: int
      sample: 5322182
    schema:
      description: The version of the format.
      type: int
      sample: 1
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.info import store_report

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    "name": {"type": "str"},
    "path": {"type": "path"},
    **STORE_ARGUMENT,
    "verify": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Inspect the store; returns the result."""
    store, name, path = Store(module.params["store"]), module.params["name"], module.params["path"]
    only = store.named(name) if name is not None else store.at(path) if path is not None else None
    return {"changed": False, **store_report(store, verify=module.params["verify"], only=only)}


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC, mutually_exclusive=[("name", "path")])


if __name__ == "__main__":
    main()
