#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: venv_profile_info
short_description: Gather information about saved profiles
version_added: 0.1.0
description:
  - Returns the profiles that M(mobile_ansible.venv.venv_profile) saved on the controller, what they were made from, and
    when and where they were last used. With O(check) it finds out what of them is out of date.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - findimports (on the controller, for O(check))
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.package_index
  - mobile_ansible.venv.store
attributes:
  action:
    description: It runs on the controller.
    support: full
options:
  name:
    description:
      - Name of a profile. Without it, all profiles are returned.
    type: str
  directory:
    description:
      - Directory of the profiles; see M(mobile_ansible.venv.venv_profile).
    type: path
  check:
    description:
      - Whether to find out what is out of date. The playbook is analysed again, and the package index and the servers
        of collections are asked for newer versions. What cannot be known, such as versions with O(offline), is
        V(unknown), with the reason.
    type: bool
    default: false
  collections_source:
    description:
      - Source of collections; the default is the one that was noted with the profile, otherwise V(galaxy).
    type: str
  store:
    description:
      - Directory on the controller in which collections are cached, and in which the venvs are.
seealso:
  - module: mobile_ansible.venv.venv_profile
"""

EXAMPLES = r"""
- name: List the profiles
  mobile_ansible.venv.venv_profile_info:
  register: saved

- name: Find out what of one is out of date
  mobile_ansible.venv.venv_profile_info:
    name: site
    check: true
  register: site

- name: Show it
  ansible.builtin.debug:
    msg: "{{ site.profiles[0].outdated }}"
"""

RETURN = r"""
directory:
  description: The directory of the profiles.
  returned: success
  type: str
  sample: /home/me/.config/ansible-venvs/profiles
profiles:
  description: The profiles, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: site
    path:
      description: Its directory.
      type: str
      sample: /home/me/.config/ansible-venvs/profiles/site
    saved:
      description: When it was saved, in UTC, null if it was made by hand.
      type: str
      sample: "2026-11-27T12:00:00Z"
    source:
      description: >-
        The analysis that it was made by, which is C(path) and other options of M(mobile_ansible.venv.collection_deps).
        Null if it was not made from a playbook.
      type: dict
      sample: {"path": "/home/me/site.yml", "target_packages": "auto", "unresolved": "as_ansible"}
    last_used:
      description: The last use that was noted, null without one.
      type: dict
      contains:
        at:
          description: When, in UTC.
          type: str
          sample: "2026-11-27T12:00:00Z"
        host:
          description: The host of the venv.
          type: str
          sample: bastion
        here:
          description: Whether that is this machine.
          type: bool
          sample: false
        venv:
          description: The path of the venv on that host.
          type: str
          sample: /home/me/.local/share/ansible-venvs/community-general-1d0b9c2a3e4f
        playbook:
          description: The playbook that ran, null if it is not known.
          type: str
          sample: /home/me/site.yml
    files:
      description: The names of its standard files.
      type: list
      elements: str
      sample: [bindep.txt, execution-environment.yml, requirements.txt, requirements.yml]
    locked:
      description: Whether its files are a lock; C(lock_problem) says whether it is used.
      type: bool
      sample: false
    problem:
      description: Why it cannot be used, such as a mistake in the definition with file and line. Null if it can.
      type: str
      sample: null
    definition:
      description: The definition, if there is no problem.
      type: dict
      sample: {"version": 3, "dependencies": {"python": ["jmespath"], "galaxy": {"collections": []}}}
    edited:
      description: Whether the definition was edited, or written by something else.
      type: bool
      sample: false
    lock_problem:
      description: >-
        Why its lock is not used and what to do, such as V(the lock was edited after it was written; to lock it again,
        save the profile with profile_lock=true). Null if it is used, or if there is none, and not there if there is a
        problem with the profile.
      type: str
      sample: null
    outdated:
      description: >-
        What is out of date, with O(check). Each part has C(state) (V(current), V(outdated), V(unknown) if it cannot be
        found out, or V(none) if there is nothing that could be out of date, such as the venv of a profile that was not
        used yet), the C(reason), null if it is current, and C(changes), a list with a line each.
      type: dict
      contains:
        any:
          description: Whether any part is out of date.
          type: bool
          sample: true
        files:
          description: Whether the other files and the lock fit the definition.
          type: dict
          sample: {"state": "current", "reason": null, "changes": []}
        source:
          description: Whether the playbook still requires what it required when the profile was saved.
          type: dict
          sample:
            state: outdated
            reason: the playbook requires something else than when the profile was saved
            changes: ["+ netaddr>=0.10"]
        versions:
          description: >-
            Whether there are newer versions within the ranges of the definition than in the lock, or without one in the
            venv on this machine.
          type: dict
          sample: {"state": "outdated", "reason": "there are other versions within the ranges",
            "changes": ["jmespath 1.0.1 -> 1.1.0"]}
        venv:
          description: Whether the venv of the last use exists on this machine, undamaged and of this definition.
          type: dict
          sample: {"state": "none", "reason": "the profile was not used yet", "changes": []}
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: bad_input
"""
