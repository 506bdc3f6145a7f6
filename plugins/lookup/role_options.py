# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options of a role, as its argument specs convert them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role_options
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Return the variables of a role of this collection, with the types of its argument specs
description:
  - Ansible validates the variables of a role with its argument specs, but does not convert them for the role. A value
    from C(-e name=value) is always text, so that V(false) would be true. This lookup returns the variables converted by
    the argument specs, with the defaults.
  - For a list or a dictionary, text in brackets or braces is read as YAML or JSON. Any other text is split at commas.
options:
  _terms:
    description: The name of one role of this collection.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show whether pip is installed in the venv
  ansible.builtin.debug:
    msg: "{{ lookup('mobile_ansible.venv.role_options', 'shared_venv').pip }}"
"""

RETURN = r"""
_raw:
  description:
    - A dictionary of the variables, without the prefix of the role. It does not contain variables that are not set and
      have no default.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError, AnsibleValueOmittedError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._role_options import (
    argument_spec,
    check_names,
    converted,
)


class LookupModule(LookupBase):
    """What Ansible asks for."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """See above."""
        self.set_options(var_options=variables, direct=kwargs)
        if len(terms) != 1:
            raise AnsibleLookupError("role_options: the argument must be the name of one role of mobile_ansible.venv")
        (role,) = terms
        given = {**(variables or {})}
        for of_host in (given.get("ansible_delegated_vars") or {}).values():
            # A task that is delegated is for that host.
            given.update({name: of_host[name] for name in argument_spec(role) if name in of_host})
        try:
            check_names(role, given)
        except InputError as error:
            # Ansible repeats the message of a cause.
            raise AnsibleLookupError(error.message) from None
        values = {name: self._value(given[name]) for name in argument_spec(role) if name in given}
        return [converted(role, {name: value for name, value in values.items() if value is not None})]

    def _value(self, value: Any) -> Any:
        try:
            return self._templar.template(value)
        except AnsibleValueOmittedError:
            return None
