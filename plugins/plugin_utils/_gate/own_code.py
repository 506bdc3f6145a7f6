# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of a project are code of its own: what runs besides the tasks that its playbooks name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from .._deps.resolution.core import DIRECTORIES, local_directory

#: Directories of which Ansible loads files by itself, in a project or a role, and collections with all that they have.
_OF_PLUGINS = frozenset({
    "ansible_collections", "collections", "library", "module_utils", "plugins", *map(local_directory, DIRECTORIES),
})  # fmt: skip
#: Settings that can name programs. A run of the gate does not use them.
_SETTINGS = "ansible.cfg"
#: The endings of code in these directories; modules need none.
_ENDINGS = ("", ".py", ".ps1")
_SCRIPT = b"#!"


def own_code(root: str, files: Iterable[str]) -> list[str]:
    """Those of ``files`` below ``root`` that are plugins, modules, programs or settings which name programs."""
    return sorted(_found(root, files))


def _found(root: str, files: Iterable[str]) -> Iterator[str]:
    for name in files:
        *directories, last = name.split("/")
        is_loaded = not _OF_PLUGINS.isdisjoint(directories) and os.path.splitext(last)[1] in _ENDINGS
        if last == _SETTINGS or is_loaded or _is_program(os.path.join(root, name)):
            yield name


def _is_program(path: str) -> bool:
    """Whether a file can be started: it is marked as a program, or begins as a script does."""
    if os.lstat(path).st_mode & stat.S_IXUSR:
        return True
    with open(path, "rb") as stream:
        return stream.read(len(_SCRIPT)) == _SCRIPT
