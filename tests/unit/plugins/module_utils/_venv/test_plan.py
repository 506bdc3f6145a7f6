# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What decides the id of a generation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import Interpreter
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import CachedRole
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import json_sha256
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import plan
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.plan import VenvPlan

INTERPRETER = Interpreter("/usr/bin/python3.11", "CPython", "3.11.2", "cpython-311", "x86_64", "glibc-2.36")


def test_roles_decide_it_and_without_any_it_is_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def noted(content: dict[str, Any]) -> str:
        seen.append(content)
        return json_sha256(content)

    monkeypatch.setattr(plan, "json_sha256", noted)
    role = CachedRole("acme.web", "1.0", "acme.web", sha256="0" * 64)
    plain = VenvPlan(interpreter=INTERPRETER, packages=(), collections=())
    assert plain.digest != VenvPlan(interpreter=INTERPRETER, packages=(), collections=(), roles=(role,)).digest
    assert sorted(seen[0]) == ["collections", "interpreter", "ours", "packages", "schema"]
    assert seen[1]["roles"] == [("acme.web", "1.0", "0" * 64)]
