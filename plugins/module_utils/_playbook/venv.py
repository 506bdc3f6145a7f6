# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The venv that a playbook runs in: found by name or path, resolved once, and kept from being removed meanwhile."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .._errors import InputError
from .._python.startable import check_startable
from .._store.store import Store
from .._store.venv_reference import LocatedVenv, is_path, locate, path_of
from .._store.walk import follow


@dataclass(frozen=True)
class RunVenv(LocatedVenv):
    """A venv with Ansible in it."""

    @property
    def bin(self) -> str:
        return os.path.join(self.path, "bin")

    @property
    def python(self) -> str:
        return os.path.join(self.bin, "python")

    @property
    def ansible_playbook(self) -> str:
        return os.path.join(self.bin, "ansible-playbook")


def find_venv(venv: str, *, store: str) -> RunVenv:
    """The venv with this name in the store, or at this path (anything with a slash); links are resolved here, once.

    Raises :class:`InputError` when there is none, or none with Ansible in it.
    """
    found = _found(venv, Store(store))
    check_startable(found.path)
    for program in (found.python, found.ansible_playbook):
        if not os.access(program, os.X_OK):
            raise InputError(
                f"venv: {venv} ({found.path}) has no usable {os.path.relpath(program, found.path)}: "
                "build it with the module shared_venv and ansible_core"
            )
    return found


def _found(venv: str, store: Store) -> RunVenv:
    path = path_of(venv, store=store, option="venv", base=os.getcwd())
    if is_path(venv):
        if not os.path.isdir(path):
            raise InputError(f"venv: {venv} is not the directory of a venv")
    elif store.find(venv) is None:
        raise InputError(
            f"venv: the venv {venv!r} does not exist in {store.path}; build it with the module shared_venv first"
        )
    located = locate(follow(path))
    return RunVenv(located.path, located.store, located.generation)
