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
        (f"if not HAS_X and wanted: {FAIL}", [("HAS_X wanted", False, True)]),
        (f"if missing(HAS_X): {FAIL}", [("HAS_X missing", False, True)]),
        (f"if wanted:\n if not HAS_X: {FAIL}", [("wanted", True, True), ("HAS_X", False, True)]),
        (f"if __name__ == '__main__':\n if not HAS_X: {FAIL}", [("__name__", True, True), ("HAS_X", True, True)]),
        (f"try: use()\nexcept E:\n if not HAS_X: {FAIL}", [("HAS_X", False, True)]),
        ("if not HAS_X:\n class A:\n  fail_json = 1", [("HAS_X", True, False)]),
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


def test_a_function_that_does_nothing_but_give_up() -> None:
    code = "def stop(): raise E\ndef work():\n a()\n b()\n c()\n raise E\ndef go(): stop()\n"
    assert {one.name: one.fails for one in functions_of(ast.parse(code))} == {
        "": False, "stop": True, "work": False, "go": False,
    }  # fmt: skip


def test_names_on_every_way_and_on_some() -> None:
    (top,) = functions_of(ast.parse("always()\nif x:\n sometimes()\nelse:\n other.method()\ny = lambda: later()\n"))
    assert {"always", "x", "y"} <= top.always
    assert {"sometimes", "other", "method", "later"} <= top.sometimes - top.always


def test_a_hint_names_its_library() -> None:
    code = "missing_required_lib('a')\nmissing_required_lib(library='b')\nmissing_required_lib(c)\n"
    (top,) = functions_of(ast.parse(code))
    assert top.hints == ["a", "b"]
