# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requirements of many plugins as one list, and lines of documentation as requirements."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.declared import (
    CollectionRequirement,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.documentation import Documented
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.known_imports import KNOWN_IMPORTS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.match import (
    Sources,
    distribution_of,
    merged,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["six>=1", "Six < 2", "six>=1"], ["six<2,>=1"]),
        (["six (>=1)", "six"], ["six>=1"]),
        (["six[b, a]>=1", "six"], ["six", "six[a,b]>=1"]),
        (["six; python_version<'3.10'", "six"], ["six", 'six; python_version < "3.10"']),
        (["zope.interface", "zope_interface>=5"], ["zope-interface>=5"]),
        (["not a requirement"], []),
    ],
)
def test_ranges_of_a_distribution_are_joined(given: list[str], expected: list[str]) -> None:
    assert merged(given) == expected


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("lxml >= 2.3.0", "lxml>=2.3.0"),
        ("lxml (>=2.3.0).", "lxml>=2.3.0"),
        ("LXML", "LXML"),
        ("lxml[html]>=2", "lxml>=2"),
        ("the Python library lxml >= 1.0.2. Install it", "lxml>=1.0.2"),
        ("lxml>=1 <2", "lxml"),
        ("lxml-tools", None),
        ("libxml", None),
    ],
)
def test_a_line_of_documentation_says_which_distribution(text: str, requirement: str | None) -> None:
    assert Documented(text).requirement(frozenset({"lxml"})) == requirement


@pytest.mark.parametrize("name", KNOWN_IMPORTS)
def test_no_row_of_the_table_beats_what_the_collection_declares(name: str) -> None:
    top = name.partition(".")[0]
    for declared in (top, f"python-{top}", f"{top}-python", name.replace(".", "-"), KNOWN_IMPORTS[name].distribution):
        line = CollectionRequirement(re.sub(r"[-_.]+", "-", declared.partition("[")[0]).lower(), f"{declared}>=0.1")
        match = distribution_of(f"{name}.inner", Sources(declared=(line,), hints=(name,)))
        if declared:
            assert match is not None
            expected = (line.text, *KNOWN_IMPORTS[name].undeclared)
            assert (match.requirements, match.layer) == (expected, "declared")


def test_the_name_of_the_table_comes_first_among_those_that_are_declared() -> None:
    lines = (CollectionRequirement("jwt", "jwt"), CollectionRequirement("pyjwt", "PyJWT>=2"))
    match = distribution_of("jwt", Sources(declared=lines))
    assert match is not None
    assert match.requirements == ("PyJWT>=2",)


@pytest.mark.parametrize(
    ("sources", "requirement"),
    [
        (Sources(), "setuptools<82"),
        (Sources(documented=(Documented("setuptools"),)), "setuptools<82"),
        (Sources(hints=("setuptools",)), "setuptools<82"),
        (Sources(documented=(Documented("setuptools >= 40"),)), "setuptools>=40"),
        (Sources((CollectionRequirement("setuptools", "setuptools"),)), "setuptools"),
    ],
)
def test_an_import_that_newer_releases_do_not_have_any_more(sources: Sources, requirement: str) -> None:
    """setuptools 82 has no pkg_resources; what somebody writes about versions is above the table."""
    match = distribution_of("pkg_resources", sources)
    assert match is not None and match.requirements == (requirement,)
