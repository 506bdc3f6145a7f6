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
      - Address of the package index (C(http), C(https), or C(file) for a directory of the host). Without it the
        installer's own default. An address with a user, a password or a query is treated as a secret.
    type: str
  find_links:
    description:
      - Directories, or addresses of pages, with wheels. Directories are those of the host that fetches packages, the
        controller for M(mobile_ansible.venv.collection_deps).
      - A name that is in one of them comes from there only, whatever versions the index has of it, and from the first
        that has the name. So nobody can replace a private package by uploading a newer one of its name to an index.
        Where one cannot be read, nothing is resolved.
    type: list
    elements: str
    default: []
  offline:
    description:
      - Use only what is in O(find_links) or was fetched before.
    type: bool
    default: false
"""
