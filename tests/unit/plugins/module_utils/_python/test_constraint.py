# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which Pythons clauses allow, looked at by minor version."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.constraint import (
    allowed_minors,
    allows,
    conflicting,
    versions_of,
)


@pytest.mark.parametrize(
    ("versions", "version", "expected"),
    [
        (">=3.9", "3.9.0", True),
        (">=3.9", "3.8.18", False),
        (">=3.10", "3.9.18", False),
        (">=3.11.5", "3.11.2", False),
        ("<3.13", "3.12.9", True),
        ("<3.13", "3.13.0", False),
        ("<=3.12", "3.12.1", False),
        ("<=3.12", "3.12.0", True),
        (">3.11", "3.11.0", False),
        (">3.11", "3.11.1", True),
        ("==3.12.*", "3.12.7", True),
        ("!=3.12.*", "3.12.7", False),
        ("!=3.9.0,!=3.9.1,>=3.9", "3.9.2", True),
        ("==3.12", "3.12.0", True),
        ("~=3.9", "3.14.1", True),
        ("~=3.9", "4.0.0", False),
        ("~=3.11.4", "3.12.0", False),
        ("~=3.11.4", "3.11.9", True),
        (">=3.8.0rc1", "3.12.0", True),
        (">=3", "3.12.0", True),
        ("<4.0,>=3.9", "3.13.1", True),
        ("", "3.13.1", True),
    ],
)
def test_a_release_and_clauses(versions: str, version: str, expected: bool) -> None:
    assert allows(versions, version) is expected


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ([">=3.11", "<3.13"], [(3, 11), (3, 12)]),
        ([">3.12,<3.13"], [(3, 12)]),
        ([">=3.11.5,<3.12"], [(3, 11)]),
        (["==3.10.*", "==3.12.*"], []),
        (["<3.9"], []),
    ],
)
def test_the_minor_versions_that_all_allow(requirements: list[str], expected: list[tuple[int, int]]) -> None:
    assert allowed_minors(requirements) == expected


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ([], []),
        ([">=3.9", "<3.12"], []),
        ([">=3.9", "<3.9"], [1]),
        ([">=3.9", "==3.11.*", "<4", "==3.12.*"], [1, 3]),
        (["!=3.11.*", "<3.13,>=3.11", "!=3.12.*"], [0, 1, 2]),
    ],
)
def test_the_fewest_that_do_not_go_together(requirements: list[str], expected: list[int]) -> None:
    assert conflicting(requirements) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.12", "==3.12.*"),
        ("3.12.4", "==3.12.*"),
        ("cpython-3.11", "==3.11.*"),
        ("pypy3.10", None),
        ("3", None),
        ("x", None),
    ],
)
def test_a_version_means_its_minor_version(text: str, expected: str | None) -> None:
    assert versions_of(text) == expected
