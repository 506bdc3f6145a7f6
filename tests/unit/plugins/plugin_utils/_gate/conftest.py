# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What tests of the gate share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import worker
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate


@pytest.fixture(autouse=True)
def _keep_temporaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of a run would remove those of who runs the tests."""
    monkeypatch.setattr(worker, "remove_old_temporaries", lambda *, before: None)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    made = Gate(tmp_path)
    made.configure()
    return made
