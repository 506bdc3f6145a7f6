# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What collection_deps makes of its options before it analyses."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _project_analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._subject import Subject


def test_without_findimports_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    options: dict[str, Any] = {"path": "site.yml"}
    with pytest.raises(ToolMissingError, match="requires the Python package findimports on the controller"):
        _project_analysis.analyse_project(options, Subject("/"))
