# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The imports of a file, and what happens where one is missing."""

from __future__ import annotations

import ast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.imports import imports_of

TRY = "try:\n import a\n"


def found(code: str) -> list[tuple[str, str]]:
    """The names that are imported, and what guards each."""
    return [(f"{'.' * one.level}{one.name}", one.guard) for one in imports_of(ast.parse(code), "x.py")]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import a.b", [("a.b", "hard")]),
        ("from a.b import c, d", [("a.b.c", "hard"), ("a.b.d", "hard")]),
        ("from ..a import b", [("..a.b", "hard")]),
        ("__import__('a')\nimportlib.import_module('b.c')", [("a", "hard"), ("b.c", "hard")]),
        ("importlib.import_module('../a')\nimportlib.import_module(a)", []),
        ("'''\n>>> import a\n'''", []),
        (f"{TRY}except ImportError:\n HAS_A = False", [("a", "guarded")]),
        (f"{TRY}except Exception:\n HAS_A = False", [("a", "guarded")]),
        (f"{TRY}except ImportError:\n import b", [("a", "guarded"), ("b", "fallback")]),
        (f"{TRY}except ImportError:\n raise", [("a", "hard")]),
        (f"{TRY}except ValueError:\n pass", [("a", "hard")]),
        (f"{TRY}finally:\n pass", [("a", "hard")]),
        ("if TYPE_CHECKING:\n import a", [("a", "unlikely")]),
        ("if sys.platform == 'win32':\n import a", [("a", "unlikely")]),
        ("if sys.version_info < (3, 0):\n import a", [("a", "unlikely")]),
    ],
)
def test_each_import_has_its_guard(code: str, expected: list[tuple[str, str]]) -> None:
    assert found(code) == expected


def test_the_names_by_which_code_asks_later() -> None:
    flag, error, empty = (
        imports_of(ast.parse(f"{TRY}{rest}"), "x.py")[0]
        for rest in (
            " HAS_A = True\nexcept ImportError:\n HAS_A = False",
            "except ImportError as e:\n ERROR = e\nelse:\n ERROR = None",
            "except ImportError:\n a = None",
        )
    )
    assert [one.flags for one in (flag, error, empty)] == [{"HAS_A", "a"}, {"ERROR", "a"}, {"a"}]
    assert [one.bound for one in (flag, error, empty)] == ["a", "a", ""]


def test_where_an_import_is() -> None:
    code = "def f():\n import a\n if x:\n  import b\nimport c\n"
    places = [(one.name, one.line, one.function, one.conditional) for one in imports_of(ast.parse(code), "x.py")]
    assert places == [("a", 2, "f", False), ("b", 4, "f", True), ("c", 5, "", False)]
