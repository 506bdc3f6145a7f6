# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A dotted name is identifiers, or it is no name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.names import (
    is_collection,
    parts_of,
    split_name,
)

NO_NAMES = [
    "",
    ".",
    "..",
    "a..b",
    ".a",
    "a.",
    "/",
    "a/b",
    "a.b./etc/passwd",
    "a.../b",
    "a-b",
    "1a",
    "a b",
    " a",
    "a\n",
    "a\0b",
    "a\x1b[2J",
    "größe",
    "ﬁle",
    "а",
    "a\u202eb",
    "\ud800",
    "a*",
    "~",
    "a.py/",
    "x" * 300,
    ".".join(["x"] * 100),
    "x." * 100_000,
]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_what_is_no_name_has_no_parts_and_is_no_path(name: str, tmp_path: Path) -> None:
    assert parts_of(name) == ()
    assert split_name(f"acme.web.{name}") is None
    assert not is_collection(f"acme.{name}")
    for file in ("a", "a.py", "b/__init__.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert Files(tmp_path).named(tmp_path, name, ("", ".py", "/__init__.py")) is None


@pytest.mark.parametrize("name", ["a", "_a", "A1", "assert", "x" * 240])
def test_names(name: str, tmp_path: Path) -> None:
    assert split_name(f"acme.web.{name}.{name}") == ("acme.web", f"{name}.{name}")
    (tmp_path / f"{name}.py").touch()
    assert Files(tmp_path).named(tmp_path, name, (".ps1", ".py")) == tmp_path / f"{name}.py"


@pytest.mark.parametrize(("name", "parts"), [("a", None), ("a.class", None), ("if.b", None), ("a.b.c", ("a.b", "c.x"))])
def test_a_collection_has_two_parts_that_are_no_keywords(name: str, parts: tuple[str, str] | None) -> None:
    assert not is_collection(name)
    assert split_name(f"{name}.x") == parts
