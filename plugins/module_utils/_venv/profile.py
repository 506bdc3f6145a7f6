# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an environment must contain: an execution-environment definition, version 3, as ansible-builder 3.2 has it.

The same file builds a container, so each key of that schema is understood; docs/reference/profile.md says what a venv
makes of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

#: Of the image alone. What could bring content into it is named in a warning, the rest has no meaning for a venv.
_CONTENT_OF_IMAGE = ("additional_build_files", "additional_build_steps")
_TOP = {"version", "dependencies", "images", "options", "build_arg_defaults", *_CONTENT_OF_IMAGE}
_DEPENDENCIES = {"ansible_core", "ansible_runner", "python_interpreter", "python", "galaxy", "system", "exclude"}
_EXCLUDE = ("python", "system", "all_from_collections")
#: ``python3.12``, ``python3.12-devel``, and ``python39`` as some distributions write it.
_PYTHON_PACKAGE = re.compile(r"python(3)(?:\.?(\d{1,2}))?(?:-.*)?")
_COMMENT = re.compile(r"(?:^|\s+)#.*$")


class ProfileError(InputError):
    """A definition is not of its form at ``key``, the dotted path of what is wrong; empty for the whole of it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"profile: {message}")
        self.key = key


@dataclass(frozen=True)
class Profile:
    """The parts of a definition that a venv can hold, as written.

    ``system`` and ``image`` name what only a host or a container has: system packages, and keys of the definition.
    """

    python: str | None = None
    ansible_core: str | None = None
    packages: tuple[str, ...] = ()
    collections: tuple[Any, ...] = ()
    roles: tuple[Any, ...] = ()
    system: tuple[str, ...] = ()
    image: tuple[str, ...] = ()

    def warnings(self) -> list[str]:
        """A sentence for each part of an image; ``host_packages`` has those for the system packages."""
        return [f"The profile has {key}, which applies only to a container image: it is ignored" for key in self.image]


def parse_profile(definition: Mapping[str, Any]) -> Profile:
    """Read a definition; raises :class:`ProfileError` that names the key for what is not of its form."""
    if definition.get("version") != 3:
        found = definition.get("version")
        raise ProfileError("version", f"version is {found!r}; write an execution-environment definition version 3")
    _mapping(definition, "", known=_TOP)
    dependencies = _mapping(definition.get("dependencies"), "dependencies", known=_DEPENDENCIES)
    galaxy = _mapping(dependencies.get("galaxy"), "dependencies.galaxy", known=("collections", "roles"))
    _check_exclude(_mapping(dependencies.get("exclude"), "dependencies.exclude", known=_EXCLUDE))
    runner = _pip_package(dependencies, "ansible_runner")
    return Profile(
        python=_interpreter(dependencies.get("python_interpreter")),
        ansible_core=_pip_package(dependencies, "ansible_core"),
        packages=_requirements(dependencies, "python") + ((runner,) if runner else ()),
        collections=tuple(_sequence(galaxy.get("collections"), "dependencies.galaxy.collections")),
        roles=tuple(_sequence(galaxy.get("roles"), "dependencies.galaxy.roles")),
        system=_requirements(dependencies, "system"),
        image=tuple(key for key in _CONTENT_OF_IMAGE if definition.get(key)),
    )


def _check_exclude(exclude: Mapping[str, Any]) -> None:
    """Check names and patterns (``~pattern``) of what is left out of the requirements that collections declare.

    A venv holds what the profile lists and none of these, so that there is nothing to leave out here.
    """
    for key in _EXCLUDE:
        for text in _strings(exclude.get(key), f"dependencies.exclude.{key}"):
            if not text.strip():
                place = f"dependencies.exclude.{key}"
                raise ProfileError(place, f"{place} has an empty entry; remove it")
            try:
                re.compile(text[1:] if text.startswith("~") else "")
            except (re.error, RecursionError, OverflowError) as error:
                place = f"dependencies.exclude.{key}"
                reason = f"which is not a regular expression: {error}"
                raise ProfileError(place, f"{place} has {text!r}, {reason}") from error


def _interpreter(definition: Any) -> str | None:
    """The path, or the version that a package name such as ``python3.12`` says; None for any Python 3."""
    key = "dependencies.python_interpreter"
    interpreter = _mapping(definition, key, known=("package_system", "python_path"))
    path, package = (_text(interpreter.get(name), f"{key}.{name}") for name in ("python_path", "package_system"))
    if path or not package:
        return path or None
    match = _PYTHON_PACKAGE.fullmatch(package)
    if match is None:
        raise ProfileError(key, f"{key}.package_system {package!r} has no version, such as python3.12")
    return f"3.{match[2]}" if match[2] else None


def _pip_package(dependencies: Mapping[str, Any], name: str) -> str | None:
    definition = _mapping(dependencies.get(name), f"dependencies.{name}", known=("package_pip",))
    return _text(definition.get("package_pip"), f"dependencies.{name}.package_pip")


def _requirements(dependencies: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The lines of a list, or of a text of several lines, without comments."""
    value, key = dependencies.get(name), f"dependencies.{name}"
    lines = value.splitlines() if isinstance(value, str) and "\n" in value else _strings(value, key)
    return tuple(line for line in (_COMMENT.sub("", line.strip()) for line in lines) if line)


def _mapping(value: Any, key: str, *, known: Collection[str]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ProfileError(key, f"{key} must be a dictionary, not {value!r}; a path to a file is not read here")
    unknown = sorted(str(name) for name in value if name not in known)
    if unknown:
        place = f"{key}.{unknown[0]}".lstrip(".")
        raise ProfileError(place, f"{key or 'the definition'} has unknown keys: {', '.join(unknown)}")
    return value


def _sequence(value: Any, key: str) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise ProfileError(key, f"{key} must be a list, not {value!r}; a path to a file is not read here")
    return value


def _strings(value: Any, key: str) -> tuple[str, ...]:
    items = _sequence(value, key)
    for item in items:
        if item is None:
            raise ProfileError(key, f"{key} has an empty entry; remove it")
        _text(item, key)
    return tuple(items)


def _text(value: Any, key: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ProfileError(key, f"{key} contains {value!r}, which is not a string")
    return value
