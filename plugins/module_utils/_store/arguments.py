# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The option ``store``: one definition for all modules that have it."""

from __future__ import annotations

from typing import Any

from .layout import DEFAULT_STORE

#: The part of an argument spec that goes with the documentation fragment ``store``.
STORE_ARGUMENT: dict[str, dict[str, Any]] = {"store": {"type": "path", "default": DEFAULT_STORE}}
