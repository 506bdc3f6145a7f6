# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is installed against what is declared."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.requirement_check import (
    Distribution,
    Installed,
    lacks,
    misfits,
    unmet_requirements,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._verify.samples import INSTALLED, declared


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("requests>=2", []),
        ("requests ; python_version < '3'", []),
        ("absent ; sys_platform == 'win32'", []),
        ("absent>=2", ["absent>=2 (/p/requirements.txt, line 1) is missing"]),
        (
            "urllib3<2",
            ["urllib3 2.0 is installed, but urllib3<2 (/p/requirements.txt, line 1) is required"],
        ),
        (
            "requests[socks]",
            ["pysocks!=1.5.7,>=1.5.6 ; extra == 'socks' (required by requests[socks]) is missing"],
        ),
        ("looping[a]", []),
    ],
)
def test_what_is_missing_or_does_not_fit(text: str, found: list[str]) -> None:
    assert misfits(declared(text), INSTALLED) == found


def test_a_constraint_counts_only_where_its_package_is_there() -> None:
    assert misfits(declared(constraints=("absent<2", "urllib3>=1")), INSTALLED) == []
    assert len(misfits(declared(constraints=("urllib3<2",)), INSTALLED)) == 1


def test_what_a_distribution_cannot_do_without() -> None:
    assert lacks("requests", INSTALLED) == []
    assert lacks("lacking", INSTALLED) == ["absent>=1 (required by lacking) is missing"]


MARKERS = {"python_version": "3.12"}


@pytest.mark.parametrize(
    ("requires", "asked", "overridden", "found"),
    [
        ({"a": ["b"], "b": []}, ["a"], [], []),
        ({"a": ["b>=1"]}, [], [], ["b>=1 (required by a) is missing"]),
        ({"a": ["b>=9"], "b": []}, [], [], ["b>=9 (required by a) is not 1"]),
        ({"a": []}, ["a>=2"], [], ["a>=2 is not 1"]),
        ({"a": []}, ["b"], [], ["b is missing"]),
        ({"a": []}, ["b ; python_version < '3'"], [], []),
        ({"a": ["b", "c"], "b": ["d"]}, [], [], ["c (required by a) is missing", "d (required by b) is missing"]),
        ({"a": ["b ; python_version < '3'"]}, [], [], []),
        ({"a": ["b ; extra == 'x'"]}, ["a"], [], []),
        ({"a": ["b ; extra == 'x'"]}, ["a[x]"], [], ["b ; extra == 'x' (required by a[x]) is missing"]),
        ({"a": ["b ; extra == 'X_y'"]}, ["a[x.Y]"], [], ["b ; extra == 'x-y' (required by a[x-y]) is missing"]),
        ({"a": ["b ; 'X_y' == extra and extra != 'x-Y'"]}, ["a[x-y]"], [], []),
        ({"a": ["c[x]"], "c": ["b; extra == 'x'"]}, [], [], ["b ; extra == 'x' (required by c[x]) is missing"]),
        ({"a": ["a[x] ; extra == 'x'"]}, ["a[x]"], [], []),
        ({"a": ["b"]}, ["c>=9"], ["b", "c"], []),
        ({"a": ["b>=9"], "b": []}, [], ["b"], []),
    ],
)
def test_what_is_required_and_not_met(
    requires: dict[str, list[str]], asked: list[str], overridden: list[str], found: list[str]
) -> None:
    installed = Installed({name: Distribution("1", tuple(lines)) for name, lines in requires.items()}, MARKERS)
    required = [parse_requirement(line, where="here") for line in asked]
    assert unmet_requirements(installed, required, overridden=overridden) == found
