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
      - The projects, each the absolute path of its directory, or a dictionary. The same list serves every module of
        this collection, and each uses the keys that it needs.
      - C(path) is the directory, and required.
      - C(name) is the name of the link to the virtual environment in it. The default is V(venv).
      - C(files) are its requirement files, relative to the directory. Without it C(pyproject.toml), C(setup.cfg) and
        C(requirements.txt) count, and C(pylock.toml) where there is none of these.
      - C(groups) are extras, dependency groups, and files such as C(requirements-<group>.txt) that count too.
      - C(python) is the version of Python that it needs, such as V(3.12) or V(>=3.11), in place of what its files and
        C(.python-version) say.
      - C(imports) are the modules that must be importable, in place of those that its packages bring.
      - C(test) is the command that tests it, a list of the program and its arguments.
    type: list
    elements: raw
    required: true
"""
