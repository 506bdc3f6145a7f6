# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A lookup that raises where the import fails."""

try:
    import hvac
except ImportError as exc:
    raise RuntimeError("no hvac") from exc


class LookupModule:
    def run(self, terms, variables=None, **kwargs):
        return hvac.Client(terms)
