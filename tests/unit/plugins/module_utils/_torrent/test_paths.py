# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A name that is no ordinary one on every common system is refused, wherever in a torrent it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import (
    leaf,
    paths,
    refused,
    single,
    tree,
)


def bad_names() -> dict[str, tuple[Any, str]]:
    """A part of a path, and what is said."""
    return {
        "empty": ("", "is empty"),
        "dot": (".", "leads to another directory"),
        "dot dot": ("..", "leads to another directory"),
        "slash": ("a/b", "contains a separator"),
        "absolute": ("/etc", "contains a separator"),
        "relative": ("../x", "contains a separator"),
        "backslash": ("..\\x", "contains a separator"),
        "NUL": ("a\0b", "contains control characters"),
        "line break": ("a\nb", "contains control characters"),
        "escape": ("\x1b[2J", "contains control characters"),
        "direction": ("exe.\u202egpj", "contains control characters, or invisible ones"),
        "no width": ("a\u200bb", "contains control characters, or invisible ones"),
        "long": ("x" * 256, "is longer than 255 bytes"),
        "long in UTF-8": ("é" * 128, "is longer than 255 bytes"),
        "device": ("CON", "is reserved on Windows"),
        "device with ending": ("nul.txt", "is reserved on Windows"),
        "device with endings": ("aux.tar.gz", "is reserved on Windows"),
        "device with space": ("com1 .x", "is reserved on Windows"),
        "device in other digits": ("LPT²", "is reserved on Windows"),
        "drive": ("C:x", "is reserved on Windows"),
        "ends with dot": ("x.", "ends with a dot or a space"),
        "ends with space": ("x ", "ends with a dot or a space"),
        "not UTF-8": (b"\xff\xfe", "is not valid UTF-8"),
        "overlong": (b"\xc0\xae\xc0\xae", "is not valid UTF-8"),
        "surrogate": (b"\xed\xa0\x80", "is not valid UTF-8"),
        "number": (5, "is not a text"),
        "list": ([], "is not a text"),
    }


@pytest.mark.parametrize(
    "where", ["name", "name in UTF-8", "first part", "last part", "file tree", "directory of tree"]
)
@pytest.mark.parametrize("case", bad_names())
def test_an_unsafe_name_is_refused_wherever_it_is(case: str, where: str) -> None:
    name, message = bad_names()[case]
    if not isinstance(name, (str, bytes)) and "tree" in where:
        return  # a key is always a text
    if name == "" and "tree" in where:
        message = "in its file tree is not only a file" if where == "file tree" else "is not a"
    torrents: dict[str, Callable[[], dict[str, Any]]] = {
        "name": lambda: single(info_name=name),
        "name in UTF-8": lambda: single(**{"info_name.utf-8": name}),
        "first part": lambda: paths([name, "a"]),
        "last part": lambda: paths(["a", name]),
        "file tree": lambda: tree({"a": leaf(), name: leaf()}),
        "directory of tree": lambda: tree({name: {"a": leaf()}}),
    }
    if name == "" and where == "directory of tree":
        message = "in its file tree is not only a file"
    refused(torrents[where](), message)
