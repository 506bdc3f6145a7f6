# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The code of plugins, parsed and never run: imports, what guards them, and which functions a plugin reaches."""
