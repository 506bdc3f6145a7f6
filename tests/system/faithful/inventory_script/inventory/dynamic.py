#!/usr/bin/env python3
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
import json
import sys

GROUPS = {"moving": {"hosts": ["five"], "vars": {"ansible_connection": "local"}}, "_meta": {"hostvars": {}}}
print(json.dumps(GROUPS if "--list" in sys.argv else {}))
