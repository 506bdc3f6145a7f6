# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the option in ``module_utils/_store/layout.py``."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that says where the venvs of a host are."""

    DOCUMENTATION = r"""
options:
  store:
    description:
      - Directory of the shared venvs on this host, and of the caches for builds.
      - It must belong to the user of the task, or to root. It is refused if another user can change it, a directory on
        its path, or a link on its path. All users can use a store of root, and only root can change it.
    type: path
    default: ~/.local/share/ansible-venvs
"""
