# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The variables of a role of this collection: what its argument specs say of them, and how they convert values."""

from __future__ import annotations

import difflib
import functools
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ._arguments import inventory_sources

_ROLES = Path(__file__).parents[2] / "roles"
#: What of a specification decides how a value is converted. Which variables must be there, Ansible has checked.
_CONVERTING = ("type", "elements", "choices", "default", "options")


def converted(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The variables ``given`` and the defaults, by name without the prefix; raises for what no type accepts."""
    spec = argument_spec(role)
    read = {name: _structure(spec[name], value) for name, value in given.items()}
    inventory = f"{role}_inventory"
    if inventory in read:
        read[inventory] = inventory_sources(read[inventory])
    checked = ArgumentSpecValidator(spec).validate(read)
    if checked.error_messages:
        raise AnsibleError("; ".join(checked.error_messages))
    values: dict[str, Any] = checked.validated_parameters
    return {name.removeprefix(f"{role}_"): value for name, value in values.items() if value is not None}


@functools.cache
def argument_spec(role: str) -> dict[str, dict[str, Any]]:
    """Every variable of any entry point; one name means the same in all of them."""
    entries = yaml_load((_ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = [options for entry in entries["argument_specs"].values() for options in entry["options"].items()]
    return {name: {key: one[key] for key in _CONVERTING if key in one} for name, one in options}


def check_names(role: str, given: Iterable[str]) -> None:
    """Ansible ignores a variable that nothing reads; one with the prefix of this role was meant for it."""
    known = {*argument_spec(role), f"{role}_hosts", f"{role}_result"}
    for name in given:
        if name.startswith(f"{role}_") and name not in known:
            (near,) = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise InputError(f"{name} is not a variable of the role {role}; the nearest is {near}")


def _structure(option: Mapping[str, Any], value: Any) -> Any:
    """The list or dictionary that a text says; everything else as it is."""
    if not isinstance(value, str) or option.get("type") not in ("list", "dict", "raw"):
        return value
    if option["type"] == "list" and not value.strip():
        return []
    if not value.lstrip().startswith(("[", "{")):
        return value
    try:
        read = yaml_load(io.StringIO(value))  # a tagged text is not str to the loader
    except yaml.YAMLError:
        return value
    return read if isinstance(read, (list, dict)) else value
