# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Projects to read, and what is in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_project

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import ProjectRequirements

#: The beginning of a pyproject.toml: its dependencies stand on line 4.
PROJECT = '[project]\nname = "Me"\nversion = "1"\n'


def write(directory: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return str(directory)


def lines(project: ProjectRequirements) -> list[tuple[str, str, int]]:
    return [
        (one.line, os.path.relpath(one.location.file, project.directory), one.location.line) for one in project.declared
    ]


def assert_read(
    directory: Path, files: dict[str, str], groups: list[str], expected: list[tuple[str, str, int]]
) -> None:
    """A project of ``files`` requires what is ``expected``, and nothing is left to say."""
    project = read_project(write(directory, files), groups=groups)
    assert lines(project) == expected
    assert project.notes == ()
    assert project.name == directory.name


def assert_refused(directory: Path, files: dict[str, str], message: str) -> None:
    """A project of ``files`` is one error, which names the file."""
    with pytest.raises(InputError) as caught:
        read_project(write(directory, files))
    assert message in caught.value.message
    assert str(directory) in caught.value.message
