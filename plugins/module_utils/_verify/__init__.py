# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Is a project's venv what the project needs? Seen from outside, a result for each check.

``inspection`` finds the facts (the link, a shell, the venv's own interpreter, which runs ``probe``), ``checks`` turns
them into results and starts nothing, ``requirement_check`` compares what is installed with what is declared, and
``report`` says it to people.
"""
