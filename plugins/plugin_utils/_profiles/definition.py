# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read a definition that people edit, or that came from elsewhere: a mistake is one error with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_request
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import parse_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import (
    Profile,
    ProfileError,
    parse_profile,
)

from .._deps.project.yaml import line_of, load_yaml

_VERSION = "version"


@dataclass(frozen=True)
class Definition:
    """An execution-environment definition: ``data`` as it stands in the file, and what a venv can hold of it."""

    data: dict[str, Any]
    profile: Profile


def read_definition(text: str, shown: str) -> Definition:
    """The definition in ``text``; ``shown`` is its file. Raises :class:`InputError` with file and line."""
    tree = load_yaml(text.encode(), shown)
    if not isinstance(tree, dict):
        raise _wrong(shown, 1, "this is not an execution-environment definition; write version: 3 and dependencies")
    data = _plain(tree)
    if data.get(_VERSION) == "3":
        data[_VERSION] = 3  # the only number that is read
    try:
        profile = parse_profile(data)
    except ProfileError as error:
        what = error.message.removeprefix("profile: ")
        raise _wrong(shown, _line_at(tree, error.key), what) from error
    for entry, line, check in _entries(tree):
        try:
            check(entry)
        except InputError as error:
            raise _wrong(shown, line, error.message) from error
    return Definition(data, profile)


def _wrong(shown: str, line: int, what: str) -> InputError:
    return InputError(f"{shown}, line {line}: {what}", file=shown, line=line)


def _plain(value: Any) -> Any:
    """Text, lists and dictionaries without their lines."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None else str(value)


def _line_at(tree: Any, key: str) -> int:
    """The line of the last part of the dotted ``key`` that is there."""
    line, here = line_of(tree), tree
    for part in filter(None, key.split(".")):
        if not isinstance(here, dict) or part not in here:
            break
        line = next(line_of(name) for name in here if name == part)
        here = here[part]
    return line


def _entries(tree: dict[str, Any]) -> Iterator[tuple[Any, int, Any]]:
    """Each entry that has a form of its own, with its line and what checks it."""
    dependencies = tree.get("dependencies") or {}
    for line_text, line in _lines(dependencies.get("python")):
        yield line_text, line, lambda text: parse_requirement(text, where="dependencies.python")
    galaxy = dependencies.get("galaxy") or {}
    for entry in galaxy.get("collections") or ():
        yield _plain(entry), line_of(entry), parse_request
    roles = galaxy.get("roles") or ()
    for number, entry in enumerate(roles):
        yield [_plain(one) for one in roles[: number + 1]], line_of(entry), parse_roles


def _lines(value: Any) -> Iterator[tuple[str, int]]:
    """The requirements of a list or of a text of several lines, without comments, as ``parse_profile`` takes them."""
    if isinstance(value, str):
        found = [(text, line_of(value) + number) for number, text in enumerate(value.split("\n"))]
    else:
        found = [(str(one), line_of(one)) for one in value or ()]
    for text, line in found:
        for requirement in parse_profile({_VERSION: 3, "dependencies": {"python": [text]}}).packages:
            yield requirement, line
