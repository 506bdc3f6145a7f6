# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make clean`: remove build/, with test hosts that a killed run may have left there."""

from __future__ import annotations

import hosts
from places import BUILD, remove_build

if __name__ == "__main__":
    for state in BUILD.rglob("hosts.json"):
        hosts.destroy(state.parent)
    remove_build()
