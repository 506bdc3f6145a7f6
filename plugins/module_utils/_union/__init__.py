# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What several projects need together: their requirements as one, how much they overlap, and which ones conflict.

``conflicts`` narrows what fails by resolving parts of it, ``overlap`` counts, ``disk_usage`` measures venvs that exist,
``union`` puts these together and ``report`` tells.
"""
