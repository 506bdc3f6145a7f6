# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Save a profile: what its files are to hold, compared with what they hold. Nothing that a user wrote is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import utc
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile

from .chosen import SCHEMA
from .definition import read_definition
from .directory import DEFINITION, NOTE, ProfileNote, note_of, note_text
from .files import is_replaceable, made_from, with_header


@dataclass(frozen=True)
class SavedState:
    """What a profile is to hold: the text of its definition, and what no standard format holds."""

    definition: str
    note: ProfileNote = field(default_factory=ProfileNote)


@dataclass(frozen=True)
class ProfileChange:
    """The files before and after; a file that is not there is not among them."""

    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def changed(self) -> bool:
        """Whether anything changes; when it was saved does not count."""
        return _compared(self.before) != _compared(self.after)

    def differing(self) -> dict[str, str]:
        """What has to be written."""
        return {name: text for name, text in self.after.items() if self.before.get(name) != text}

    def diff(self, directory: str) -> list[dict[str, str]]:
        """For people: each standard file that changes."""
        names = sorted({*self.before, *self.after} - {NOTE})
        return [
            {
                "before": self.before.get(name, ""),
                "after": self.after.get(name, ""),
                "before_header": os.path.join(directory, name),
                "after_header": os.path.join(directory, name),
            }
            for name in names
            if self.before.get(name) != self.after.get(name)
        ]


def state_of(found: Mapping[str, str], directory: str) -> SavedState:
    """What is there, as it is there: for a profile that was edited, whose other files follow."""
    if DEFINITION not in found:
        raise InputError(
            f"name: {directory} is not a profile yet; name the playbook that it is made from, or its definition"
        )
    return SavedState(found[DEFINITION], note_of(found))


def new_state(definition: str, **note: Any) -> SavedState:
    """A definition that is written here, with what is noted of it; what is None is not."""
    return SavedState(with_header(definition), _note({key: one for key, one in note.items() if one is not None}))


def change_to(
    state: SavedState, found: Mapping[str, str], *, directory: str, force: bool, lock: Lockfile | None
) -> ProfileChange:
    """What saving ``state`` changes where ``found`` is, with this ``lock``; raises :class:`InputError`.

    Without ``force`` nothing is replaced that somebody else wrote.
    """
    definition = read_definition(state.definition, os.path.join(directory, DEFINITION))
    made = {**made_from(definition), **(lock.texts() if lock is not None else {})}
    wanted = {**made, DEFINITION: state.definition}
    for name, text in found.items():
        is_kept = name == NOTE or wanted.get(name) == text or is_replaceable(name, text)
        if not (force or is_kept):
            raise InputError(
                f"name: {os.path.join(directory, name)} was edited or written by somebody else and is not replaced; "
                "set the option 'force', or choose another name"
            )
    noted = {key: one for key, one in state.note.items() if key not in ("saved", "schema")}
    known = {key: one for key, one in note_of(found).items() if key not in ("saved", "schema")}
    is_same = noted == known and NOTE in found and all(found.get(name) == text for name, text in wanted.items())
    note = found[NOTE] if is_same else note_text(_note({**noted, "schema": SCHEMA, "saved": utc(time.time())}))
    return ProfileChange(dict(found), {**wanted, NOTE: note})


def _compared(texts: Mapping[str, str]) -> dict[str, Any]:
    note = {key: one for key, one in note_of(texts).items() if key != "saved"}
    return {**texts, NOTE: note if NOTE in texts else None}


def _note(values: Mapping[str, Any]) -> ProfileNote:
    return cast("ProfileNote", dict(values))
