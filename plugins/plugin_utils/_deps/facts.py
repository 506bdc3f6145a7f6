# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Facts about one exact content, of a collection, of ansible-core or of a text: found once, known to later analyses.

They follow from it and from the code that reads it, and from nothing else of a project. Who analyses has them as
data and says which new ones were found; ``_fact_store`` keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import conforms

#: The owner of the facts of ansible-core; others are named as their collections.
OF_CORE = "ansible-core"
#: The owner of the facts about code and texts of the project, each by the sha256 of its content.
OF_PROJECT = "the project"


def read_facts(text: str) -> dict[str, Any]:
    """The facts in a text; none in one that is something else."""
    try:
        facts = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


class KnownFacts:
    """Plain data by name: those ``known`` as text of JSON, and the ``found`` ones, which are new."""

    def __init__(self, known: str = "") -> None:
        self._known = read_facts(known)
        self.found: dict[str, Any] = {}

    def get(self, name: str, kind: Any) -> Any:
        """The fact, if there is one of the type ``kind``; else None."""
        value = self.found.get(name, self._known.get(name))
        return value if value is not None and conforms(value, kind) else None

    def add(self, name: str, value: Any) -> None:
        """Note what was found, which has to be plain data."""
        self.found[name] = value

    def noted(self, name: str, kind: Any, find: Callable[[], Any]) -> Any:
        """The fact, which ``find`` finds where it is not known."""
        value = self.get(name, kind)
        if value is None:
            value = find()
            self.add(name, value)
        return value
