# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The command ``ansible-playbook-venv``: ansible-playbook, in the venv that the playbook requires.

``arguments`` separates the options of the command from those of ansible-playbook, ``interface`` knows which these are,
``requirements`` finds out what the playbooks require, ``venv`` reuses or builds what holds it, ``launch`` replaces this
process by the venv's own ansible-playbook, and ``main`` does that in turn.
"""
