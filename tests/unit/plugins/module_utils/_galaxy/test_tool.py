# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-galaxy says, made a line."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.tool import (
    messages_of,
    reason_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed


@pytest.mark.parametrize(
    ("stderr", "messages", "reason"),
    [
        ("", [], "it ended with 3"),
        ("Traceback (most recent call last):\nOSError: no\n", [], "OSError: no"),
        ("[ERROR]: It failed:\n* a.b\n* c.d\n\nIt failed.\n", [("ERROR", "It failed: * a.b * c.d")], None),
        ("ERROR! It failed\n", [("ERROR", "It failed")], None),
        (
            "[WARNING]: One\ntwo\n[DEPRECATION WARNING]: three\n\nfour\n[ERROR]: Five\n",
            [("WARNING", "One two"), ("DEPRECATION WARNING", "three"), ("ERROR", "Five")],
            None,
        ),
    ],
)
def test_what_is_said(stderr: str, messages: list[tuple[str, str]], reason: str | None) -> None:
    assert messages_of(stderr) == messages
    assert reason_of(Completed((), 3, "", stderr)) == (reason or messages[-1][1])
