# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run with a profile of the user, a saved one or a file: nothing is analysed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .._profiles.chosen import ChosenProfile, choose_profile, new_use
from .._profiles.directory import SavedProfiles
from .._profiles.names import DEFAULT_SOURCE
from .arguments import VenvOptions
from .requirements import Requirements


@dataclass(frozen=True)
class UsedProfile:
    """The profile, and the options of the command with what it says of them."""

    chosen: ChosenProfile
    options: VenvOptions

    @classmethod
    def of(cls, options: VenvOptions) -> UsedProfile:
        """The profile that the options name; raises :class:`InputError`."""
        chosen = choose_profile(options.profile or "", directory=options.profiles)
        source = options.source or chosen.collections_source or DEFAULT_SOURCE
        lock = _lock_of(chosen, source) if options.locked and options.lock is None else options.lock
        return cls(chosen, replace(options, source=source, lock=lock))

    @property
    def requirements(self) -> Requirements:
        """What is installed; there is no evidence for it."""
        return Requirements(self.chosen.definition.data, optional_packages=self.chosen.optional_packages)

    def note_use(self, venv: str, playbooks: Sequence[str]) -> None:
        """Note the use of a saved profile, by one small file."""
        if self.chosen.name is None:
            return
        playbook = os.path.abspath(playbooks[0]) if playbooks else None
        use = new_use(venv=venv, definition=self.chosen.definition_sha256, playbook=playbook)
        SavedProfiles(self.options.profiles).note_use(self.chosen.name, use)


def _lock_of(chosen: ChosenProfile, source: str) -> str:
    """The directory of the lock that belongs to the profile."""
    if chosen.directory is None:
        raise InputError("--venv-locked: --venv-lock is missing, the directory of the lock")
    state = chosen.lock_state(source)
    if state.complaint is not None:
        raise InputError(f"--venv-locked: the profile in {chosen.directory} has no lock to use: {state.complaint}")
    if state.lock is None:
        raise InputError(
            f"--venv-locked: the profile in {chosen.directory} has no lock; save it with profile_lock=true"
        )
    return chosen.directory
