# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Names that expressions give: each is resolved by what it can be, after all of the project was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import Reference
from ..project.names import split_name
from ..project.scan import Findings, OpenName, is_template
from ..project.scope import ANY
from ..project.values import Values, collection_of
from .routing import Router


def settle(findings: Findings, values: Values, router: Router) -> None:
    """Turn the open names of ``findings`` into references; what stays open is told as dynamic."""
    settlement = _Settlement(findings, values, router)
    for one in tuple(findings.open_names):
        settlement.settle(one)


@dataclass(frozen=True)
class _Settlement:
    findings: Findings
    values: Values
    router: Router
    #: The plugins that fit, by kind, pattern and search list.
    candidates: dict[tuple[str, str, tuple[str, ...]], list[str]] = field(default_factory=dict)

    def settle(self, one: OpenName) -> None:
        patterns = self.values.patterns(one.expression, one.local)
        note, doubt, is_known = self.values.note, self.values.doubt, True
        for pattern in patterns:
            if ANY in pattern:
                self._by_pattern(pattern, one)
                is_known = False
            elif not self._by_name(pattern.strip(), one):
                is_known = False
        if not is_known:
            self.findings.unknown(one.shown, one.location, note or self.values.note)
        elif doubt:
            self.findings.unknown(one.shown, one.location, doubt)

    def _by_name(self, name: str, one: OpenName) -> bool:
        """Add a name; False for a short one that no plugin has: the variable may have it for another purpose."""
        if is_template(name) or (split_name(name) is None and not self._leads_somewhere(name, one)):
            return one.optional
        self.findings.name(one.kind, name, one.location, one.search, one.runs)
        return True

    def _by_pattern(self, pattern: str, one: OpenName) -> None:
        """Add the plugins that fit; the collection that the pattern begins with is required in any case."""
        collection = collection_of(pattern)
        if collection:
            self._require(collection, one)
        key = (one.kind, pattern, one.search)
        if key not in self.candidates:
            self.candidates[key] = self.router.candidates(*key)
        found = self.candidates[key]
        for name in found if self.values.spend(len(found)) else ():
            if self._leads_somewhere(name, one):
                self.findings.name(one.kind, name, one.location, one.search, one.runs)

    def _leads_somewhere(self, name: str, one: OpenName) -> bool:
        reference = Reference(one.kind, name, one.location, one.search)
        return any(found.plugin is not None for found in self.router.resolve_all(reference))

    def _require(self, collection: str, one: OpenName) -> None:
        if self.router.library.open(collection) is not None:
            self.findings.name("collection", collection, one.location)
        elif not self.router.is_core(collection):
            reason = f"the source of collections does not have {collection}"
            self.findings.missing(one.kind, collection, one.location, reason)
