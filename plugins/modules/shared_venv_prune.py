#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv_prune
short_description: Remove shared virtual environments that nobody uses
version_added: 0.1.0
description:
  - Removes from a store the generations that no name and no link keeps, that are not the previous one of a name, in
    which nothing runs, and that nobody used for a time. Removes what interrupted builds left, and takes links that have
    gone off the list of who links.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
attributes:
  check_mode:
    description: Can run in check mode and lists what it would remove.
    support: full
  diff_mode:
    description: Shows the generations before and after.
    support: full
  platform:
    description: The hosts it works on.
    support: full
    platforms: posix
options:
  store:
    description:
      - Directory that holds the virtual environments of this host.
    type: path
    default: ~/.local/share/ansible-venvs
  older_than:
    description:
      - Keep what was used within this time, such as V(12h), V(30d) or V(2w). A number is seconds.
    type: str
    default: 30d
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_info
"""

EXAMPLES = r"""
- name: Say what nobody has used for a month
  mobile_ansible.venv.shared_venv_prune:
  check_mode: true
  register: unused

- name: Remove all that nobody uses now
  mobile_ansible.venv.shared_venv_prune:
    older_than: 0
"""

RETURN = r"""
removed:
  description: What was removed, or in check mode would be.
  returned: success
  type: list
  elements: dict
  contains:
    digest:
      description: The id of the generation.
      type: str
      sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
    bytes:
      description: Bytes on disk.
      type: int
      sample: 75497472
    reason:
      description: Why nobody needs it.
      type: str
      sample: nobody links to it, last used 41.0 days ago
bytes:
  description: Bytes on disk that this frees.
  returned: success
  type: int
  sample: 75497472
gone_links:
  description: Links that have gone or lead elsewhere and are no longer listed as users.
  returned: success
  type: list
  elements: str
  sample: [/srv/old-project/venv]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import (
    parse_age,
    plan_prune,
    prune,
    stale_links,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import survey

ARGUMENT_SPEC = {
    "store": {"type": "path", "default": "~/.local/share/ansible-venvs"},
    "older_than": {"type": "str", "default": "30d"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Plan, and unless in check mode remove; returns the result."""
    store = Store(module.params["store"])
    store.check_own()
    older_than = parse_age(module.params["older_than"])
    surveyed = survey(store)
    removals = plan_prune(surveyed, older_than=older_than, now=time.time())
    gone = [link.path for link in stale_links(store)]
    if not module.check_mode:
        removals = prune(store, removals)
    removed = {one.id for one in removals}
    return {
        "changed": bool(removals or gone),
        "removed": [{"digest": one.id, "bytes": one.bytes, "reason": one.reason} for one in removals],
        "bytes": sum(one.bytes for one in removals),
        "gone_links": gone,
        "diff": {
            "before": {"generations": [one.id for one in surveyed]},
            "after": {"generations": [one.id for one in surveyed if one.id not in removed]},
        },
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
