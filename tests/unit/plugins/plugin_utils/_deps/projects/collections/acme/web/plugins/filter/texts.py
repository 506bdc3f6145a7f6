# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Filters: their names stand in the code only."""

try:
    import hashids
    HAS_HASHIDS = True
except ImportError:
    HAS_HASHIDS = False


def slug(text):
    if not HAS_HASHIDS:
        raise ValueError("no hashids")
    return hashids.Hashids(text)


class FilterModule:
    def filters(self):
        return {"slug": slug}
