# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What tests of the gate share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    made = Gate(tmp_path)
    made.configure()
    return made
