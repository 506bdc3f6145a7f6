# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Known names: the same as those that the parser finds, which a later analysis does not ask."""

from __future__ import annotations

import json
from typing import Any

import jinja2
import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.facts import KnownFacts
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.jinja import (
    JinjaError,
    JinjaName,
    names_in_expression,
    names_in_template,
    names_in_text,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.known_names import KnownNames

TEXT = "{{ x | a.b.c }}\n{{ lookup('template', 'x.j2', variable_start_string='[[') }}"
EXPRESSION = "x is a.b.odd and '{{' not in y | string"
TEMPLATE = "[[ x | a.b.c ]]\n{% include 'other.j2' %}"
DELIMITERS = {"variable_start_string": "[[", "variable_end_string": "]]"}
#: An expression names the filter.
OPEN = "{{ x | map(f) }}"


def _all(names: KnownNames) -> list[tuple[JinjaName, ...]]:
    return [names.in_text(TEXT), names.in_expression(EXPRESSION), names.in_template(TEMPLATE, DELIMITERS)]


def _later(facts: KnownFacts) -> KnownFacts:
    """The facts as a later analysis gets them."""
    return KnownFacts(json.dumps(facts.found))


def test_they_are_what_the_parser_finds_and_are_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = [names_in_text(TEXT), names_in_expression(EXPRESSION), names_in_template(TEMPLATE, DELIMITERS)]
    first = KnownFacts()
    assert _all(KnownNames(first)) == parsed == _all(KnownNames())
    assert [one.options for one in parsed[0] if one.kind == "template"] == [(("variable_start_string", "[["),)]

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise AssertionError("it is parsed again")

    later = _later(first)
    monkeypatch.setattr("jinja2.parser.Parser.subparse", fail)
    monkeypatch.setattr(jinja2.Environment, "lex", fail)
    assert _all(KnownNames(later)) == parsed
    assert later.found == json.loads(json.dumps(first.found)), "what is used is kept for the next analysis"
    with pytest.raises(AssertionError, match="parsed again"):
        KnownNames(later).in_text(TEXT + " ")


def test_a_text_is_another_one_with_other_delimiters_and_as_an_expression() -> None:
    names = KnownNames()
    assert [one.name for one in names.in_template(TEMPLATE, {})] == ["other.j2"]
    assert [one.name for one in names.in_template(TEMPLATE, DELIMITERS)] == ["other.j2", "a.b.c"]
    bare = "x | a.b.c"
    assert not names.in_text(bare)
    assert [one.name for one in names.in_expression(bare)] == ["a.b.c"]


def test_a_name_that_an_expression_gives_has_its_expression_in_each_run() -> None:
    first = KnownFacts()
    KnownNames(first).in_text(OPEN)
    assert not first.found
    assert [one.name for one in KnownNames(_later(first)).in_text(OPEN) if one.expression is None] == ["map"]
    assert [one.expression for one in KnownNames(_later(first)).in_text(OPEN) if one.expression is not None]


def test_what_does_not_parse_is_said_each_time() -> None:
    names = KnownNames()
    for _time in range(2):
        with pytest.raises(JinjaError):
            names.in_text("{{ x | }}")
