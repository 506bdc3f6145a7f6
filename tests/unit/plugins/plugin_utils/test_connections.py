# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the user types can lead hosts of any inventory to this machine."""

from __future__ import annotations

from typing import Any

import pytest
from ansible import context

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _connections
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._connections import with_this_machine


@pytest.mark.parametrize(
    ("connection", "variables", "expected"),
    [
        ("ssh", {}, ["hosts"]),
        (None, {}, ["hosts"]),
        ("local", {}, ["hosts", "localhost,"]),
        ("ansible.builtin.local", {}, ["hosts", "localhost,"]),
        ("ssh", {"ansible_connection": "ssh"}, ["hosts", "localhost,"]),
        ("ssh", {"other": 1}, ["hosts"]),
    ],
)
def test_this_machine_is_noted(
    monkeypatch: pytest.MonkeyPatch, connection: str | None, variables: dict[str, Any], expected: list[str]
) -> None:
    monkeypatch.setattr(context, "CLIARGS", {"connection": connection})
    monkeypatch.setattr(_connections, "load_extra_vars", lambda loader: variables)
    assert with_this_machine(["hosts"], None) == expected
