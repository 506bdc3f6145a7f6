# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of a role that Ansible reads with it, as ``Role._load_role_yaml`` of ansible-core chooses them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..model import FileLocation
from .context import Context, Finder, text_of
from .role_directory import RoleDirectory
from .scan import is_template
from .variable_files import files_of_variables
from .yaml import line_of

#: The sections of which a directory of files counts as well.
_OF_VARIABLES = ("defaults", "vars")


def role_files(
    role: RoleDirectory,
    section: str,
    parts: Mapping[str, Any],
    context: Context,
    finder: Finder,
    location: FileLocation,
    said: str = "",
) -> list[Path]:
    """The files of a ``section``: ``main``, or what ``tasks_from`` and its like among ``parts`` choose.

    ``context`` is that of the role, ``location`` where it is named. A chosen file that does not exist is an error of
    Ansible, but only where the section has a directory. A role that only variables name, as ``said``, may not be meant.
    """
    directory, chosen = role.path / section, text_of(parts.get(f"{section}_from"))
    if chosen is None:
        return _main(role, directory, section)
    location = replace(location, line=line_of(chosen, location.line))
    if role.files.directory(directory) is None:
        note = f"the role has no directory {section}, and Ansible reads nothing then"
        finder.findings.unknown(f"{section}_from: {chosen}", location, note)
        return []
    if not is_template(chosen) and os.path.normpath(chosen).startswith(".."):
        reason = f"it is not below the directory {section} of the role"
        finder.findings.missing("file", chosen, location, reason, stops=context.static)
        return []
    if section in _OF_VARIABLES and not is_template(chosen):
        found = role.files.directory(directory / chosen)
        if found is not None:
            return list(files_of_variables(role.files, found))
    inside = replace(context, only=directory)
    if said and not is_template(chosen):
        known = finder.existing(chosen, section, inside, location)
        if not known:
            note = f"{role.files.shown(directory / chosen)} does not exist in the project"
            finder.findings.unknown(said, location, note)
        return known
    return finder.files(chosen, section, inside, directory, location=location, stops=context.static)


def _main(role: RoleDirectory, directory: Path, section: str) -> list[Path]:
    found = role.files.yaml_file(directory / "main")
    if found is not None:
        return [found]
    return list(files_of_variables(role.files, directory / "main")) if section in _OF_VARIABLES else []
