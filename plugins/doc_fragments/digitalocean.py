# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the options in ``module_utils/_digitalocean/options.py``."""

from __future__ import annotations


class ModuleDocFragment:
    """How the API of DigitalOcean is reached."""

    DOCUMENTATION = r"""
options:
  api_token:
    description:
      - The API token.
      - The default is the environment variable E(DO_API_TOKEN), E(DO_API_KEY), E(DO_OAUTH_TOKEN) or E(OAUTH_TOKEN) on
        the host of the task. Do not use the keyword C(environment) of the task for it, because Ansible shows its
        values.
    type: str
  api_token_file:
    description:
      - A file on the host of the task with the API token as its only line. It must belong to the user of the task or
        to root, and nobody else may read it (mode 0600).
    type: path
  api_url:
    description:
      - The address of the API.
    type: str
    default: https://api.digitalocean.com/v2
"""
