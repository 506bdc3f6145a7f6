# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether a plugin gives up without an import: the branches on its flag, and what they do."""

from __future__ import annotations

import ast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.guards import functions_of

FAIL = "module.fail_json(msg='x')"


def required(code: str) -> list[tuple[str, bool, bool]]:
    """The flags that each function asks for, whether on every way, and whether it gives up then."""
    return [
        (" ".join(sorted(one.flags)), one.certain, one.fails)
        for function in functions_of(ast.parse(code))
        for one in function.required_flags
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"if not HAS_X: {FAIL}", [("HAS_X", True, True)]),
        ("if not HAS_X: raise ImportError", [("HAS_X", True, True)]),
        ("if HAS_X: use()\nelse: raise ImportError", [("HAS_X", True, True)]),
        ("if not HAS_X: print('less comfort')", [("HAS_X", True, False)]),
        (f"if not HAS_X or not HAS_Y: {FAIL}", [("HAS_X HAS_Y", True, True)]),
        (f"if not (HAS_X and HAS_Y): {FAIL}", [("HAS_X HAS_Y", True, True)]),
        ("if HAS_X and HAS_Y: use()\nelse: raise ImportError", [("HAS_X HAS_Y", True, True)]),
        (f"if not (HAS_X or HAS_Y): {FAIL}", [("HAS_X HAS_Y", False, True)]),
        (f"if not has_x(): {FAIL}", [("has_x", True, True)]),
        (f"found = load()\nif not found: {FAIL}", [("found load", True, True)]),
        ("if HAS_X: return use()\nraise ImportError", [("HAS_X", True, True), ("HAS_X", True, False)]),
        (f"if sys.platform == 'darwin':\n if not HAS_X: {FAIL}", [("HAS_X", True, True)]),
        (f"if not HAS_X and wanted: {FAIL}", [("HAS_X wanted", False, True)]),
        (f"if missing(HAS_X): {FAIL}", [("HAS_X missing", False, True)]),
        (f"if wanted:\n if not HAS_X: {FAIL}", [("wanted", False, True), ("HAS_X", False, True)]),
        (f"if __name__ == '__main__':\n if not HAS_X: {FAIL}", [("HAS_X", True, True)]),
        (f"try: use()\nexcept E:\n if not HAS_X: {FAIL}", [("HAS_X", False, True)]),
        ("if not HAS_X:\n class A:\n  fail_json = 1", [("HAS_X", True, False)]),
        (f"if HAS_X:\n class A:\n  def run(self): {FAIL}", [("HAS_X", True, False)]),
        (f"if HAS_X:\n def run(): {FAIL}", [("HAS_X", True, False)]),
        (f"if HAS_X: run = lambda: {FAIL}", [("HAS_X", True, False)]),
        (f"if not HAS_X:\n if tried: {FAIL}", [("HAS_X", False, True), ("tried", False, True)]),
        (f"if not HAS_X:\n if tried: {FAIL}\n else: {FAIL}", [("HAS_X", True, True), ("tried", False, True)]),
        (f"if not HAS_X:\n for one in names: {FAIL}", [("HAS_X", True, True)]),
        ("deps.validate(module)", [("deps:*", True, True)]),
        ("deps.validate(module, 'a:b')", [("deps:a deps:b", True, True)]),
        ("deps.validate(module, '-a')", [("-deps:a deps:*", True, True)]),
        ("other.validate(module, 'a')", []),
    ],
)
def test_a_branch_on_a_flag(code: str, expected: list[tuple[str, bool, bool]]) -> None:
    assert required(code) == expected
    inner = "".join(f"\n {line}" for line in code.split("\n"))
    assert required(f"def main():{inner}") == expected


@pytest.mark.parametrize(
    ("test", "together"),
    [
        ("not HAS_X and not HAS_Y", True),
        ("x is None and y is None", True),
        ("not (HAS_X or HAS_Y)", True),
        ("not HAS_X or not HAS_Y", False),
        ("not HAS_X and missing(y)", False),
        ("not HAS_X", False),
    ],
)
def test_a_branch_that_takes_all_flags(test: str, together: bool) -> None:
    (top,) = functions_of(ast.parse(f"if {test}: {FAIL}"))
    assert [one.together for one in top.required_flags] == [together]


def test_a_branch_on_an_option_is_a_part_of_its_own() -> None:
    code = "def main():\n if engine == 'x':\n  first()\n else:\n  second()\n"
    _top, main, first, second = functions_of(ast.parse(code))
    assert main.always == {"engine"}
    assert [(one.test.holds({"engine": "x"}), one.function) for one in main.branches] == [
        (True, first),
        (False, second),
    ]
    assert (first.always, second.always) == ({"first"}, {"second"})


def test_the_name_in_an_except_clause_is_used_on_every_way() -> None:
    (top,) = functions_of(ast.parse("try: run()\nexcept lib.Broken: stop()\n"))
    assert top.always == {"run", "lib", "Broken"}


def test_a_function_that_does_nothing_but_give_up() -> None:
    code = "def stop(): raise E\ndef work():\n a()\n b()\n c()\n raise E\ndef go(): stop()\n"
    assert {one.name: one.fails for one in functions_of(ast.parse(code))} == {
        "": False, "stop": True, "work": False, "go": False,
    }  # fmt: skip


def test_names_on_every_way_and_on_some() -> None:
    (top,) = functions_of(ast.parse("always()\nif x:\n sometimes()\nelse:\n other.method()\ny = lambda: later()\n"))
    assert {"always", "x"} <= top.always
    assert "y" not in top.always | top.sometimes
    assert {"sometimes", "other", "method", "later"} <= top.sometimes - top.always


@pytest.mark.parametrize(
    "code", ["def f(one: Module): pass", "def f(*one: lib.Module, **two: Module): pass", "class A:\n one: Module = x"]
)
def test_an_annotation_calls_nothing(code: str) -> None:
    for one in functions_of(ast.parse(code)):
        assert "Module" not in one.always


def test_a_hint_names_its_library() -> None:
    code = "missing_required_lib('a')\nmissing_required_lib(library='b')\nmissing_required_lib(c)\n"
    (top,) = functions_of(ast.parse(code))
    assert top.hints == ["a", "b"]
