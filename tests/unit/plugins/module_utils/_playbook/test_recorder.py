# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The callback, with stand-ins for what Ansible hands to it; real runs are in the system tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.recorder import (
    MESSAGE_LIMIT,
    _message,
    is_rescued,
)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"msg": "no space"}, "no space"),
        ({}, "no message was given"),
        ({"msg": "non-zero return code", "stderr": "sh: x\n", "stdout": "y"}, "non-zero return code: sh: x"),
        ({"msg": "non-zero return code", "stdout": "y"}, "non-zero return code: y"),
        ({"msg": "non-zero return code"}, "non-zero return code"),
        ({"censored": "hidden", "msg": "secret"}, "the output has been hidden: no_log is set for this task"),
        ({"msg": "One or more", "results": [{"msg": "a"}, {"failed": True, "msg": "b"}]}, "b"),
        (
            {"results": [{"failed": True, "_ansible_no_log": True, "msg": "b"}]},
            "the output has been hidden: no_log is set for this task",
        ),
        ({"results": [{"failed": True, "_ansible_no_log": False, "msg": "b"}]}, "b"),
        ({"msg": "x" * 5000}, "x" * MESSAGE_LIMIT + " […]"),
    ],
)
def test_what_a_failure_says(result: dict[str, Any], expected: str) -> None:
    assert _message(result) == expected


def block(parent: Any = None, rescue: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        _uuid=object(), _parent=parent, block=[], rescue=[SimpleNamespace(_uuid=None)] if rescue else [], always=[]
    )


def child(parent: Any, part: str = "block") -> SimpleNamespace:
    task = SimpleNamespace(_uuid=object(), _parent=parent)
    getattr(parent, part).append(task)
    return task


def test_who_is_rescued() -> None:
    outer = block(rescue=True)
    inner = block(parent=outer)
    outer.block.append(inner)
    assert is_rescued(child(outer))
    assert is_rescued(child(inner))
    assert is_rescued(child(inner, "always"))
    assert not is_rescued(child(outer, "always"))
    assert not is_rescued(child(outer, "rescue"))
    assert not is_rescued(child(block()))
    assert not is_rescued(SimpleNamespace(_uuid=object(), _parent=None))
