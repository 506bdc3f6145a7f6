# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From what a user types to a profile: the name of a saved one, or a path."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, shortened
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import utc
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest, build_request

from .definition import Definition, read_definition
from .directory import (
    DEFINITION,
    LastUse,
    ProfileNote,
    SavedProfiles,
    note_of,
    read_path,
)
from .lock_state import LockState, lock_state
from .names import DEFAULT_SOURCE, is_path, is_profile_name

SCHEMA = 1


@dataclass(frozen=True)
class ChosenProfile:
    """A profile as it is used: its ``name`` if it is a saved one, its ``directory`` if it has one, and its files."""

    name: str | None
    directory: str | None
    definition: Definition
    note: ProfileNote
    texts: Mapping[str, str]

    @property
    def optional_packages(self) -> list[str]:
        """The lines that are installed only if they can be; one that was edited or removed is not among them."""
        return [line for line in self.note.get("optional_packages", ()) if line in self.definition.profile.packages]

    @property
    def own_collection(self) -> bool:
        """Whether the playbook that it was made from uses this collection."""
        return self.note.get("own_collection", False)

    @property
    def collections_source(self) -> str | None:
        """Where the collections of the playbook that it was made from came from."""
        return self.note.get("collections_source")

    @property
    def definition_sha256(self) -> str:
        """Tells one state of the definition from another."""
        return hashlib.sha256(self.texts[DEFINITION].encode()).hexdigest()

    def lock_state(self, collections_source: str | None) -> LockState:
        """The lock of the profile, as it counts for what is asked of a venv."""
        return lock_state(self.texts, self.request(collections_source).locked_digest)

    def request(self, collections_source: str | None) -> VenvRequest:
        """What is asked of a venv; the same needs give the same request, and so the same venv."""
        return build_request(
            python=None,
            ansible_core=None if self.definition.profile.ansible_core else "*",
            packages=(),
            optional_packages=self.optional_packages,
            collections=(),
            collections_source=collections_source or self.collections_source or DEFAULT_SOURCE,
            profile=self.definition.profile,
        )


def choose_profile(given: str, *, directory: str | None = None) -> ChosenProfile:
    """The profile that a name or a path says; a relative path starts at the current directory.

    Raises :class:`InputError`, also where a word is the name of a profile and of a file.
    """
    profiles = SavedProfiles(directory)
    path = os.path.abspath(os.path.expanduser(given) if is_path(given) else given)
    if is_path(given):
        parent, name = os.path.split(path)
        is_saved = parent == profiles.path and is_profile_name(name) and profiles.has(name)
        return saved_profile(profiles, name, profiles.texts(name)) if is_saved else _profile_at(path)
    is_file = os.path.exists(path) and not os.path.isdir(path)
    is_saved = is_profile_name(given) and profiles.has(given)
    if is_file and is_saved:
        raise InputError(
            f"profile: {given} is a saved profile and a file in the current directory; write ./{given} for the file, "
            f"or {profiles.directory(given)} for the profile"
        )
    if is_file:
        return _profile_at(path)
    if not is_saved:
        known = listed(profiles.names()) or "none"
        raise InputError(
            f"profile: {profiles.path} has no profile {shortened(given)} (there are: {known}), and the current "
            "directory has no such file; correct the name or the path"
        )
    return saved_profile(profiles, given, profiles.texts(given))


def saved_profile(profiles: SavedProfiles, name: str, texts: Mapping[str, str]) -> ChosenProfile:
    """The profile ``name`` with these files; raises :class:`InputError` for one without a definition."""
    path = profiles.directory(name)
    if DEFINITION not in texts:
        raise InputError(f"profile: {path} has no {DEFINITION}, so it is not a profile; correct the name")
    return _chosen(name, path, texts, os.path.join(path, DEFINITION))


def _profile_at(path: str) -> ChosenProfile:
    texts = read_path(path)
    is_directory = os.path.isdir(path)
    return _chosen(
        None, path if is_directory else None, texts, os.path.join(path, DEFINITION) if is_directory else path
    )


def _chosen(name: str | None, directory: str | None, texts: Mapping[str, str], shown: str) -> ChosenProfile:
    return ChosenProfile(name, directory, read_definition(texts[DEFINITION], shown), note_of(texts), texts)


def new_use(*, venv: str, definition: str, host: str | None = None, playbook: str | None = None) -> LastUse:
    """A use at this moment, on this machine unless a ``host`` is named."""
    use = LastUse(
        schema=SCHEMA,
        used=utc(time.time()),
        host=host or os.uname().nodename,
        here=host is None,
        venv=venv,
        definition=definition,
    )
    if playbook:
        use["playbook"] = playbook
    return use
