# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The installer: what it is asked (``commands``), how it is found or fetched (``tool``), and from which index."""
