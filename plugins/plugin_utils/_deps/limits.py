# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How much is read and listed. This is imported on the way to each run of a playbook, so that it imports nothing."""

from __future__ import annotations

#: What all templated names of an analysis may stand for, values, files and roles together. Users can raise it.
MAX_CANDIDATES = 200_000
#: How many entries of a list are handed back; people and terminals are not served by more.
MAX_LISTED = 1000
#: Of a text; an item of a list costs as much.
CHARACTERS_PER_CANDIDATE = 100
