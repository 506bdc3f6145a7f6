# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A client that gives up without its library."""

from ..module_utils import former

try:
    import requests
except ImportError as exc:
    requests = None
    REQUESTS_ERROR = exc
else:
    REQUESTS_ERROR = None


class Client:
    def __init__(self, module):
        if REQUESTS_ERROR is not None:
            module.fail_json(msg="no requests")
        former.help()
        self.session = requests.Session()
