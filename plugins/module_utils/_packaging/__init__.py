# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The language of Python packaging: requirements, versions, markers, names and RECORD, without a third-party package.

The differential tests compare each with ``packaging`` or with what wrote the files.
"""
