# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Is a project's venv what the project needs? Looked at from outside, a line for each thing that can be wrong.

``_look`` finds the facts (the link, a shell, the venv's own interpreter, which runs ``_inside``), ``_checks`` turns
them into lines and starts nothing, ``_fitting`` compares what is installed with what is declared (``_versions``,
``_markers``), and ``_report`` says it to people.
"""
