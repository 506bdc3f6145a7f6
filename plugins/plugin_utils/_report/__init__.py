# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the roles say at their end, as text for people: ``shared_venv`` and ``run_playbook`` make it from results.

Pure: the results of modules are arguments, and a :class:`Report` comes out.
"""
