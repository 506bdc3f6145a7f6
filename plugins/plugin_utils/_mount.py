# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Make this collection importable by its name, wherever it lies and whoever else owns ``ansible_collections``.

For programs that no Ansible has started: they run this file by its path before they import anything else of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

COLLECTION = Path(__file__).resolve().parents[2]
_PACKAGES = ("ansible_collections", "ansible_collections.mobile_ansible", "ansible_collections.mobile_ansible.venv")


def mount_collection() -> None:
    """See above."""
    for name in _PACKAGES:
        module = ModuleType(name)
        module.__path__ = [str(COLLECTION)] if name == _PACKAGES[-1] else []
        sys.modules[name] = module
