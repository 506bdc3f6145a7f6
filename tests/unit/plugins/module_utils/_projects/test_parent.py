# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which project is the parent, and what its venv is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import Project
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.parent import natural_parent, venv_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("directory", "bare"),
    [
        ("/srv/dr-daily-report", "dr-daily-report"),
        ("/srv/Dr_Daily.Report", "dr-daily-report"),
        ("/srv/日報", "venv"),
        (f"/srv/{'x' * 200}", "x" * 80),
    ],
)
def test_a_venv_is_called_by_the_directory_of_its_parent(directory: str, bare: str) -> None:
    assert re.fullmatch(rf"{bare}-[0-9a-f]{{8}}", venv_name(directory))
    assert venv_name(f"/other{directory}") != venv_name(directory)


#: The venv of each project: what it holds, or the link in its place; then the parent.
PARENTS: dict[str, tuple[dict[str, list[str] | str], str]] = {
    "has most": ({"a": ["six-1.0"], "b": ["six-1.0", "idna-3.1"]}, "b"),
    "has what fits": ({"a": ["six-1.0", "idna-2.0"], "b": ["six-1.0", "idna-3.1"]}, "b"),
    "has it by another spelling": ({"a": ["six-1.0"], "b": ["six-1.0", "Ruamel_YAML-0.1"]}, "b"),
    "is the first": ({"a": ["six-1.0"], "b": ["six-1.0"]}, "a"),
    "is linked to": ({"a": "../b/venv", "b": [], "c": ["six-1.0", "idna-3.1"]}, "b"),
    "is linked to by most": ({"a": "../b/venv", "b": "../c/venv", "d": "../c/venv", "c": []}, "c"),
    "is linked to by an absolute path": ({"a": "{}/b/venv", "b": [], "c": ["six-1.0"]}, "b"),
    "is linked to by another name of its directory": ({"a": "{}/again/b/venv", "b": [], "c": ["six-1.0"]}, "b"),
    "has nothing, as all": ({"a": [], "b": []}, "a"),
    "is alone with a link to nowhere": ({"a": "/nowhere/venv"}, "a"),
}


@pytest.mark.parametrize("case", PARENTS)
def test_the_parent_is_the_one_that(tmp_path: Path, case: str) -> None:
    venvs, parent = PARENTS[case]
    (tmp_path / "again").symlink_to(tmp_path)
    for name, holds in venvs.items():
        (tmp_path / name).mkdir()
        if isinstance(holds, str):
            (tmp_path / name / "venv").symlink_to(holds.format(tmp_path))
            continue
        for one in holds:
            (tmp_path / name / "venv/lib/python3.11/site-packages" / f"{one}.dist-info").mkdir(parents=True)
    requirements = [parse_requirement(one, where="a test") for one in ("six", "idna>=3", "ruamel.yaml")]
    found = natural_parent([Project(str(tmp_path / name)) for name in venvs], requirements)
    assert found.path == str(tmp_path / parent)
