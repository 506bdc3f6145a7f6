# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Is each project's venv what the project needs?

``checks`` says which checks there are and what each compares, ``facts`` finds out what they compare, with what
``programs`` starts (the venv's own interpreter runs ``probe``), ``requirement_check`` compares what is installed with
what is declared, ``inspection`` goes through the checks, and ``report`` says it to people.
"""
