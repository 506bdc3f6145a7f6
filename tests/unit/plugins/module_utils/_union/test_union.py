# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The resolver that is asked for a union: each question once, the index only where the cache does not tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.pylock import LockedPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.conflicts import Attempt
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.union import UvResolver
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._union.samples import project

if TYPE_CHECKING:
    from collections.abc import Sequence


class FakeUv:
    """Stands in for uv: notes what it is asked, and fails with the errors that it is given, offline and not."""

    def __init__(self, *, offline: ResolutionError | None = None, online: ResolutionError | None = None) -> None:
        self.errors = {True: offline, False: online}
        self.calls: list[tuple[Sequence[str], Sequence[str], bool]] = []

    def compile(
        self,
        requirements: Sequence[str],
        *,
        python: str,
        constraints: Sequence[str],
        overrides: Sequence[str],
        offline: bool,
    ) -> list[LockedPackage]:
        assert not overrides
        self.calls.append((list(requirements), list(constraints), offline))
        error = self.errors[offline]
        if error is not None:
            raise error
        return [LockedPackage(name, "1", "", "", "") for name in requirements]


UNREACHABLE = ResolutionError("no route", explanation="no route", unsatisfiable=False)

IMPOSSIBLE = ResolutionError("x", explanation="No solution found cause: Because x", unsatisfiable=True)


def resolver_of(uv: FakeUv) -> UvResolver:
    return UvResolver(uv, python="/usr/bin/python3")  # type: ignore[arg-type]  # a stand-in for uv


def test_each_set_of_demands_is_resolved_once() -> None:
    uv = FakeUv()
    resolver = resolver_of(uv)
    limit = replace(project("b", ("y", "<2")).requirements[0], constraint=True)
    demands = [*project("a", ("x", ""), ("w", "")).declared, limit]
    for order in (demands, demands[::-1], [*demands, *demands]):
        assert resolver.resolve(order) == resolver.attempt(order) == Attempt(frozenset("wx"))
    assert uv.calls == [(["w", "x"], ["y<2"], False)]
    assert resolver.attempt([limit]).packages == frozenset()
    assert len(uv.calls) == 1


@pytest.mark.parametrize(
    ("uv", "asked", "expected"),
    [
        (FakeUv(), [True], Attempt(frozenset("x"))),
        (FakeUv(offline=IMPOSSIBLE), [True], Attempt(None, "Because x")),
        (FakeUv(offline=UNREACHABLE), [True, False], Attempt(frozenset("x"))),
        (FakeUv(offline=UNREACHABLE, online=IMPOSSIBLE), [True, False], Attempt(None, "Because x")),
    ],
)
def test_the_index_is_asked_where_what_was_fetched_does_not_tell(
    uv: FakeUv, asked: list[bool], expected: Attempt
) -> None:
    assert resolver_of(uv).attempt(project("a", ("x", "")).declared) == expected
    assert [offline for _lines, _limits, offline in uv.calls] == asked


def test_an_index_that_cannot_be_read_is_no_conflict() -> None:
    demands = project("a", ("x", "")).declared
    resolver = resolver_of(FakeUv(offline=UNREACHABLE, online=UNREACHABLE))
    for ask in (resolver.resolve, resolver.attempt):
        with pytest.raises(ResolutionError, match="no route"):
            ask(demands)
