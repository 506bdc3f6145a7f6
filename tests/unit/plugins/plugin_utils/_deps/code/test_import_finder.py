# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The imports of a file, and what happens where one is missing."""

from __future__ import annotations

import ast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.import_finder import imports_of

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
        ("if sys.version_info >= (3, 0):\n import a\nelse:\n import b", [("a", "hard"), ("b", "unlikely")]),
        ("if sys.version_info[0] > 2:\n import a", [("a", "hard")]),
        ("if sys.version_info < (3, 11):\n import a", [("a", "fallback")]),
        ("if sys.platform.startswith('linux'):\n import a\nelse:\n import b", [("a", "hard"), ("b", "unlikely")]),
        ("if platform.system() in ('Darwin', 'FreeBSD'):\n import a", [("a", "unlikely")]),
        ("if os.name != 'nt':\n import a", [("a", "hard")]),
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


def test_second_choices_belong_together() -> None:
    code = (
        f"{TRY}except ImportError:\n try:\n  import b\n except ImportError:\n  import c\n{TRY} import d\nexcept E:\n x"
    )
    found = imports_of(ast.parse(code), "x.py")
    assert [(one.name, one.attempt, one.alternative, one.caught) for one in found] == [
        ("a", 1, 0, True), ("b", 1, 1, True), ("c", 1, 2, False), ("a", 0, 0, False), ("d", 0, 0, False),
    ]  # fmt: skip


def test_a_second_choice_inside_of_another_attempt() -> None:
    code = "try:\n import a\n try:\n  import b\n except ImportError:\n  import c\nexcept ImportError:\n pass"
    found = imports_of(ast.parse(code), "x.py")
    assert [(one.name, one.attempt, one.alternative, one.caught) for one in found] == [
        ("a", 1, 0, True), ("b", 3, 0, True), ("c", 3, 1, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        ("try:\n  import a\n  a.run()\n except ImportError:\n  pass", ""),
        ("try:\n  import a\n except ImportError:\n  return None\n a.run()", ""),
        ("try:\n  import a\n except ImportError:\n  pass\n a.run()", "a"),
        ("global a\n try:\n  import a\n except ImportError:\n  pass", "a"),
    ],
)
def test_what_a_function_does_without_its_import(body: str, bound: str) -> None:
    (one,) = imports_of(ast.parse(f"def f():\n {body}"), "x.py")
    assert one.bound == bound


def test_an_import_in_a_branch_on_an_option() -> None:
    (one,) = imports_of(ast.parse("def f():\n if engine == 'x':\n  import a\n"), "x.py")
    assert (one.function, one.conditional) == ("if 2:1", False)


def test_where_an_import_is() -> None:
    code = "def f():\n import a\n if x:\n  import b\nimport c\n"
    places = [(one.name, one.line, one.function, one.conditional) for one in imports_of(ast.parse(code), "x.py")]
    assert places == [("a", 2, "f", False), ("b", 4, "f", True), ("c", 5, "", False)]
