# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One requirement: one spelling, and nothing that has no hash in an index. Nasty text ends quickly."""

from __future__ import annotations

import time

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import (
    normalise_name,
    parse_requirement,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("requests", "requests"),
        ("  Ruamel__.Yaml\t", "ruamel-yaml"),
        ("x >= 2, != 2.1 ,<3", "x!=2.1,<3,>=2"),
        ("x (>=1,<2)", "x<2,>=1"),
        ("x (>=1,<2) ; python_version < '3.12'", "x<2,>=1 ; python_version < '3.12'"),
        ("x()", "x"),
        ("x>=1,>=1", "x>=1"),
        ("x[B_a, a] ~= 1.0", "x[a,b-a]~=1.0"),
        ("x[]", "x"),
        ("x==1!2.0.post1.dev2+local.1", "x==1!2.0.post1.dev2+local.1"),
        ("x==1.*,!=1.5.*", "x!=1.5.*,==1.*"),
        ("x===whatever-1", "x===whatever-1"),
        ("x>=1.0RC1", "x>=1.0RC1"),
        ('x;python_version<"3.12"', "x ; python_version < '3.12'"),
        ("x ; ( sys_platform=='win32' or os.name == 'nt' )", "x ; (sys_platform == 'win32' or os_name == 'nt')"),
        ("x ; 'linux'  not  in sys_platform", "x ; 'linux' not in sys_platform"),
        ('x ; platform_version == "it\'s"', 'x ; platform_version == "it\'s"'),
        (
            "x ; extra == 'a' and (python_version > '3' or (os_name != ''))",
            "x ; extra == 'a' and (python_version > '3' or (os_name != ''))",
        ),
    ],
)
def test_a_requirement_has_one_spelling(text: str, expected: str) -> None:
    requirement = parse_requirement(text, where="here")
    assert str(requirement) == expected
    assert parse_requirement(expected, where="here") == requirement


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ""),
        ("-e .", ""),
        (".", ""),
        ("./x.whl", ""),
        ("x @ https://files.invalid/x.whl", ""),
        ("git+https://code.invalid/x", ""),
        ("x\nevil", ""),
        ("x y", "'y' is not a version specifier"),
        ("x>=", "'>=' is not a version specifier"),
        ("x>=1 <2", "is not a version specifier"),
        ("x==latest", "is not a version specifier"),
        ("x>=1.*", "is not a version specifier"),
        ("x=1", "is not a version specifier"),
        ("x,y", "is not a version specifier"),
        ("x[a b]", "'a b' is not a valid name of an extra"),
        ("x[../..]", "'../..' is not a valid name of an extra"),
        ("x;", "must consist of comparisons"),
        ("x ; true", "'true' is not a variable"),
        ("x ; '1' == '1'", "must consist of comparisons"),
        ("x ; python_version", "must consist of comparisons"),
        ("x ; python_version < '3' or", "must consist of comparisons"),
        ("x ; (python_version < '3'", "not closed"),
        ("x ; python_version < '3')", "does not end before ')'"),
        ("x ; python_version < '3", "cannot be read at"),
        ("x ; {{ lookup('pipe', 'id') }}", "cannot be read at"),
        ("ü", ""),
        ("x" * 5000, ""),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(InputError, match="^/p/r.txt, line 3: ") as caught:
        parse_requirement(text, where="/p/r.txt, line 3")
    assert reason in caught.value.message
    assert len(caught.value.message) < 600


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        parse_requirement("x @ git+https://me:s3cret@code.invalid/x", where="here")
    assert "s3cret" not in caught.value.message
    assert "code.invalid/x" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "x" + " " * 4000 + "!",
        "x" + "-" * 4000,
        "x>=1" + ".1" * 2000 + "!",
        "x==" + "1a" * 2000,
        "x ; " + "(" * 4000,
        "x[" + "a," * 2000,
        "x ; " + "python_version < '3' or " * 150,
    ],
)
def test_nasty_text_ends_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(InputError):
        parse_requirement(text, where="here")
    assert time.process_time() - started < 0.5


def test_names_are_compared_as_indexes_do() -> None:
    assert normalise_name("A__b.-C") == "a-b-c"
