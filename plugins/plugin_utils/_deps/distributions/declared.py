# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The Python requirements that a collection declares, read as ``ansible-builder`` reads them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import (
    MAX_LENGTH,
    normalise_name,
)

from ..resolution.collection_content import CollectionContent

# ansible-core brings it; sanity tests import plugins without.
with suppress(ImportError):
    from packaging.requirements import InvalidRequirement, Requirement

MAX_DECLARED = 2000
_COMMENT = re.compile(r"(?:^| )#.*")
_BUILDER_FILES = ("meta/execution-environment.yml", "meta/execution-environment.yaml")


@dataclass(frozen=True)
class CollectionRequirement:
    """A line of a collection's requirements: ``text`` as written, ``name`` normalised (PEP 503)."""

    name: str
    text: str


def declared(content: CollectionContent) -> tuple[CollectionRequirement, ...]:
    """What ``meta/execution-environment.yml`` names; ``requirements.txt`` counts only where there is none."""
    for name in _BUILDER_FILES:
        path = content.files.file(content.path / name)
        if path is not None:
            return _of_builder_file(content, path)
    path = content.files.file(content.path / "requirements.txt")
    return _of_file(content, path) if path is not None else ()


def parsed(text: str) -> Requirement | None:
    """A requirement by name (PEP 508), None for any other text."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return None if requirement.url else requirement


def _of_builder_file(content: CollectionContent, path: Path) -> tuple[CollectionRequirement, ...]:
    loaded = content.files.yaml(path)
    dependencies = loaded.get("dependencies") if isinstance(loaded, dict) else None
    python = dependencies.get("python") if isinstance(dependencies, dict) else None
    if isinstance(python, list):
        return _of_lines([str(line) for line in python], content.shown(path))
    if not isinstance(python, str):
        return ()
    file = content.files.file(content.path / python)
    return _of_file(content, file) if file is not None else ()


def _of_file(content: CollectionContent, path: Path) -> tuple[CollectionRequirement, ...]:
    return _of_lines(content.files.text(path).splitlines(), content.shown(path))


def _of_lines(lines: list[str], shown: str) -> tuple[CollectionRequirement, ...]:
    """The lines that name a distribution; options (``-r``), addresses and comments are left out."""
    if len(lines) > MAX_DECLARED:
        raise InputError(f"{shown} has more than {MAX_DECLARED} lines, the maximum for requirement files", file=shown)
    found = []
    for number, line in enumerate(lines, start=1):
        text = _COMMENT.sub("", " ".join(line.split()))
        if len(text) > MAX_LENGTH:
            what = f"the requirement has more than {MAX_LENGTH} characters"
            raise InputError(f"{shown}, line {number}: {what}; shorten it", file=shown, line=number)
        requirement = parsed(text)
        if requirement is not None:
            found.append(CollectionRequirement(normalise_name(requirement.name), text))
    return tuple(found)
