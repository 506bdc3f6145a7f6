#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv_prune
short_description: Remove unused shared venvs
version_added: 0.1.0
description:
  - Removes from a store what was not used within O(older_than), that is generations of virtual environments (venvs) to
    which no venv and no project links, that are not the previous generation of a venv, and in which nothing runs; and
    collections, roles and wheels that were fetched or sent, and that no generation contains any more; cached analyses
    of playbooks and of plugins; and files in which finished builds told their progress.
  - Removes incomplete builds too, and unregisters links that no longer exist.
  - Lists unused venvs, for example of playbooks or projects that no longer exist. A venv is unused when no project
    links to it, and within O(older_than) no process was started in it and its link was not changed. A venv at a path is
    used as long as its link exists. If the use cannot be known, no venv counts as unused. That is the case if a
    registered project is in a directory that this user cannot enter, or if other users can use a store of root on a
    file system that does not record access times.
  - While a venv of the store is built, the collections, roles, wheels and analyses stay.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.store
options:
  older_than:
    description:
      - Minimum time since the last use, such as V(12h), V(30d) or V(2w). A number without a unit is seconds.
    type: str
    default: 30d
  remove_unused:
    description:
      - Whether to remove unused venvs, with everything that only they use. By default they are only listed in
        RV(unused_venvs).
    type: bool
    default: false
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_info
"""

EXAMPLES = r"""
- name: List generations and venvs that were not used for a month
  mobile_ansible.venv.shared_venv_prune:
  check_mode: true
  register: unused

- name: Remove the venvs of playbooks that no longer exist
  mobile_ansible.venv.shared_venv_prune:
    older_than: 90d
    remove_unused: true

- name: Remove all generations that are currently unused
  mobile_ansible.venv.shared_venv_prune:
    older_than: 0
"""

RETURN = r"""
removed:
  description: The generations that were removed, or would be removed in check mode, with the reasons.
  returned: success
  type: list
  elements: dict
  sample:
    - digest: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
      bytes: 75497472
      reason: no venv and no project links to it; last used 41.0 days ago
removed_files:
  description: >-
    The cached collections, roles, wheels and analyses, and the progress of finished builds, that were removed, or would
    be removed in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{"path": "/home/me/.local/share/ansible-venvs/.carried/six-1.17.0-py2.py3-none-any.whl", "bytes": 12288}]
bytes:
  description: Bytes on disk that all of this frees.
  returned: success
  type: int
  sample: 75509760
gone_links:
  description: Links that no longer exist or point elsewhere, and were unregistered.
  returned: success
  type: list
  elements: str
  sample: [/srv/old-project/venv]
unused_venvs:
  description: >-
    The venvs that are unused, removed or not, with C(name), C(path), C(digest) and C(unused_since) as in
    RV(mobile_ansible.venv.shared_venv_info#module:venvs).
  returned: success
  type: list
  elements: dict
  sample:
    - name: site
      path: /home/me/.local/share/ansible-venvs/site
      digest: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
      unused_since: "2026-08-21T09:40:00Z"
removed_venvs:
  description: The names of the venvs that were removed, or would be removed in check mode.
  returned: success
  type: list
  elements: str
  sample: [site]
"""

import time
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import (
    orphaned_links,
    parse_age,
    plan_prune,
    prune,
    remove_caches,
    remove_unused,
    unused_caches,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import (
    UnusedVenv,
    stale_links,
    survey,
    unused_venvs,
    utc,
)

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    **STORE_ARGUMENT,
    "older_than": {"type": "str", "default": "30d"},
    "remove_unused": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Plan, and unless in check mode remove; returns the result."""
    store = Store(module.params["store"])
    store.check_own()
    if not store.is_there():
        module.warn(f"The store {store.path} does not exist: there is nothing to remove")
    older_than, now = parse_age(module.params["older_than"]), time.time()
    surveyed = survey(store)
    unused = [venv for venv in unused_venvs(store) if now - venv.since >= older_than]
    going = unused if module.params["remove_unused"] else []
    without = {venv.link.path for venv in going} | {link.path for link in orphaned_links(store, going)}
    removals = plan_prune(surveyed, older_than=older_than, now=now, without=without)
    gone = [link.path for link in stale_links(store)]
    cached = files = unused_caches(store, older_than=older_than, now=now, removals=removals)
    if not module.check_mode:
        going = remove_unused(store, going)
        removals = prune(store, removals)
        cached = remove_caches(store, cached)
    removed = {one.id for one in removals}
    names, removed_names = [venv.link.key for venv in unused], [venv.link.key for venv in going]
    return {
        "changed": bool(removals or gone or going or cached),
        "removed": [{"digest": one.id, "bytes": one.bytes, "reason": one.reason} for one in removals],
        "removed_files": [{"path": one.path, "bytes": one.bytes} for one in cached],
        "bytes": sum(one.bytes for one in removals) + sum(one.bytes for one in cached),
        "gone_links": gone,
        "unused_venvs": [_told(venv) for venv in unused],
        "removed_venvs": removed_names,
        "diff": {
            "before": {
                "generations": [one.id for one in surveyed],
                "unused_venvs": names,
                "files": [one.path for one in files],
            },
            "after": {
                "generations": [one.id for one in surveyed if one.id not in removed],
                "unused_venvs": [name for name in names if name not in removed_names],
                "files": [one.path for one in files if one not in cached],
            },
        },
    }


def _told(venv: UnusedVenv) -> dict[str, Any]:
    return {
        "name": venv.link.key,
        "path": venv.link.path,
        "digest": venv.id,
        "unused_since": utc(venv.since),
    }


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
