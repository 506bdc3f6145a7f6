# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How an analysis takes collections from a source that has to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sources import SourceFinder


class Servers:
    """Knows two collections; ``acme.base`` comes along with ``acme.tools``. Notes what it is asked."""

    def __init__(self, *unmet: str) -> None:
        self.asked: list[list[str]] = []
        self._unmet = [*unmet]
        self._offered: list[str] = []

    def prepare(self, requests: Sequence[CollectionRequest], given: Sequence[Any] = ()) -> Sequence[CollectionRequest]:
        self.asked.append([f"{one.name}:{one.version}" for one in requests])
        if self._unmet:
            raise ResolutionError("not met", unmet=self._unmet)
        self._offered = ["acme.tools", "acme.base"]
        return requests

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        if name not in self._offered:
            return []
        return [CollectionCandidate(name, "1.0.0", {}, partial(CachedCollection, name, "1.0.0", "", "/x", {}, None))]


def finder(servers: Servers) -> SourceFinder:
    return SourceFinder(cast(CollectionSource, servers))


def test_what_came_along_is_not_asked_and_what_was_taken_stays() -> None:
    servers = Servers()
    find = finder(servers)
    assert [one.version if one else None for one in map(find, ["acme.tools", "acme.base"])] == ["1.0.0", "1.0.0"]
    assert servers.asked == [["acme.tools:*"]]
    assert find("acme.other") is None
    assert servers.asked[1:] == [["acme.tools:1.0.0", "acme.base:1.0.0", "acme.other:*"]]


def test_an_unknown_name_is_none_and_a_conflict_is_an_error() -> None:
    assert finder(Servers("acme.tools:*"))("acme.tools") is None
    with pytest.raises(ResolutionError):
        finder(Servers("acme.tools:*", "acme.base:<1"))("acme.tools")


def test_this_collection_is_never_asked_for() -> None:
    servers = Servers()
    own = finder(servers)("mobile_ansible.venv")
    assert own is not None and own.own
    assert servers.asked == []


class Versions(Servers):
    """Knows several versions of a collection, of which each requires its own version of another."""

    spec = "these"
    has: ClassVar[dict[str, dict[str, dict[str, str]]]] = {
        "acme.tools": {"1.0.0": {"acme.base": "<2"}, "2.0.0": {"acme.base": ">=2"}},
        "acme.base": {"1.5.0": {}, "2.5.0": {}, "3.5.0": {}},
    }

    def names(self) -> Sequence[str]:
        return list(self.has)

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        return [
            CollectionCandidate(name, version, needs, partial(CachedCollection, name, version, "", "/x", needs, None))
            for version, needs in self.has.get(name, {}).items()
        ]


@pytest.mark.parametrize(("versions", "tools", "base"), [("*", "2.0.0", "3.5.0"), ("<2", "1.0.0", "1.5.0")])
def test_a_collection_that_the_user_names_comes_with_what_goes_with_it(versions: str, tools: str, base: str) -> None:
    find = finder(Versions())
    assert find.asked(CollectionRequest("acme.tools", versions)).version == tools
    found = find("acme.base")
    assert found is not None and found.version == base


@pytest.mark.parametrize("name", ["acme.gone", "acme.tool"])
def test_a_collection_that_the_user_names_and_nobody_has_is_an_error(name: str) -> None:
    with pytest.raises(VenvError, match=f"The collection {name}, required by the request, is not in these"):
        finder(Versions()).asked(CollectionRequest(name))


def test_versions_that_nobody_has_are_an_error() -> None:
    with pytest.raises(ResolutionError, match="No version of acme.tools meets all requirements: >=3"):
        finder(Versions()).asked(CollectionRequest("acme.tools", ">=3"))


def test_this_collection_can_be_named() -> None:
    assert finder(Servers()).asked(CollectionRequest("mobile_ansible.venv")).own
