# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Versions and clauses mean what they mean to ``packaging``, which comes with every pytest."""

from __future__ import annotations

from itertools import product

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.version import (
    Version,
    allows,
    normalise_versions,
)

# fmt: off
VERSIONS = [
    "0.9", "1.0", "1", "1.0.0", "1.0.1", "1.1", "2.0", "10.0", "1!0.5", "1.0a1", "1.0a2", "1.0b1", "1.0rc1",
    "1.0.dev1", "1.0.dev2", "1.0a1.dev3", "1.0.post1", "1.0.post2", "1.0.post1.dev1", "1.0+local.1", "1.0+local.2",
    "1.0+7", "1.0.post1+local", "1.0.1a1", "v1.0", "1.0-1", "1.0ALPHA1", "2024.10.2",
]

# fmt: on
OPERATORS = ("==", "!=", "<=", ">=", "<", ">")


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_clause_means_what_packaging_says(operator: str) -> None:
    bounds = [bound for bound in VERSIONS if "+" not in bound or operator in ("==", "!=")]
    for bound, version in product(bounds, VERSIONS):
        clause = f"{operator}{bound}"
        assert allows(clause, version) == SpecifierSet(clause).contains(version, prereleases=True), (clause, version)


@pytest.mark.parametrize("clause", ["~=1.0", "~=1.0.1", "~=2.0", "==1.*", "==1.0.*", "!=1.0.*", "==2024.*", "<2,>=1"])
def test_every_family_means_what_packaging_says(clause: str) -> None:
    for version in VERSIONS:
        assert allows(clause, version) == SpecifierSet(clause).contains(version, prereleases=True), version


CLAUSES = [
    "",
    ">=1",
    ">= 1 , <2",
    "==1.*",
    "!=1.0.*",
    "~=1.0",
    "~=1",
    "==1.0+local",
    "===any-thing",
    "==1!2.0.post1.dev2",
    ">=1.*",
    "<1.0.*",
    "=1",
    "1",
    ">=",
    "==x",
    ">=1.0RC1",
    "~=2!1.0",
    "==1..0",
    ">=1 <2",
    "=>1",
    "==1.0.0.0.0",
    ">=\u0661",
]


@pytest.mark.parametrize("clause", CLAUSES)
def test_what_packaging_takes_for_clauses_is_taken(clause: str) -> None:
    try:
        expected = {(one.operator, one.version) for one in SpecifierSet(clause)}
    except InvalidSpecifier:
        with pytest.raises(ValueError, match="is not a version specifier"):
            normalise_versions(clause)
        return
    assert {(one.operator, one.version) for one in SpecifierSet(normalise_versions(clause))} == expected


def test_versions_have_the_order_of_their_keys() -> None:
    ordered = ["1.0.dev1", "1.0a1.dev3", "1.0a1", "1.0b1", "1.0rc1", "1.0", "1.0+local", "1.0+7", "1.0.post1", "1.0.1"]
    assert sorted(set(ordered), key=lambda text: Version(text).key()) == ordered


@pytest.mark.parametrize(
    ("clause", "version", "allowed"),
    [
        ("===1.0-custom", "1.0-custom", True),
        ("==1.0", "1.0-custom", False),
        ("", "anything", True),
        ("~~1", "1", False),
    ],
)
def test_what_is_no_version_fits_only_itself(clause: str, version: str, allowed: bool) -> None:
    assert allows(clause, version) == allowed
