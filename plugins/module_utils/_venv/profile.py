# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an environment must contain: the ``dependencies:`` of an execution-environment definition, version 3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KNOWN = {"ansible_core", "ansible_runner", "python_interpreter", "python", "galaxy", "system"}
_PYTHON_PACKAGE = re.compile(r"python(\d+\.\d+)(-.*)?")


@dataclass(frozen=True)
class Profile:
    """The parts of a definition that a venv can hold, as written; ``system`` names what only the host can."""

    python: str | None = None
    ansible_core: str | None = None
    packages: tuple[str, ...] = ()
    collections: tuple[Any, ...] = ()
    system: tuple[str, ...] = ()


def parse_profile(definition: Mapping[str, Any]) -> Profile:
    """Read a definition; raises :class:`InputError` that names the key for what is not of its form."""
    if definition.get("version") != 3:
        raise InputError(
            f"profile: version is {definition.get('version')!r}; write an execution-environment definition version 3"
        )
    dependencies = _mapping(definition.get("dependencies"), "dependencies")
    unknown = sorted(set(dependencies) - _KNOWN)
    if unknown:
        raise InputError(f"profile: dependencies has unknown keys: {', '.join(unknown)}")
    galaxy = _mapping(dependencies.get("galaxy"), "dependencies.galaxy")
    if galaxy.get("roles"):
        raise InputError("profile: dependencies.galaxy.roles is not supported yet; put the roles into the project")
    runner = _mapping(dependencies.get("ansible_runner"), "dependencies.ansible_runner").get("package_pip")
    return Profile(
        python=_interpreter(_mapping(dependencies.get("python_interpreter"), "dependencies.python_interpreter")),
        ansible_core=_mapping(dependencies.get("ansible_core"), "dependencies.ansible_core").get("package_pip"),
        packages=_strings(dependencies.get("python"), "dependencies.python") + ((runner,) if runner else ()),
        collections=tuple(_sequence(galaxy.get("collections"), "dependencies.galaxy.collections")),
        system=_strings(dependencies.get("system"), "dependencies.system"),
    )


def _interpreter(definition: Mapping[str, Any]) -> str | None:
    """The path, or the version that a package name such as ``python3.12`` says."""
    if definition.get("python_path"):
        return str(definition["python_path"])
    package = definition.get("package_system")
    if not package:
        return None
    match = _PYTHON_PACKAGE.fullmatch(str(package))
    if match is None:
        raise InputError(f"profile: dependencies.python_interpreter.package_system {package!r} does not name a version")
    return match.group(1)


def _mapping(value: Any, key: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"profile: {key} must be a dictionary, not {value!r}; a path to a file is not read here")
    return value


def _sequence(value: Any, key: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise InputError(f"profile: {key} must be a list, not {value!r}; a path to a file is not read here")
    return value


def _strings(value: Any, key: str) -> tuple[str, ...]:
    items = _sequence(value, key)
    for item in items:
        if not isinstance(item, str):
            raise InputError(f"profile: {key} holds {item!r}, which is not a text")
    return tuple(items)
