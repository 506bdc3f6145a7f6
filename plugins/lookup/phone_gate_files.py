# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of the role ``phone_gate``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: phone_gate_files
short_description: The files of the role phone_gate
version_added: 0.1.0
description:
  - Returns the content of the files that the role P(mobile_ansible.venv.phone_gate#role) writes. Only its tasks use it.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
options:
  _terms:
    description: The directory with this collection on the host of the gate.
    required: true
  problem:
    description: >-
      Whether to return what is wrong with the variables of the role, or an empty text, instead of the files. Ansible
      shows the error of a lookup more often than that of a task. A gate that is to be removed has no files.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the configuration of the gate
  ansible.builtin.debug:
    msg: "{{ lookup('mobile_ansible.venv.phone_gate_files', '/opt/phone-gate/collections').config }}"
"""

RETURN = r"""
_raw:
  description: >-
    The content of the files, with the keys C(config), C(inventories), C(authorized_keys), C(profiles),
    C(profile_files) and C(reap), which is null where the gate creates no droplets. With O(problem), a text.
  type: list
  elements: raw
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.role_files import role_files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.role_variables import check_directories

_OPTIONS = "mobile_ansible.venv.role_options"


class LookupModule(LookupBase):
    """What Ansible asks for."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """See above."""
        self.set_options(var_options=variables, direct=kwargs)
        lookup = lookup_loader.get(_OPTIONS, loader=self._loader, templar=self._templar)
        (options,) = lookup.run(["phone_gate"], variables)
        is_asked = self.get_option("problem")
        try:
            if options["state"] == "absent":
                check_directories(options)
                return [""]
            files = role_files(options, collections=terms[0])
            return [""] if is_asked else [files]
        except InputError as error:
            if is_asked:
                return [error.message]
            # Ansible repeats the message of a cause.
            raise AnsibleLookupError(error.message) from None
