# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Symlinks stand for files of the same collection, or are refused."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.links import expand_links
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError

FILES = {"a/x": 1, "a/y/z": 2, "b": 3}


@pytest.mark.parametrize(
    ("links", "added"),
    [
        ({}, {}),
        ({"c": "b"}, {"c": 3}),
        ({"c/d": "../a/x"}, {"c/d": 1}),
        ({"c": "a"}, {"c/x": 1, "c/y/z": 2}),
        ({"c": "./a/../a/y"}, {"c/z": 2}),
        ({"c": "d", "d": "e", "e": "b"}, {"c": 3, "d": 3, "e": 3}),
        ({"a/link": "../b", "c": "a"}, {"a/link": 3, "c/x": 1, "c/y/z": 2, "c/link": 3}),
        ({"c": "a", "a/link": "../b"}, {"a/link": 3, "c/x": 1, "c/y/z": 2, "c/link": 3}),
    ],
)
def test_links_become_what_they_point_to(links: dict[str, str], added: dict[str, int]) -> None:
    assert expand_links(FILES, links, where="it") == {**FILES, **added}


@pytest.mark.parametrize(
    ("links", "problem"),
    [
        ({"c": "/etc/passwd"}, "leaves the collection"),
        ({"c": "../x"}, "leaves the collection"),
        ({"a/c": "../../x"}, "leaves the collection"),
        ({"c": ".."}, "leaves the collection"),
        ({"c": "."}, "a directory that contains it"),
        ({"a/c": "../a"}, "a directory that contains it"),
        ({"c": "c"}, "a directory that contains it"),
        ({"c": "gone"}, "does not exist"),
        ({"c": "d", "d": "c"}, "does not exist"),
        ({"a/c": "../d", "d": "a"}, "have a loop"),
        ({f"l{number}": "a" for number in range(101)}, "more than 100 symlinks to directories"),
        (
            {f"l{n}/{side}": f"../l{n + 1}" for n in range(7) for side in "abcdefgh"} | {"l7": "a"},
            "more than 20000 files",
        ),
    ],
)
def test_links_that_cannot_be_taken_are_refused(links: dict[str, str], problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        expand_links(FILES, links, where="it")
