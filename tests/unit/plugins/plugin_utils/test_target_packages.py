# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The line about packages that modules require on their hosts."""

from __future__ import annotations

from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._target_packages import required_on_hosts

PROFILE = {"version": 3, "dependencies": {"python": ["boto3>=1", "Dbus_Python"]}}


def target(package: str, *hosts: str, system: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"package": package, "hosts": [*hosts], "on_venv_host": True, "system": [*system]}


def test_what_is_in_the_venv_is_not_named() -> None:
    assert required_on_hosts([], profile=PROFILE) is None
    assert required_on_hosts([target("boto3>=1"), target("dbus-python")], profile=PROFILE) is None


def test_what_is_not_is_named_with_its_hosts_and_the_package_of_the_system() -> None:
    targets = [
        target("boto3>=1", "web"),
        target("dbus-python", "desk"),
        target("python-ldap>=3", "db", "ldap:!old", system=("python3-ldap [platform:dpkg]",)),
        target("pexpect", "desk"),
    ]
    assert required_on_hosts(targets, profile=PROFILE, left_out=[{"package": "dbus-python", "reason": "x"}]) == (
        "Modules require packages on their hosts that are not in the venv: dbus-python, pexpect on desk; "
        "python-ldap>=3 (system package: python3-ldap [platform:dpkg]) on db, ldap:!old"
    )
