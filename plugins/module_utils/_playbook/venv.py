# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The venv that a playbook runs in: found by name or path, resolved once, and kept from being removed meanwhile."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import InputError
from .._python.startable import check_startable
from .._store.generation import Generation
from .._store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

_GENERATIONS = ".generations"


@dataclass(frozen=True)
class RunVenv:
    """A venv at its real ``path``; one of a store has its ``generation`` there."""

    path: str
    store: Store | None = None
    generation: Generation | None = None

    @property
    def bin(self) -> str:
        return os.path.join(self.path, "bin")

    @property
    def python(self) -> str:
        return os.path.join(self.bin, "python")

    @property
    def ansible_playbook(self) -> str:
        return os.path.join(self.bin, "ansible-playbook")

    @contextmanager
    def lease(self) -> Iterator[tuple[int, ...]]:
        """Keep the venv from being removed; yields the descriptors that what runs in it inherits."""
        if self.store is None or self.generation is None:
            yield ()
            return
        with self.store.lease(self.generation) as descriptors:
            yield descriptors


def find_venv(venv: str, *, store: str) -> RunVenv:
    """The venv with this name in the store, or at this path (anything with a slash); links are resolved here, once.

    Raises :class:`InputError` when there is none, or none with Ansible in it.
    """
    found = _at_path(venv) if os.sep in venv or venv.startswith("~") else _named(venv, store)
    check_startable(found.path)
    for program in (found.python, found.ansible_playbook):
        if not os.access(program, os.X_OK):
            raise InputError(
                f"venv: {venv} ({found.path}) has no usable {os.path.relpath(program, found.path)}: "
                "build it with the module shared_venv and ansible_core"
            )
    return found


def _named(name: str, directory: str) -> RunVenv:
    store = Store(directory)
    generation = store.find(name)
    if generation is None:
        raise InputError(f"venv: there is no venv {name!r} in {store.path}; build it with the module shared_venv first")
    return RunVenv(generation.path, store, generation)


def _at_path(venv: str) -> RunVenv:
    path = os.path.realpath(os.path.expanduser(venv))
    if not os.path.isdir(path):
        raise InputError(f"venv: {venv} is not the directory of a venv")
    above = os.path.dirname(path)
    store = Store(os.path.dirname(above)) if os.path.basename(above) == _GENERATIONS else None
    return RunVenv(path, store, store.holding(path) if store is not None else None)
