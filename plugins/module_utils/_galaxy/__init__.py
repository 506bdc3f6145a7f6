# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The real ``ansible-galaxy``, for collections and roles: where it is, what the user's settings say, how it is run."""
