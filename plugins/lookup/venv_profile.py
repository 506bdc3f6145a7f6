# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A profile of the controller, by its name or path."""

from __future__ import annotations

DOCUMENTATION = r"""
name: venv_profile
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Return a saved profile, or one in a file
description:
  - Returns a profile of the controller, to build a venv with M(mobile_ansible.venv.shared_venv). The definition is
    checked, and an error names its file and line. Nothing in it is a template.
options:
  _terms:
    description:
      - A name or a path. A name is that of a profile that M(mobile_ansible.venv.venv_profile) saved. A path contains a
        C(/), begins with C(.) or C(~), or ends with C(.yml), C(.yaml) or C(.json). It is the path of a file, or of the
        directory of a profile; a relative one starts at the current directory.
      - Any other text is the name of a profile, or of a file in the current directory. If there are both, it is an
        error.
    type: list
    elements: str
    required: true
  directory:
    description:
      - Directory of the saved profiles. The default is C(ansible-venvs/profiles) in C($XDG_CONFIG_HOME), or in
        C(~/.config).
    type: path
seealso:
  - module: mobile_ansible.venv.venv_profile
"""

EXAMPLES = r"""
- name: Build the venv of a saved profile
  mobile_ansible.venv.shared_venv:
    name: site
    profile: "{{ profile.definition }}"
    optional_packages: "{{ profile.optional_packages }}"
    collections_source: "{{ profile.collections_source or 'galaxy' }}"
  vars:
    profile: "{{ lookup('mobile_ansible.venv.venv_profile', 'site') }}"
"""

RETURN = r"""
_raw:
  description: >-
    A dictionary for each term, with C(name) (null for a path), C(definition), C(optional_packages), C(own_collection)
    and C(collections_source), which is null if it is not known.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import choose_profile


class LookupModule(LookupBase):
    """What Ansible asks for."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """See above."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return [_shown(str(term), self.get_option("directory")) for term in terms]
        except VenvError as error:
            # Ansible repeats the message of a cause.
            raise AnsibleLookupError(error.message) from None


def _shown(term: str, directory: str | None) -> dict[str, Any]:
    chosen = choose_profile(term, directory=directory)
    return {
        "name": chosen.name,
        "definition": chosen.definition.data,
        "optional_packages": chosen.optional_packages,
        "own_collection": chosen.own_collection,
        "collections_source": chosen.collections_source,
    }
