# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What projects write down that they need, read as it stands: no program is started, nothing is installed.

``entry`` is what a user says of a project, ``reader`` chooses the files of one, ``files`` opens them in its directory
and within limits, a reader for each format (``requirements_txt``, ``pyproject``, ``setup_cfg``, ``pylock``) turns them
into requirements that know their file and line (``model``).
"""
