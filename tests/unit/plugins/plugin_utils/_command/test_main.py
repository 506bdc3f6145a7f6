# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the command prints of an analysis."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.main import _explain
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.requirements import Requirements


def test_requirements_for_a_program_are_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    requirements = Requirements(
        {"version": 3}, evidence=({"plugin": "a.b.c", "line": 5},), system_packages=({"name": "gcc"},)
    )
    assert _explain(requirements, as_json=True) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == json.loads(json.dumps(asdict(requirements)))
