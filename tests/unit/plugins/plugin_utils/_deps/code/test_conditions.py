# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What tests come to before a plugin runs."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.conditions import option_test, settled


def expression(text: str) -> ast.expr:
    """The tree of an expression."""
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("TYPE_CHECKING", False),
        ("not typing.TYPE_CHECKING", True),
        ("six.PY3", True),
        ("__name__ == '__main__'", True),
        ("sys.version_info >= (3, 8)", True),
        ("sys.version_info[:2] < (3, 9)", False),
        ("sys.version_info.major == 2", False),
        ("sys.version_info[1] > 5", None),
        ("sys.version_info > (3, 12)", None),
        ("(3, 0) < sys.version_info", None),
        ("sys.platform == 'linux'", True),
        ("'win' in sys.platform", False),
        ("sys.platform not in ('win32', 'cygwin')", True),
        ("platform.system().lower() == 'darwin'", False),
        ("platform.system() == wanted", None),
        ("platform.system() == 'Haiku'", None),
        ("os.uname()[0] == 'SunOS'", False),
        ("os.name == 'nt'", False),
        ("name == 'windows'", None),
        ("sys.platform.startswith('freebsd')", False),
        ("text.startswith('linux')", None),
        ("PY2 and x", False),
        ("PY3 or x", True),
        ("PY3 and x", None),
        ("x", None),
    ],
)
def test_the_common_system(test: str, expected: bool | None) -> None:
    assert settled(expression(test)) is expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("engine == 'x'", True),
        ("engine != 'x'", False),
        ("engine in ('a', 'x')", True),
        ("engine not in ['a']", True),
        ("not engine == 'x'", False),
        ("self.engine == 'y'", False),
        ("module.params['engine'] == 'x'", True),
        ("params.get('engine') == 'x'", True),
        ("self.get_option('engine') == 'y'", False),
        ("params['engine']", True),
        ("not params['empty']", True),
        ("params['empty'] is None", True),
        ("params['number'] == 1", True),
        ("params['flag'] == 1", False),
        ("params['flag'] is True", True),
        ("params['other']", None),
    ],
)
def test_an_option_that_nobody_sets(test: str, expected: bool | None) -> None:
    found = option_test(expression(test))
    defaults: dict[str, Any] = {"engine": "x", "empty": None, "number": 1, "flag": True}
    assert found is not None
    assert found.holds(defaults) is expected


@pytest.mark.parametrize("test", ["engine", "engine is None", "not engine", "engine == other", "engine > 'x'", "f(x)"])
def test_what_asks_for_no_option(test: str) -> None:
    assert option_test(expression(test)) is None
