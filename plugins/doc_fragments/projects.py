# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the option in ``module_utils/_projects/entry.py``."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that lists projects. Every module accepts every key, so that one list serves all of them."""

    DOCUMENTATION = r"""
options:
  projects:
    description:
      - List of projects, each the absolute path of its directory, or a dictionary. All modules of this collection
        accept the same list, and each uses some of the keys.
      - C(path) is the directory. It is required.
      - C(name) is the name of the link to the venv in it. The default is V(venv).
      - C(files) are its requirement files, relative to the directory. The default is C(pyproject.toml), C(setup.cfg)
        and C(requirements.txt), or C(pylock.toml) if none of these exists.
      - C(groups) are additional extras, dependency groups, and files such as C(requirements-<group>.txt).
      - C(python) is the required version of Python, such as V(3.12) or V(>=3.11). It overrides the files of the
        project.
      - C(imports) are the modules that must be importable, instead of those of its packages.
      - C(test) is the command that tests it, a list of the program and its arguments.
    type: list
    elements: raw
    required: true
"""
