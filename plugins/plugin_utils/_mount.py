# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Make this collection importable by its name, wherever it lies and whoever else owns ``ansible_collections``.

For programs that no Ansible has started: they run this file by its path before they import anything else of it.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

# Without pathlib, whose import takes longer than all of this: it is part of each run of a playbook.
_PLUGINS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
COLLECTION = os.path.dirname(_PLUGINS)
_PACKAGES = ("ansible_collections", "ansible_collections.mobile_ansible", "ansible_collections.mobile_ansible.venv")


def mount_collection() -> None:
    """See above."""
    for name in _PACKAGES:
        module = ModuleType(name)
        module.__path__ = [COLLECTION] if name == _PACKAGES[-1] else []
        sys.modules[name] = module
