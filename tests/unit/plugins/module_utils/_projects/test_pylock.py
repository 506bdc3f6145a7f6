# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a lock of the standard format pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import (
    read_file,
    read_project,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._projects.samples import (
    assert_read,
    assert_refused,
)

if TYPE_CHECKING:
    from pathlib import Path


SHA = "ab" * 32
READ: dict[str, tuple[dict[str, str], list[str], list[tuple[str, str, int]]]] = {
    "a lock alone": (
        {
            "pylock.toml": "lock-version = '1.0'\ncreated-by = 'x'\nrequires-python = '>=3.9'\n\n"
            "[[packages]]\nname = 'six'\nversion = '1.16.0'\nmarker = 'os_name == \"nt\"'\n\n"
            "[[packages]]\nname = 'me'\ndirectory = { path = '.' }\n"
        },
        [],
        [("six==1.16.0 ; os_name == 'nt'", "pylock.toml", 5)],
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_a_project_needs_and_where_it_says_so(tmp_path: Path, case: str) -> None:
    assert_read(tmp_path, *READ[case])


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a lock of a checkout": (
        {"pylock.toml": "[[packages]]\nname = 'x'\nvcs = {type = 'git'}"},
        "line 1: 'x' is not taken from an index",
    ),
    "a lock of another directory": (
        {"pylock.toml": "[[packages]]\nname = 'x'\ndirectory = {path = '../x'}"},
        "is not taken from an index",
    ),
    "a lock with groups": (
        {"pylock.toml": "[[packages]]\nname = 'x'\nversion = '1'\nmarker = \"'dev' in dependency_groups\""},
        "belongs to a group of the lock",
    ),
    "a lock that is none": ({"pylock.toml": "packages = [1]"}, "packages contains '1'"),
    "a name that is none": (
        {"pylock.toml": "[[packages]]\nname = '../x'\nversion = '1'"},
        "'../x==1' is not a requirement",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, *REFUSED[case])


def test_the_hashes_of_a_lock(tmp_path: Path) -> None:
    text = (
        f"[[packages]]\nname='x'\nversion='1'\nsdist={{hashes={{sha256='{'00' * 32}'}}}}\n"
        f"wheels=[{{url='https://x.invalid/x.whl', hashes={{sha256='{SHA.upper()}'}}}}, {{hashes=1}}, 2]"
    )
    (tmp_path / "pylock.dev.toml").write_text(text)
    (demand,) = read_file(str(tmp_path / "pylock.dev.toml")).requirements
    assert (demand.line, demand.hashes) == ("x==1", (SHA,))


LOCK = "[[packages]]\nname = 'x'\nversion = '1'"
PYPROJECT = '[project]\nname = "p"\nversion = "1"\ndependencies = ["six"]\n'


@pytest.mark.parametrize("beside", ["requirements.txt", "pyproject.toml"])
@pytest.mark.parametrize("unread", ["pylock.toml", "Pipfile"])
def test_what_does_not_count_beside_other_files_is_said(tmp_path: Path, beside: str, unread: str) -> None:
    (tmp_path / beside).write_text("six" if beside == "requirements.txt" else PYPROJECT)
    (tmp_path / unread).write_text(LOCK)
    found = read_project(str(tmp_path))
    assert [one.line for one in found.requirements] == ["six"]
    (note,) = found.notes
    assert note.startswith(f"{tmp_path}/{unread} is not read beside the project's other requirement files; ")
    assert read_project(str(tmp_path), files=[beside]).notes == ()


def test_a_lock_that_is_named_counts(tmp_path: Path) -> None:
    """As the note advises."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "pylock.toml").write_text(LOCK)
    found = read_project(str(tmp_path), files=["pylock.toml"])
    assert ([one.line for one in found.requirements], found.notes) == (["x==1"], ())
