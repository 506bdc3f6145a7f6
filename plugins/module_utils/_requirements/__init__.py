# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What projects write down that they need, read as it stands: no program is started, nothing is installed.

``_project`` chooses the files of a project, ``_files`` opens them in its folder and within limits, a reader for each
format (``_text``, ``_pyproject``, ``_setup_cfg``, ``_pylock_file``) turns them into demands that know their file and
line (``_model``), and ``_requirement`` is the one place that reads a requirement.
"""
