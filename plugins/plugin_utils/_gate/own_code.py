# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of a project are code of its own: what runs besides the tasks that its playbooks name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator

from .._deps.project.names import NO_MODULE_ENDINGS
from .._deps.resolution.core import DIRECTORIES, local_directory

#: Directories of which Ansible loads files by itself, in a project or a role, and collections with all that they have.
_OF_PLUGINS = frozenset({
    "ansible_collections", "collections", "library", "module_utils", "plugins", *map(local_directory, DIRECTORIES),
})  # fmt: skip
#: Settings that can name programs. A run of the gate does not use them.
_SETTINGS = "ansible.cfg"
#: The endings of code in these directories.
_ENDINGS = ("", ".py", ".ps1", ".psm1", ".cs")
#: Where modules are, in a project or a role and in a collection: they can have any ending, because some are programs.
_OF_MODULES = re.compile("(^|/)(library|plugins/modules)/")
_SCRIPT = b"#!"


def own_code(root: str, files: Iterable[str]) -> list[str]:
    """Those of ``files`` below ``root`` that are plugins, modules, programs or settings which name programs."""
    return sorted(_found(root, files))


def _found(root: str, files: Iterable[str]) -> Iterator[str]:
    for name in files:
        if os.path.basename(name) == _SETTINGS or _is_loaded(name) or _is_program(os.path.join(root, name)):
            yield name


def _is_loaded(name: str) -> bool:
    if _OF_MODULES.search(name):
        return not name.endswith(NO_MODULE_ENDINGS)
    return not _OF_PLUGINS.isdisjoint(name.split("/")[:-1]) and os.path.splitext(name)[1] in _ENDINGS


def _is_program(path: str) -> bool:
    """Whether a file can be started: it is marked as a program, or begins as a script does."""
    if os.lstat(path).st_mode & stat.S_IXUSR:
        return True
    with open(path, "rb") as stream:
        return stream.read(len(_SCRIPT)) == _SCRIPT
