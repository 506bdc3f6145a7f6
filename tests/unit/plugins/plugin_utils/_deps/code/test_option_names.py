# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A name that holds an option stands for it in the tests of its function."""

from __future__ import annotations

import ast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.option_names import name_options_in_tests


def read_tests(code: str) -> list[str]:
    """The tests of a function with these lines, as they are read."""
    tree = ast.parse("def run(module, kind=None):\n" + "".join(f"    {line}\n" for line in code.splitlines()))
    name_options_in_tests([*ast.walk(tree)])
    return [ast.unparse(node.test) for node in ast.walk(tree) if isinstance(node, ast.If)]


@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("e = module.params['engine']\nif e == 'x': pass", "module.params['engine'] == 'x'"),
        ("e = self.get_option('engine')\nif not e: pass", "not self.get_option('engine')"),
        ("e = p.get('engine')\nif e in ('a', 'b') and HAS_X: pass", "p.get('engine') in ('a', 'b') and HAS_X"),
        ("if e == 'x': pass\ne = module.params['engine']", "module.params['engine'] == 'x'"),
        ("e = module.params['engine']\ndef inner():\n    if e: pass", "module.params['engine']"),
        ("e = module.params['engine']\nfor one in two:\n    if e == one: pass", "module.params['engine'] == one"),
    ],
)
def test_the_option_takes_the_place_of_the_name(code: str, test: str) -> None:
    assert read_tests(code) == [test]


@pytest.mark.parametrize(
    "code",
    [
        "e = module.params['engine']\ne = e or 'x'\nif e == 'x': pass",
        "e = module.params['engine']\nfor e in two:\n    if e == 'x': pass",
        "e = module.params['engine']\ndef inner(e):\n    if e == 'x': pass",
        "kind = module.params['kind']\nif kind == 'x': pass",
        "e = module.params[engine]\nif e == 'x': pass",
        "e, f = module.params['engine'], 1\nif e == 'x': pass",
        "e = find('engine')\nif e == 'x': pass",
    ],
)
def test_a_name_with_another_value_is_no_option(code: str) -> None:
    assert read_tests(code) == [
        ast.unparse(node.test) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.If)
    ]
