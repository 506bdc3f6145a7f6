# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The facts of collections, of ansible-core and of projects' files in a store, an answer for each exact content.

What decides them is in the question: the content by its sha256 (in a project each fact has that of its file), the
ansible-core, this collection's own code and the Python that runs it. Other code or another content asks another
question. An answer has its sha256, so that a damaged one is none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.answers import AnswerCache

from ._deps.facts import OF_CORE, OF_PROJECT, read_facts
from ._deps.model import CollectionDirectory

#: A collection of which more is to be said is looked at each time.
MAX_BYTES = 16 << 20
#: What parses the files.
_PARSERS = ("findimports", "jinja2", "yaml")


class _Answer(TypedDict):
    facts: str
    sha256: str


class FactStore:
    """The facts that one analysis is given, and what it found. ``core`` and ``code`` say which they are."""

    def __init__(self, answers: AnswerCache, *, core: Any, code: Any) -> None:
        self._answers = answers
        self._decisive = {"core": core, "code": code, "python": sys.version, "parsers": [*map(_written, _PARSERS)]}
        self._asked: dict[str, Any] = {}

    def of_core(self) -> str:
        """What is known of ansible-core."""
        return self._known(OF_CORE, [])

    def of(self, directory: CollectionDirectory) -> str:
        """What is known of a collection; nothing of one whose content can change."""
        return self._known(directory.name, [directory.version, directory.sha256]) if directory.sha256 else ""

    def of_project(self, root: str, playbooks: Sequence[str]) -> str:
        """What is known of the files that an earlier analysis of these playbooks used, each by its content."""
        return self._known(OF_PROJECT, [root, *playbooks])

    def keep(self, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what was found, of those who were asked for and of no other, beside what is known by now.

        Of a project it replaces what was known: files change, and their former contents are of no use.
        """
        for name, facts in found.items():
            if name in self._asked and facts:
                known = {} if name == OF_PROJECT else read_facts(self._read(name))
                text = json.dumps({**known, **facts}, separators=(",", ":"))
                if len(text) <= MAX_BYTES:
                    self._answers.write(self._asked[name], {"facts": text, "sha256": _sha256(text)})

    def _known(self, name: str, content: Any) -> str:
        self._asked[name] = {"facts": name, "content": content, **self._decisive}
        return self._read(name)

    def _read(self, name: str) -> str:
        answer = self._answers.read(self._asked[name], _Answer)
        return answer["facts"] if answer is not None and _sha256(answer["facts"]) == answer["sha256"] else ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(module: str) -> list[Any]:
    """Where a module is, and when it was written there."""
    spec = importlib.util.find_spec(module)
    path = (spec.origin if spec is not None else None) or ""
    return [path, os.stat(path).st_mtime_ns if path else 0]
