# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The command line that a request becomes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.command import build_argv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import RunRequest, VaultSource


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"inventory": ("/i/hosts", "web1,")}, ["--inventory=/i/hosts", "--inventory=web1,"]),
        ({"limit": "-x"}, ["--limit=-x"]),
        ({"tags": ("a", "b"), "skip_tags": ("c",)}, ["--tags=a", "--tags=b", "--skip-tags=c"]),
        ({"check": True, "diff": True}, ["--check", "--diff"]),
        ({"forks": 7, "verbosity": 3}, ["--forks=7", "-vvv"]),
        (
            {"vault_passwords": (VaultSource("/v/one"), VaultSource("/v/two", "prod"))},
            ["--vault-password-file=/v/one", "--vault-id=prod@/v/two"],
        ),
        (
            {"become_password_file": "/b", "connection_password_file": "/c", "private_key_file": "/k"},
            ["--become-password-file=/b", "--connection-password-file=/c", "--private-key=/k"],
        ),
        ({"extra_vars_files": ("/e one.yml",)}, ["--extra-vars=@/e one.yml"]),
    ],
)
def test_argv(options: dict[str, Any], expected: list[str]) -> None:
    request = RunRequest(playbook="/p/site.yml", project="/p", chdir="/p", **options)
    assert build_argv("/venv/bin/ansible-playbook", request) == ["/venv/bin/ansible-playbook", *expected, "/p/site.yml"]
