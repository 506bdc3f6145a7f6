# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The names that ``first_found`` tries, in every spelling of ``plugins/lookup/first_found.py`` of ansible-core."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from .jinja import has_markers
from .names import short_name
from .yaml import Text, line_of

#: More names than anyone lists, and lists in lists.
MAX_NAMES = 1000
MAX_DEPTH = 10
#: Templates stay whole: Ansible splits what they become.
_PARTS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|.", re.S)


def is_first_found(lookup: Any) -> bool:
    """Whether a lookup is ``first_found``."""
    return isinstance(lookup, str) and short_name(lookup) == "first_found"


def first_found_names(
    terms: Any, options: Mapping[str, Any], meaning: Callable[[str], list[Any]] = lambda _text: []
) -> list[Text]:
    """The names in ``terms`` (texts, lists, mappings with ``files`` and ``paths``), with templates as they are.

    ``options`` are those beside the terms. ``meaning`` gives the values of a template, as far as they are known.
    """
    found = _Terms(options, meaning).names(terms or options.get("files"), 0)
    return list(dict.fromkeys(islice(found, MAX_NAMES)))


class _Terms:
    def __init__(self, options: Mapping[str, Any], meaning: Callable[[str], list[Any]]) -> None:
        self._meaning = meaning
        self._paths = options.get("paths")

    def names(self, term: Any, depth: int) -> Iterator[Text]:
        if depth > MAX_DEPTH:
            return
        if isinstance(term, Mapping):
            # A mapping sets the paths of what follows it, too.
            self._paths = term.get("paths")
            yield from self._in_paths(self._texts(term.get("files"), ",;", depth))
        elif isinstance(term, list):
            for item in term:
                yield from self.names(item, depth + 1)
        elif isinstance(term, str):
            inner = self._structures(term)
            if inner:
                yield from self.names(inner, depth + 1)
            else:
                yield from self._in_paths(_split(term, ",;"))

    def _structures(self, text: str) -> list[Any]:
        """The lists and mappings that a template stands for."""
        values = self._meaning(text) if has_markers(text) else []
        return [value for value in values if isinstance(value, (list, Mapping))]

    def _in_paths(self, files: list[Text]) -> Iterator[Text]:
        paths = self._texts(self._paths, ",:;", 0)
        for path in paths or [Text.at("", 1)]:
            yield from (Text.at(posixpath.join(path, name), line_of(name)) for name in files if name)

    def _texts(self, value: Any, splitters: str, depth: int) -> list[Text]:
        """A text or a list of them, each split as Ansible does."""
        if isinstance(value, str):
            inner = self._structures(value)
            return self._texts(inner, splitters, depth + 1) if inner else _split(value, splitters)
        if not isinstance(value, list) or depth > MAX_DEPTH:
            return []
        return [text for item in islice(value, MAX_NAMES) for text in self._texts(item, splitters, depth + 1)]


def _split(text: str, splitters: str) -> list[Text]:
    names = [""]
    for part in _PARTS.findall(text):
        if part in splitters:
            names.append("")
        else:
            names[-1] += part
    return [Text.at(name, line_of(text)) for name in names[:MAX_NAMES]]
