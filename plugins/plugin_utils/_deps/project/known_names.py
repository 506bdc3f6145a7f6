# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The names in Jinja as facts about their texts, so that a text that does not change is parsed once for all runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from ..facts import KnownFacts
from .jinja import JinjaName, has_no_names, names_in_expression, names_in_template, names_in_text


class KnownNames:
    """Reads texts for names, each once; all methods raise :class:`JinjaError` for what does not parse.

    A text in which an expression gives a name is parsed in each run, because the value of the expression is needed.
    """

    def __init__(self, facts: KnownFacts | None = None) -> None:
        self._facts = facts if facts is not None else KnownFacts()
        self._read: dict[tuple[str, str], tuple[JinjaName, ...]] = {}

    def in_text(self, text: str) -> tuple[JinjaName, ...]:
        """As :func:`names_in_text`."""
        return () if has_no_names(text) else self._known("text", text, names_in_text)

    def in_expression(self, text: str) -> tuple[JinjaName, ...]:
        """As :func:`names_in_expression`."""
        return self._known("expression", text, names_in_expression)

    def in_template(self, text: str, delimiters: dict[str, str]) -> tuple[JinjaName, ...]:
        """As :func:`names_in_template`."""
        form = f"template {json.dumps(delimiters, sort_keys=True)}"
        return self._known(form, text, lambda text: names_in_template(text, delimiters))

    def _known(self, form: str, text: str, find: Callable[[str], tuple[JinjaName, ...]]) -> tuple[JinjaName, ...]:
        names = self._read.get((form, text))
        if names is None:
            names = self._read[form, text] = self._fact(form, text, find)
        return names

    def _fact(self, form: str, text: str, find: Callable[[str], tuple[JinjaName, ...]]) -> tuple[JinjaName, ...]:
        name = hashlib.sha256(f"{form}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
        fact: list[Any] | None = self._facts.get(name, list[Any])
        if fact is None:
            names = find(text)
            if any(one.expression is not None for one in names):
                return names
            fact = [[one.kind, one.name, one.line, one.options, one.is_rendered] for one in names]
        self._facts.add(name, fact)
        return tuple(_name(*one) for one in fact)


def _name(kind: str, name: str, line: int, options: list[list[str]], is_rendered: bool) -> JinjaName:
    return JinjaName(kind, name, line, options=tuple((key, value) for key, value in options), is_rendered=is_rendered)
