# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a pyproject.toml requires, with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import (
    read_project,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._projects.samples import (
    PROJECT,
    assert_read,
    assert_refused,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


READ: dict[str, tuple[dict[str, str], list[str], list[tuple[str, str, int]]]] = {
    "project": (
        {"pyproject.toml": PROJECT + 'dependencies = [\n  "six>=1", # "idna"\n  "idna",\n]\n'},
        [],
        [("six>=1", "pyproject.toml", 5), ("idna", "pyproject.toml", 6)],
    ),
    "the same text above": (
        {"pyproject.toml": 'note = "six"\n' + PROJECT + 'keywords = ["six"]\ndependencies = ["six"]\n'},
        [],
        [("six", "pyproject.toml", 6)],
    ),
    "escapes": (
        {"pyproject.toml": PROJECT + 'dependencies = [\n"x",\n"six; os_name == \\"nt\\""]\n'},
        [],
        [("x", "pyproject.toml", 5), ("six ; os_name == 'nt'", "pyproject.toml", 6)],
    ),
    "escapes that are not found again": (
        {"pyproject.toml": PROJECT + 'dependencies = [\n"\\u0073ix"]\n'},
        [],
        [("six", "pyproject.toml", 4)],
    ),
    "extras and groups": (
        {
            "pyproject.toml": PROJECT + 'dependencies = ["six"]\n'
            '[project.optional-dependencies]\nTest_All = ["pytest",\n"me[speed]"]\nspeed = ["x"]\n'
            '[dependency-groups]\ntest-all = [{ include-group = "lint" }, "mock"]\nlint = [\n"ruff"]\n'
            'other = ["never"]\n'
        },
        ["test.all"],
        [
            ("six", "pyproject.toml", 4),
            ("pytest", "pyproject.toml", 6),
            ("x", "pyproject.toml", 8),
            ("ruff", "pyproject.toml", 12),
            ("mock", "pyproject.toml", 10),
        ],
    ),
    "groups that are not asked for": (
        {"pyproject.toml": PROJECT + '[dependency-groups]\ndev = ["ruff"]\n', "requirements-dev.txt": "mypy"},
        [],
        [],
    ),
    "files of setuptools": (
        {
            "pyproject.toml": PROJECT
            + 'dynamic = ["dependencies", "optional-dependencies"]\n[tool.setuptools.dynamic]\n'
            'dependencies = { file = ["deps.in"] }\noptional-dependencies.fast = { file = "fast.in" }\n',
            "deps.in": "six\n",
            "fast.in": "\nidna",
        },
        ["fast"],
        [("six", "deps.in", 1), ("idna", "fast.in", 2)],
    ),
    "nothing needed": ({"pyproject.toml": PROJECT}, [], []),
}


@pytest.mark.parametrize("case", READ)
def test_what_a_project_needs_and_where_it_says_so(tmp_path: Path, case: str) -> None:
    assert_read(tmp_path, *READ[case])


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "only poetry": (
        {"pyproject.toml": "[tool.poetry.dependencies]\nsix = '*'"},
        "[tool.poetry.dependencies] is not read",
    ),
    "an array that is none": (
        {"pyproject.toml": PROJECT + "dependencies = 'six'"},
        "project.dependencies must be an array",
    ),
    "a demand that is no text": (
        {"pyproject.toml": PROJECT + "dependencies = [1]"},
        "line 4: dependencies contains '1'",
    ),
    "a demand that is none": (
        {"pyproject.toml": PROJECT + "dependencies = [\n'x',\n'x y']"},
        "pyproject.toml, line 6: 'x y' is not",
    ),
    "an address": (
        {"pyproject.toml": PROJECT + "dependencies = ['x @ https://a:b@c.invalid']"},
        "line 4: 'x @ https://…@c.invalid'",
    ),
    "Python": ({"pyproject.toml": PROJECT + "requires-python = '3.x'"}, "line 4: requires-python: "),
    "an extra of its own": (
        {"pyproject.toml": PROJECT + "dependencies = ['me[x]']"},
        "line 4: the project has no extra 'x'",
    ),
    "files out": (
        {
            "pyproject.toml": PROJECT
            + "dynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = '../x'}"
        },
        "line 6: '../x' is outside",
    ),
    "files that are none": (
        {"pyproject.toml": PROJECT + "[tool.setuptools.dynamic]\ndependencies = {attr = 'x'}"},
        "line 5: dependencies of [tool.setuptools",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, *REFUSED[case])


GROUPS: dict[str, tuple[str, str, str]] = {
    "unknown": ("", "nope", "has no group nope; the files of the project have dev, loop, odd, twice"),
    "loop": ("", "loop", "the group includes itself (loop → loop2 → loop)"),
    "unknown include": ("bad = [{include-group = 'nope'}]\n", "bad", "includes 'nope', which is not a group"),
    "no include": ("", "odd", "contains {'other': 'x'}, which is not an include-group"),
}


@pytest.mark.parametrize("case", GROUPS)
def test_groups_that_cannot_be(tmp_path: Path, case: str) -> None:
    more, group, message = GROUPS[case]
    text = "[dependency-groups]\ndev = []\nloop = [{include-group = 'loop2'}]\nloop2 = [{include-group = 'Loop'}]\n"
    write(tmp_path, {"pyproject.toml": text + "odd = [{other = 'x'}]\ntwice = []\n" + more})
    with pytest.raises(InputError) as caught:
        read_project(str(tmp_path), groups=[group])
    assert message.replace("loop,", "loop, loop2,") in caught.value.message


def test_dependencies_that_are_computed_are_noted(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"pyproject.toml": PROJECT + 'dynamic = ["dependencies"]\n', "setup.py": "", "requirements.txt": "six"},
    )
    project = read_project(str(tmp_path))
    assert project.notes == (
        f"{tmp_path}/pyproject.toml: dependencies that are computed when the project is built are not read",
    )
