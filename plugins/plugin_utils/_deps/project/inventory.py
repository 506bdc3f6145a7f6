# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The inventory that a run names: what its variables name, and whether it certainly has other hosts only.

What is not a static file of the project can have any hosts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import is_host_list

from .context import Context, Finder
from .files import VAULT_HEADER, Files
from .names import DATA_ENDINGS
from .scan import Findings
from .task_hosts import names_localhost
from .tree import is_directory
from .values import Values
from .variables import Variables

_STATIC = frozenset({"", ".ini", ".cfg", *DATA_ENDINGS})


def read_inventory(sources: Sequence[str], files: Files, variables: Variables) -> None:
    """Read the files among ``sources``, each with the variables beside it.

    The user names them for the run, as the project itself: one outside is read as well, as a part of the project.
    """
    for source in (one for one in sources if not is_host_list(one)):
        path = Path(os.path.join(files.root, source))
        reader = files if path.is_relative_to(files.root) else _reader(path, files)
        found = reader.either(path) if reader is not None else None
        if reader is not None and found is not None:
            variables.inventory(found, Context(reader, reader.root, (reader.root,)))


def _reader(path: Path, files: Files) -> Files | None:
    """Who reads a source that is a directory, or the directory of one that is a file; None where nobody can."""
    directory = path if is_directory(path) else path.parent
    try:
        return files.part(directory, label=str(directory))
    except InputError:  # Ansible will say it.
        return None


def is_remote(sources: Sequence[str], files: Files) -> bool:
    """Whether no host of the inventory ``sources`` can be the host of the venv; False where that is not known."""
    try:
        return bool(sources) and all(_is_remote(source, files) for source in sources)
    except InputError:  # Ansible will say it, if it uses this source.
        return False


def _is_remote(source: str, files: Files) -> bool:
    if is_host_list(source):
        return not names_localhost(source)
    path = files.either(files.root / source)
    if path is None:
        return False
    directory = files.directory(path)
    found = files.below(directory, depth=0) if directory is not None else [path]
    if not all(_is_static(one, files) for one in found):
        return False
    findings = Findings()
    context = Context(files, files.root, (files.root,))
    Variables(Finder(findings, Values())).inventory(path, context)
    return not findings.local_connection


def _is_static(path: Path, files: Files) -> bool:
    """Whether a file lists hosts, none of which is localhost."""
    data = files.data(path)
    if path.suffix not in _STATIC or data.startswith((b"#!", VAULT_HEADER)) or b"\0" in data:
        return False
    document = files.yaml(path) if path.suffix in DATA_ENDINGS else None
    return not (isinstance(document, dict) and "plugin" in document) and not names_localhost(
        data.decode("utf-8", "replace")
    )
