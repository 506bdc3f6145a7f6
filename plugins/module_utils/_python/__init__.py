# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Interpreters: the versions that a constraint allows (``constraint``), what one is (``interpreter``), which of a host
to take (``choice``), and which ones may be started at all (``startable``).
"""
