# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What several projects need together: their demands as one, how much they overlap, and what cannot go together.

``_requirements`` reads the projects that ``_projects`` names, uv resolves. ``_conflicts`` narrows what fails by
resolving parts of it, ``_overlap`` counts, ``_python`` chooses the interpreter, ``_disk`` measures venvs that exist,
``_union`` puts these together and ``_report`` tells.
"""
