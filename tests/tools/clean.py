# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make clean`: remove build/, with test hosts that a killed run may have left there."""

from __future__ import annotations

import hosts
from places import MOLECULE_HOSTS, remove_build

if __name__ == "__main__":
    hosts.destroy(MOLECULE_HOSTS)
    remove_build()
