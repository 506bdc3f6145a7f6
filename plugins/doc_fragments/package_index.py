# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the options in ``module_utils/_uv/package_index.py``."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that say where Python packages come from."""

    DOCUMENTATION = r"""
options:
  index_url:
    description:
      - URL of the package index (C(http), C(https), or C(file) for a directory of the host). The default is that of the
        installer. A URL with a user, a password or a query is treated as a secret.
    type: str
  find_links:
    description:
      - List of directories, or URLs of pages, with wheels. Directories are on the host that fetches packages, which is
        the controller for M(mobile_ansible.venv.collection_deps).
      - A package that is in one of them is taken only from the first of them that has it, whatever versions the index
        has. So a newer package of the same name in an index cannot replace a private package. It is an error if one of
        them cannot be read.
    type: list
    elements: str
    default: []
  offline:
    description:
      - Whether to use only files in O(find_links) and the cache, and not the network.
    type: bool
    default: false
"""
