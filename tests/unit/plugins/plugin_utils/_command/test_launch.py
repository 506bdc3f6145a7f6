# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The environment of the venv's own ansible-playbook."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.launch import environment_for

VENV: Any = SimpleNamespace(path="/store/name", generation=SimpleNamespace(path="/store/.generations/1"))


def test_the_user_keeps_everything_that_does_not_lead_out_of_the_venv() -> None:
    user = {
        "HOME": "/home/me", "PATH": "/opt/bin:/usr/bin", "ANSIBLE_CONFIG": "/w/ansible.cfg", "AWS_PROFILE": "dev",
        "PYTHONPATH": "/elsewhere", "PYTHONHOME": "/usr", "ANSIBLE_COLLECTIONS_PATH": "/home/me/.ansible/collections",
        "VIRTUAL_ENV": "/other", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    assert environment_for(user, venv=VENV, collections=["/w/collections"]) == {
        "HOME": "/home/me", "PATH": "/store/.generations/1/bin:/opt/bin:/usr/bin", "ANSIBLE_CONFIG": "/w/ansible.cfg",
        "AWS_PROFILE": "dev", "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", "VIRTUAL_ENV": "/store/name",
        "ANSIBLE_COLLECTIONS_PATH": "/w/collections", "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "true",
    }  # fmt: skip
