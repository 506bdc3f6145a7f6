# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The Python requirements that a collection declares, read as ``ansible-builder`` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import (
    MAX_LENGTH,
    normalise_name,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.requirements_txt import logical_lines

from ..resolution.collection_content import CollectionContent

# ansible-core brings it; sanity tests import plugins without.
with suppress(ImportError):
    from packaging.requirements import InvalidRequirement, Requirement

MAX_DECLARED = 2000
_BUILDER_FILES = ("meta/execution-environment.yml", "meta/execution-environment.yaml")


@dataclass(frozen=True)
class CollectionRequirement:
    """A line of a collection's requirements: ``text`` as written, ``name`` normalised (PEP 503)."""

    name: str
    text: str


def declared(content: CollectionContent) -> tuple[CollectionRequirement, ...]:
    """What ``meta/execution-environment.yml`` names; ``requirements.txt`` counts only where there is none."""
    dependencies = builder_dependencies(content)
    if dependencies is None:
        path = content.files.file(content.path / "requirements.txt")
        return _of_file(content, path) if path is not None else ()
    python = dependencies.get("python")
    if isinstance(python, list):
        return _of_text("\n".join(map(str, python)), content.shown(content.path / _BUILDER_FILES[0]))
    file = content.files.file(content.path / python) if isinstance(python, str) else None
    return _of_file(content, file) if file is not None else ()


def builder_dependencies(content: CollectionContent) -> Mapping[str, Any] | None:
    """The ``dependencies`` of ``meta/execution-environment.yml``; None where there is no such file."""
    path = content.files.file(*(content.path / name for name in _BUILDER_FILES))
    if path is None:
        return None
    loaded = content.files.yaml(path)
    dependencies = loaded.get("dependencies") if isinstance(loaded, dict) else None
    return dependencies if isinstance(dependencies, dict) else {}


def parsed(text: str) -> Requirement | None:
    """A requirement by name (PEP 508), None for any other text."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return None if requirement.url else requirement


def _of_file(content: CollectionContent, path: Path) -> tuple[CollectionRequirement, ...]:
    return _of_text(content.files.text(path), content.shown(path))


def _of_text(text: str, shown: str) -> tuple[CollectionRequirement, ...]:
    """The lines that name a distribution; options (``-r``), addresses and comments are left out."""
    if text.count("\n") > MAX_DECLARED:
        raise InputError(f"{shown} has more than {MAX_DECLARED} lines, the maximum for requirement files", file=shown)
    found = []
    for number, line in logical_lines(text):
        bare = " ".join(line.split())
        if len(bare) > MAX_LENGTH:
            what = f"the requirement has more than {MAX_LENGTH} characters"
            raise InputError(f"{shown}, line {number}: {what}; shorten it", file=shown, line=number)
        requirement = parsed(bare)
        if requirement is not None:
            found.append(CollectionRequirement(normalise_name(requirement.name), bare))
    return tuple(found)
