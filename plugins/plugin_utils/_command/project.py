# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project that the playbooks of a command line belong to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .._playbook.project import find_project


@dataclass(frozen=True)
class PlaybookProject:
    """A directory, and playbooks in it by their relative paths."""

    root: str
    playbooks: tuple[str, ...]

    @classmethod
    def of(cls, playbooks: Sequence[str]) -> PlaybookProject:
        """The project of ``playbooks``, as the user names them; raises :class:`InputError`."""
        absolute = [os.path.abspath(playbook) for playbook in playbooks]
        for given, path in zip(playbooks, absolute, strict=True):
            if not os.path.isfile(path):
                raise InputError(f"{given} is not the file of a playbook")
        found = [find_project(path, current=os.getcwd()) for path in absolute]
        roots = {one.directory for one in found}
        if len(roots) > 1:
            raise InputError(f"the playbooks are in different projects, {' and '.join(sorted(roots))}: run each alone")
        (root,) = roots
        return cls(root, tuple(one.playbook for one in found))
