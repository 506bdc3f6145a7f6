# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The option projects: its forms, names that differ, and the Python that a user adds."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import Project, parse_projects


def test_the_forms_of_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    entries: list[Any] = ["/srv/one/", "~/two", {"path": "/srv/three", "files": [], "groups": ["dev"], "python": 3.12}]
    assert parse_projects(entries) == [
        Project("/srv/one"),
        Project("/home/me/two"),
        Project("/srv/three", files=(), groups=("dev",), python="==3.12.*"),
    ]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "is empty"),
        (["one"], "'one' is not an absolute path"),
        ([1], "'1' is neither a path nor a dictionary"),
        ([{"files": []}], "neither a path nor a dictionary with a path"),
        ([{"path": "/x", "file": "y"}], "/x has the unknown keys file"),
        ([{"path": "/x", "files": "y"}], "files of /x must be a list of strings"),
        ([{"path": "/x", "groups": [1]}], "groups of /x must be a list of strings"),
        (["/x", {"path": "/x/"}], "/x is listed twice"),
        (["/srv/it's"], "is not a valid path of a venv"),
        (["/srv/$HOME/x"], "is not a valid path of a venv"),
        ([{"path": "/x", "name": 1}], "name of /x is 1; it must be a string"),
        ([{"path": "/x", "name": "a/b"}], "name of /x: 'a/b' is not a valid name of a link"),
        ([{"path": "/x", "imports": ["os; x"]}], "imports of /x must be a list of modules"),
        ([{"path": "/x", "test": []}], "test of /x must be a list, the program and its arguments"),
        ([{"path": "/x", "test": "make test"}], "test of /x must be a list of strings"),
        *(
            ([{"path": "/x", "python": python}], f"python of /x: '{python}' is not a version of Python")
            for python in ("", "three", "/usr/bin/python3")
        ),
    ],
)
def test_what_is_no_project(entries: list[Any], message: str) -> None:
    with pytest.raises(InputError, match="^projects: ") as caught:
        parse_projects(entries)
    assert message in caught.value.message
