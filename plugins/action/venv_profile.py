# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Save, remove or note the use of a profile on the controller; see the module of the same name."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.inventory_sources import check_inventory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import NAMES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.report import lost_edits
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._connections import with_this_machine
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.unresolved import warnings_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.analysis import (
    analysed,
    definition_text,
    lines_of,
    source_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import (
    choose_profile,
    new_use,
    saved_profile,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import (
    DEFINITION,
    NOTE,
    SavedProfiles,
    note_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.files import definition_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.locking import new_lock
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.names import DEFAULT_SOURCE
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.saving import (
    ProfileChange,
    SavedState,
    change_to,
    new_state,
    state_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import collections_told, progress_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "directory": {"type": "path"},
    "state": {"type": "str", "choices": ["present", "absent", "used"], "default": "present"},
    "playbook": {"type": "str"},
    "project": {"type": "str"},
    "definition": {"type": "raw"},
    "lock": {"type": "bool", "default": False},
    "upgrade": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "venv": {"type": "str"},
    "inventory": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "target_packages": {"type": "str", "choices": ["auto", "all", "none"], "default": "auto"},
    "allow_unresolved": {"type": "list", "elements": "str", "default": []},
    "unresolved": {"type": "str", "choices": ["fail", "as_ansible", "warn"], "default": "as_ansible"},
    "collections_source": {"type": "str"},
    "follow_outside": {"type": "bool", "default": False},
    **STORE_ARGUMENT,
    **INDEX_ARGUMENTS,
}
_LOST = "The profile {} has no lock any more: {}"
RULES: dict[str, Any] = {
    "mutually_exclusive": [("playbook", "definition")],
    "required_if": [("state", "used", ("venv",))],
    "required_by": {"project": ("playbook",)},
}


class ActionModule(ControllerAction):
    """Writes files of this user on the controller only."""

    argument_spec = ARGUMENT_SPEC
    rules = RULES

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Save a profile, remove it, or note its use."""
        profiles = SavedProfiles(options["directory"])
        if options["state"] == "used":
            return self._note_use(profiles, options, task_vars)
        if options["state"] == "absent":
            return self._remove(profiles, options["name"])
        with no_space_reported(profiles.path):
            return self._save(profiles, options, task_vars)

    def _note_use(
        self, profiles: SavedProfiles, options: dict[str, Any], variables: Mapping[str, Any]
    ) -> dict[str, Any]:
        chosen = choose_profile(options["name"], directory=profiles.path)
        host = None if self._is_here() else str(self._task.delegate_to or variables.get("inventory_hostname", ""))
        playbook = os.path.abspath(os.path.expanduser(options["playbook"])) if options["playbook"] else None
        use = new_use(venv=options["venv"], definition=chosen.definition_sha256, host=host, playbook=playbook)
        if chosen.name is not None and not self._task.check_mode:
            profiles.note_use(chosen.name, use)
        return {"changed": False, "name": options["name"], "path": chosen.directory}

    def _is_here(self) -> bool:
        return getattr(self._connection, "transport", "local") == "local"

    def _remove(self, profiles: SavedProfiles, name: str) -> dict[str, Any]:
        path = profiles.directory(name)
        told = {"name": name, "path": path}
        if not os.path.lexists(path):
            return {"changed": False, **told, "profiles": profiles.names()}
        profiles.check_removable(name)
        profiles.check_can_write(name)
        texts: Mapping[str, str] = {}
        with suppress(InputError):  # what cannot be read can be removed
            texts = profiles.texts(name)
        if not self._task.check_mode:
            with no_space_reported(profiles.path), profiles.writing(name):
                profiles.check_removable(name)
                profiles.remove(name)
        return {"changed": True, **told, "diff": ProfileChange(texts, {}).diff(path)}

    def _save(self, profiles: SavedProfiles, options: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        name = options["name"]
        directory = profiles.directory(name)
        profiles.check_can_write(name)
        noted = note_of(profiles.texts(name)).get("collections_source")
        state, warnings = self._wanted(options, noted, variables)
        if self._task.check_mode:
            change, lost = self._change(profiles, state, options, variables)
        else:
            with profiles.writing(name):
                change, lost = self._change(profiles, state, options, variables)
                if change.changed:
                    profiles.write(name, change.differing())
        if lost is not None:
            warnings = [*warnings, lost]
        chosen = saved_profile(profiles, name, change.after)
        source = self._collections_source(options, chosen.collections_source)
        return {
            "changed": change.changed,
            "name": name,
            "path": directory,
            "files": sorted(file for file in change.after if file != NOTE),
            "definition": chosen.definition.data,
            "locked": chosen.lock_state(source).lock is not None,
            "diff": change.diff(directory),
            **({"warnings": warnings} if warnings else {}),
        }

    def _wanted(
        self, options: dict[str, Any], noted: str | None, variables: Mapping[str, Any]
    ) -> tuple[SavedState | None, list[str]]:
        """What the profile is to be, None for what it is already; and what the user is told.

        ``noted`` is the source of collections that the profile has.
        """
        if options["definition"] is not None:
            return _state_of_definition(options), []
        if options["playbook"] is None:
            return None, []
        asked = {**options, "collections_source": self._collections_source(options, noted)}
        progress = progress_of(self._task, variables.get("inventory_hostname", ""))
        told = collections_told(progress, asked["collections_source"])
        check_inventory(options["inventory"])
        source = source_of({**options, "inventory": with_this_machine(options["inventory"], self._loader)})
        report = analysed(source, asked, told)
        state = new_state(
            definition_text(report),
            source=source,
            analysed=lines_of(report),
            optional_packages=list(report["optional_packages"]),
            own_collection=bool(report["own_collection"]),
            collections_source=asked["collections_source"],
        )
        return state, warnings_of(report["unresolved"], options["allow_unresolved"])

    def _change(
        self,
        profiles: SavedProfiles,
        wanted: SavedState | None,
        options: dict[str, Any],
        variables: Mapping[str, Any],
    ) -> tuple[ProfileChange, str | None]:
        """What is to be written, with the lock that is kept or made; and what is lost of a lock that is there."""
        name = options["name"]
        directory, found = profiles.directory(name), profiles.texts(name)
        state = wanted or state_of(found, directory)
        force = options["force"]
        # What cannot be replaced is known before anything is built.
        plain = change_to(state, found, directory=directory, force=force, lock=None)
        profile = saved_profile(profiles, name, {**found, **{file: plain.after[file] for file in (DEFINITION, NOTE)}})
        source = self._collections_source(options, profile.collections_source)
        there = profile.lock_state(source)
        lock, lost = there.lock, None
        if options["lock"] and (lock is None or options["upgrade"]):
            progress = progress_of(self._task, variables.get("inventory_hostname", ""))
            show = progress.tell if progress is not None else None
            lock = new_lock(profile.request(source), options, is_check=self._task.check_mode, show=show)
            if there.problem is not None:
                lost = lost_edits({file: found[file] for file in NAMES if file in found}, lock, directory)
        elif there.problem is not None:
            lost = _LOST.format(name, there.complaint)
        return change_to(state, found, directory=directory, force=force, lock=lock), lost

    def _collections_source(self, options: dict[str, Any], noted: str | None) -> str:
        return str(options["collections_source"] or noted or DEFAULT_SOURCE)


def _state_of_definition(options: dict[str, Any]) -> SavedState:
    """A definition of the task, or a copy of what a name or a path says."""
    given = options["definition"]
    if isinstance(given, str):
        chosen = choose_profile(given, directory=options["directory"])
        noted = {key: one for key, one in chosen.note.items() if key not in ("saved", "schema")}
        noted.update({"collections_source": options["collections_source"] or noted.get("collections_source")})
        return new_state(chosen.texts[DEFINITION], **noted)
    if not isinstance(given, dict):
        raise InputError("definition: this is neither a dictionary nor the name or path of a profile; correct it")
    # Text of Ansible is of a type of its own, which no writer of YAML knows.
    plain = json.loads(json.dumps(given))
    return new_state(definition_of(plain), collections_source=options["collections_source"])
