#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: venv_profile
short_description: Save what a virtual environment must contain, under a name
version_added: 0.1.0
description:
  - Saves a profile on the controller, or removes it. A profile is a directory of standard files. Its
    C(execution-environment.yml) (version 3) is the definition, which you can edit. C(requirements.yml),
    C(requirements.txt) and C(bindep.txt) are made from it, for C(ansible-galaxy), C(pip) and C(bindep).
  - A profile is made from a playbook, which is analysed as by M(mobile_ansible.venv.collection_deps), or from another
    definition. Profiles with the same requirements use the same virtual environment (venv).
  - After you edited a definition, save the profile again without O(playbook) and O(definition). It is checked, and the
    other files follow. A mistake is one error with file and line.
  - A file that was edited is never replaced, unless O(force) is set.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - findimports (on the controller, for O(playbook))
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.package_index
  - mobile_ansible.venv.store
attributes:
  action:
    description: It runs on the controller.
    support: full
  check_mode:
    details:
      - Analyses and resolves as a real run does, and builds no venv.
  diff_mode:
    details:
      - Shows each file that changes, except C(profile.json).
options:
  name:
    description:
      - Name of the profile, up to 100 letters, digits, C(.), C(_) and C(-), with a letter or digit first. It must not
        end with C(.yml), C(.yaml) or C(.json), so that it is never taken for a path.
      - For O(state=used) it can be a path as well, whose use is not noted.
    type: str
    required: true
  directory:
    description:
      - Directory of the profiles. The default is C(ansible-venvs/profiles) in C($XDG_CONFIG_HOME), or in C(~/.config).
      - It must belong to the user who runs Ansible, or to root, and no other user may be able to write to it or to a
        directory on its path, because a profile decides what code is installed.
    type: path
  state:
    description:
      - V(present) saves the profile. V(absent) removes it; its venvs stay for M(mobile_ansible.venv.shared_venv_prune).
      - V(used) notes that it was used now, for the host of the task. It never reports a change, and does nothing where
        this user cannot write. The role P(mobile_ansible.venv.run_playbook#role) does so for each run.
    type: str
    choices: [present, absent, used]
    default: present
  playbook:
    description:
      - Path of the playbook that the profile is made from. A relative path starts at the current directory.
      - For O(state=used), the playbook that ran.
    type: str
  project:
    description:
      - Directory of the project of O(playbook), if it is not the one that
        M(mobile_ansible.venv.collection_deps) finds.
    type: str
  definition:
    description:
      - An execution-environment definition as a dictionary, or the name of another profile, or the path of a YAML file
        or of the directory of a profile. A path contains a C(/), begins with C(.) or C(~), or ends with C(.yml),
        C(.yaml) or C(.json). Comments of a file are kept.
    type: raw
  lock:
    description:
      - Whether C(requirements.txt) and C(requirements.yml) are to be a lock, with exact versions and hashes. For that
        the venv is built on the controller. A lock that fits the definition stays as it is, also without this option.
      - C(ansible-playbook-venv --venv-profile NAME --venv-locked) installs exactly what it lists.
    type: bool
    default: false
  upgrade:
    description:
      - With O(lock), whether to resolve versions again although the definition did not change.
    type: bool
    default: false
  force:
    description:
      - Whether to replace files that were edited, or that something else wrote.
    type: bool
    default: false
  venv:
    description:
      - Path of the venv that was used. Required for O(state=used).
    type: str
  inventory:
    description:
      - See M(mobile_ansible.venv.collection_deps).
    type: list
    elements: str
    default: []
  exclude:
    description:
      - See M(mobile_ansible.venv.collection_deps).
    type: list
    elements: str
    default: []
  target_packages:
    description:
      - See M(mobile_ansible.venv.collection_deps).
    type: str
    choices: [auto, all, none]
    default: auto
  allow_unresolved:
    description:
      - See M(mobile_ansible.venv.collection_deps).
    type: list
    elements: str
    default: []
  unresolved:
    description:
      - See M(mobile_ansible.venv.collection_deps).
    type: str
    choices: [fail, as_ansible, warn]
    default: as_ansible
  collections_source:
    description:
      - Source of collections; see M(mobile_ansible.venv.collection_deps). It is noted with the profile, and used by
        what uses the profile unless another one is set. The default is the noted one, otherwise V(galaxy).
    type: str
  follow_outside:
    description:
      - Whether directories outside of the project are read too, and links that lead out of it followed; see
        M(mobile_ansible.venv.collection_deps). It is noted with the profile, for later checks. C(ansible-playbook-venv)
        and the role P(mobile_ansible.venv.run_playbook#role) do so by default.
    type: bool
    default: false
  store:
    description:
      - Directory on the controller in which collections are cached, and in which the venv for O(lock) is.
seealso:
  - module: mobile_ansible.venv.venv_profile_info
  - module: mobile_ansible.venv.shared_venv
  - plugin: mobile_ansible.venv.venv_profile
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Save what a playbook requires
  mobile_ansible.venv.venv_profile:
    name: site
    playbook: site.yml

- name: Let the other files follow after an edit
  mobile_ansible.venv.venv_profile:
    name: site

- name: Save a definition with exact versions and hashes
  mobile_ansible.venv.venv_profile:
    name: network
    definition:
      version: 3
      dependencies:
        python: [netaddr, jmespath]
        galaxy:
          collections: [ansible.netcommon]
    lock: true

- name: Remove it
  mobile_ansible.venv.venv_profile:
    name: network
    state: absent
"""

RETURN = r"""
name:
  description: The name of the profile.
  returned: success
  type: str
  sample: site
path:
  description: Its directory.
  returned: success
  type: str
  sample: /home/me/.config/ansible-venvs/profiles/site
files:
  description: The names of its standard files.
  returned: success, with O(state=present)
  type: list
  elements: str
  sample: [bindep.txt, execution-environment.yml, requirements.txt, requirements.yml]
definition:
  description: The definition.
  returned: success, with O(state=present)
  type: dict
  sample: {"version": 3, "dependencies": {"python": ["jmespath"], "galaxy": {"collections": []}}}
locked:
  description: Whether there is a lock that fits the definition.
  returned: success, with O(state=present)
  type: bool
  sample: false
profiles:
  description: The names of the profiles that there are.
  returned: success, with O(state=absent) if there is no such profile
  type: list
  elements: str
  sample: [network, site]
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: bad_input
"""
