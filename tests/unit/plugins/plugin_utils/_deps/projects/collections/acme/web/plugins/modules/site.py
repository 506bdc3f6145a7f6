# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A module with a required, an optional and a second-choice import."""

DOCUMENTATION = r"""
module: site
requirements:
  - lxml >= 4.0
  - jmespath (only if O(query) is used)
extends_documentation_fragment: acme.web.common
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.acme.web.plugins.module_utils.client import Client

try:
    from lxml import etree
    HAS_LXML = True
except ImportError:
    HAS_LXML = False

try:
    import jmespath
    HAS_JMESPATH = True
except ImportError:
    HAS_JMESPATH = False

try:
    import json
except ImportError:
    import simplejson as json


def main():
    module = AnsibleModule({})
    if not HAS_LXML:
        module.fail_json(msg=missing_required_lib("lxml"))
    if module.params["query"] and not HAS_JMESPATH:
        module.fail_json(msg=missing_required_lib("jmespath"))
    found = jmespath.search(module.params["query"], {}) if module.params["query"] else etree
    Client(module).send(json.dumps(found))


if __name__ == "__main__":
    main()
