# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requirements of many plugins as one list, and lines of documentation as requirements."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.documentation import Documented
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.match import merged


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
