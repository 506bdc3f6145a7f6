# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Tell which profiles the controller has and what of them is out of date; see the module of the same name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import saved_profile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import (
    DEFINITION,
    SavedProfiles,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.files import is_edited
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.listing import list_profiles

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "directory": {"type": "path"},
    "check": {"type": "bool", "default": False},
    "collections_source": {"type": "str"},
    **STORE_ARGUMENT,
    **INDEX_ARGUMENTS,
}


class ActionModule(ControllerAction):
    """Reads files of the controller, and asks the index only where the task wants to know what is out of date."""

    argument_spec = ARGUMENT_SPEC

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """List the profiles, or one of them."""
        profiles = SavedProfiles(options["directory"])
        name = options["name"]
        if name is not None:
            profiles.check_exists(name)
        found = list_profiles(profiles, None if name is None else [name])
        for one in found:
            if one["problem"] is None:
                one.update(_content(profiles, one["name"], options))
        return {"changed": False, "directory": profiles.path, "profiles": found}


def _content(profiles: SavedProfiles, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """What it defines, or the problem of its definition."""
    texts = profiles.texts(name)
    try:
        chosen = saved_profile(profiles, name, texts)
    except VenvError as error:
        return {"problem": error.message}
    told: dict[str, Any] = {
        "definition": chosen.definition.data,
        "edited": is_edited(texts[DEFINITION]),
        "lock_problem": chosen.lock_state(options["collections_source"]).complaint,
    }
    if options["check"]:
        # This brings what resolves, which is not needed to list profiles.
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.outdated import outdated_parts

        told["outdated"] = outdated_parts(chosen, profiles.last_use(name), options)
    return told
