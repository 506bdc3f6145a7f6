# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How an analysis takes collections from a source that has to be asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    by_name,
    parse_requests,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    ResolutionError,
    SourceError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionEntry, FileLocation
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sources import SourceFinder, TogetherError


class Servers:
    """Knows two collections; ``acme.base`` comes along with ``acme.tools``. Notes what it is asked."""

    spec = "the servers"

    def __init__(self, *unmet: str) -> None:
        self.asked: list[list[str]] = []
        self.unmet = [*unmet]
        self._offered: list[str] = []

    def prepare(self, requests: Sequence[CollectionRequest], given: Sequence[Any] = ()) -> Sequence[CollectionRequest]:
        self.asked.append([f"{one.name}:{one.version}" for one in requests])
        if self.unmet:
            raise ResolutionError("not met", unmet=self.unmet)
        self._offered = ["acme.tools", "acme.base"]
        return requests

    def names(self) -> Sequence[str]:
        return self._offered

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


class Shelf:
    """A source with several versions of collections, which knows names only."""

    spec = "the shelf"
    builder: Any = None

    def __init__(self, **versions: str) -> None:
        self._versions = {name.replace("_", ".", 1): text.split() for name, text in versions.items()}

    def prepare(self, requests: Sequence[CollectionRequest], given: Sequence[Any] = ()) -> Sequence[CollectionRequest]:
        return by_name(requests, self.spec)

    def names(self) -> Sequence[str]:
        return sorted(self._versions)

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        return [
            CollectionCandidate(name, one, {}, partial(CachedCollection, name, one, "", "/x", {}, None))
            for one in self._versions.get(name, ())
        ]


def declaring(*values: object, source: object = None) -> SourceFinder:
    found = SourceFinder(cast(CollectionSource, source or Shelf(acme_tools="1.0.0 2.0.0 3.0.0 4.0.0-rc.1")))
    found.declare(
        [
            CollectionEntry(
                value if isinstance(value, dict) else {"name": value}, FileLocation("requirements.yml", line)
            )
            for line, value in enumerate(values, start=2)
        ]
    )
    return found


def tools(version: str, **more: str) -> dict[str, str]:
    return {"name": "acme.tools", "version": version, **more}


@pytest.mark.parametrize(
    ("entries", "version"),
    [
        ([], "3.0.0"),
        (["acme.tools"], "3.0.0"),
        ([tools("1.0.0")], "1.0.0"),
        ([tools("==2.0.0")], "2.0.0"),
        ([tools(">=1.0.0,<3")], "2.0.0"),
        ([tools("!=3.0.0")], "2.0.0"),
        ([tools("4.0.0-rc.1")], "4.0.0-rc.1"),
        ([tools(">=2"), tools("<3")], "2.0.0"),
        ([tools("<3"), "acme.tools", "acme.unused"], "2.0.0"),
        (["acme.unused", tools("2", type="galaxy")], "2.0.0"),
    ],
)
def test_the_highest_version_that_all_entries_allow_is_taken(entries: list[object], version: str) -> None:
    found = declaring(*entries)("acme.tools")
    assert found is not None and found.version == version
    assert found.origin.get("version", version) == version


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (["acme.base", tools("9.9.9")], ["requirements.yml, line 3", "9.9.9", "the shelf has 1.0.0, 2.0.0, 3.0.0"]),
        ([tools("<2"), tools(">2")], ["requirements.yml, line 2 and requirements.yml, line 3", "<2,>2", "the shelf"]),
        ([tools(">=4.0.0-rc.1")], ["line 2", "a pre-release must be required exactly"]),
        ([tools("latest")], ["line 2", "'latest'"]),
        (
            [{"name": "acme.tools", "source": "my_hub"}],
            ["line 2", "the shelf cannot use", "collections_source to galaxy"],
        ),
        (
            [{"name": "acme.tools", "type": "git", "source": "https://example.invalid/x.git"}],
            ["line 2", "the shelf cannot use"],
        ),
        (
            [{"name": "acme.tools", "type": kind, "source": "https://example.invalid/x"} for kind in ("git", "url")],
            ["line 2", "line 3", "two places"],
        ),
    ],
)
def test_what_cannot_be_met_is_an_error_with_its_line(entries: list[object], said: list[str]) -> None:
    find = declaring(*entries)
    with pytest.raises(VenvError) as caught:
        find("acme.tools")
    for text in said:
        assert text in caught.value.message
    assert caught.value.context["file"] == "requirements.yml"


def test_an_address_without_a_name_counts_where_the_source_does_not_have_the_name() -> None:
    find = declaring("git+https://example.invalid/x.git")
    assert find("acme.tools") is not None
    with pytest.raises(InputError, match="requirements.yml, line 2: .*the shelf cannot use"):
        find("acme.absent")


def test_a_name_that_is_declared_and_not_there_is_none() -> None:
    assert declaring("acme.absent")("acme.absent") is None


def test_a_wrong_entry_counts_for_what_no_other_entry_names() -> None:
    find = declaring("acme.tools", "acme/tools")
    assert find("acme.tools") is not None
    with pytest.raises(InputError, match="requirements.yml, line 3: .*acme/tools"):
        find("acme.base")


def test_an_entry_with_a_path_that_is_outside_counts_for_its_collection_only() -> None:
    find = declaring()
    fields = {"name": "acme.base", "type": "dir", "source": "../out"}
    find.declare([CollectionEntry(fields, FileLocation("requirements.yml", 2), "../out: it is outside")])
    assert find("acme.tools") is not None
    with pytest.raises(InputError, match=r"requirements.yml, line 2: .*\.\./out: it is outside"):
        find("acme.base")


def test_a_wrong_entry_with_a_name_counts_for_that_collection_only() -> None:
    find = declaring({"name": "acme.base", "version": "latest"})
    assert find("acme.tools") is not None
    with pytest.raises(InputError, match="requirements.yml, line 2: .*latest"):
        find("acme.base")


def test_versions_that_came_along_and_are_not_allowed_are_asked_for_anew() -> None:
    servers = Servers()
    find = declaring({"name": "acme.base", "version": "<1"}, source=servers)
    find("acme.tools")
    with pytest.raises(ResolutionError, match="requirements.yml, line 2: .*<1"):
        find("acme.base")
    assert servers.asked == [["acme.tools:*"], ["acme.tools:1.0.0", "acme.base:<1"]]


def test_a_server_and_signatures_are_told_and_stay_in_the_profile() -> None:
    servers = Servers()
    entry = {"name": "acme.base", "source": "my_hub", "signatures": ["https://example.invalid/x.asc"]}
    find = declaring(entry, source=servers)
    assert find("acme.tools") is not None
    found = find("acme.base")
    assert servers.asked == [["acme.tools:*"], ["acme.tools:1.0.0", "acme.base:*"]]
    assert found is not None
    profile = {"name": found.name, "version": found.version, **found.origin}
    assert profile == {**entry, "version": "1.0.0"}
    assert parse_requests([profile])[0].needs_galaxy
    find("acme.other")
    assert servers.asked[2] == ["acme.tools:1.0.0", "acme.other:*"]


def test_a_git_repository_keeps_the_reference_that_was_declared() -> None:
    entry = {"name": "acme.tools", "type": "git", "source": "https://example.invalid/x.git", "version": "main"}
    found = declaring(entry, source=Servers())("acme.tools")
    assert found is not None and found.version == "1.0.0"
    assert {"name": found.name, **found.origin} == entry


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("kind", ["dir", "subdirs"])
def test_a_collection_in_the_project_goes_before_the_source(tmp_path: Path, kind: str, is_named: bool) -> None:
    path = write_installed(tmp_path / "acme" / "tools", "acme.tools", "0.5.0")
    source = Shelf(acme_tools="1.0.0")
    source.builder = SimpleNamespace(cache=SimpleNamespace(add=as_cached))
    place = str(path if kind == "dir" else path.parent)
    entry = {"name": "acme.tools", "source": place} if is_named and kind == "dir" else {"name": place}
    found = declaring({**entry, "type": kind}, source=source)("acme.tools")
    assert found is not None and found.version == "0.5.0"
    assert found.origin == {"type": "dir", "source": str(path), "version": "0.5.0"}
    with pytest.raises(ResolutionError, match=r"requirements.yml, line 2: .*>=1 .*the entry with its path has 0\.5\.0"):
        declaring({**entry, "type": kind, "version": ">=1"}, source=source)("acme.tools")


def test_a_path_with_another_collection_is_an_error(tmp_path: Path) -> None:
    path = write_installed(tmp_path / "acme" / "tools", "acme.tools", "0.5.0")
    find = declaring({"name": "acme.other", "type": "dir", "source": str(path)})
    with pytest.raises(SourceError, match=r"requirements.yml, line 2: .*is acme\.tools, not acme\.other"):
        find("acme.other")


def write_installed(path: Path, name: str, version: str) -> Path:
    path.mkdir(parents=True)
    namespace, short = name.split(".")
    information = {"namespace": namespace, "name": short, "version": version, "dependencies": {}}
    files = json.dumps({"format": 1, "files": [{"name": ".", "ftype": "dir", "format": 1}]})
    digest = hashlib.sha256(files.encode()).hexdigest()
    manifest = {"name": "FILES.json", "ftype": "file", "chksum_type": "sha256", "chksum_sha256": digest, "format": 1}
    (path / "FILES.json").write_text(files)
    (path / "MANIFEST.json").write_text(
        json.dumps({"collection_info": information, "file_manifest_file": manifest, "format": 1})
    )
    return path


def as_cached(collection: Any) -> CachedCollection:
    return CachedCollection(collection.name, collection.version, "", "/x", {}, None)


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


@pytest.mark.parametrize("places", [{"acme.tools": ""}, {"acme.tools": "#/tools", "acme.base": "#/base"}, {}])
def test_an_address_without_a_name_says_which_collections_it_is(places: dict[str, str]) -> None:
    """A repository can hold several."""
    servers, url, commit = Servers(), "git+https://example.invalid/x.git", "c" * 40
    plain = servers.candidates

    def located(name: str) -> list[CollectionCandidate]:
        origin = {"type": "git", "source": f"{url}{places.get(name)}", "version": commit}
        return [
            replace(one, take=partial(replace, one.take(), origin=origin if name in places else {}))
            for one in plain(name)
        ]

    servers.candidates = located  # type: ignore[method-assign]  # with where they are from
    find = declaring({"name": url, "type": "git", "version": "v1"}, source=servers)
    if not places:
        with pytest.raises(SourceError, match="requirements.yml, line 2: .*add its name to the entry"):
            find("acme.tools")
    for name, place in places.items():
        found = find(name)
        assert found is not None
        assert found.origin == {"type": "git", "source": f"{url}{place}", "version": commit}


def joint(*entries: CollectionEntry, servers: Servers) -> SourceFinder:
    find = SourceFinder(cast(CollectionSource, servers), is_joint=True)
    find.declare(entries)
    return find


AT = FileLocation("requirements.yml", 2)


def test_all_that_is_declared_is_asked_for_together_once_something_is_used() -> None:
    servers = Servers()
    find = joint(
        CollectionEntry({"name": "acme.tools", "version": "<2"}, AT),
        CollectionEntry({"name": "acme.own", "version": "<2"}, AT, is_local=True),
        CollectionEntry({"name": "mobile_ansible.venv"}, AT),
        servers=servers,
    )
    assert servers.asked == []
    base = find("acme.base")
    assert base is not None and base.version == "1.0.0", "it came along"
    assert servers.asked == [["acme.tools:<2"]]
    assert list(find.taken) == ["acme.base"]


def test_what_is_declared_with_an_address_is_asked_for_once() -> None:
    servers = Servers()
    entry = {"name": "acme.tools", "type": "git", "source": "https://x.org/t.git"}
    find = joint(CollectionEntry(entry, AT), servers=servers)
    assert find("acme.tools") is not None
    assert servers.asked == [["acme.tools:*"]]


def test_declared_collections_that_cannot_be_had_together_do_not_lose_those_in_use() -> None:
    servers = Servers("acme.gone:*")
    find = joint(
        CollectionEntry({"name": "acme.tools", "version": "<2"}, AT),
        CollectionEntry({"name": "acme.gone"}, AT),
        servers=servers,
    )
    plain = servers.prepare

    def prepare(requests: Sequence[CollectionRequest], given: Sequence[Any] = ()) -> Sequence[CollectionRequest]:
        servers.unmet = ["acme.gone:*"] if any(one.name == "acme.gone" for one in requests) else []
        return plain(requests, given)

    servers.prepare = prepare  # type: ignore[method-assign]  # refuses one of them
    assert find("acme.tools") is not None
    assert find.problem == "not met"
    assert servers.asked == [["acme.tools:<2", "acme.gone:*"], ["acme.tools:<2"]]


def test_what_excludes_a_later_one_is_asked_for_again_together() -> None:
    servers = Servers()
    find = declaring({"name": "acme.other", "version": "<1"}, source=servers)
    find("acme.tools")
    servers.unmet = ["acme.other:<1", "acme.other:>=1"]
    with pytest.raises(TogetherError) as caught:
        find("acme.other")
    assert caught.value.names == ("acme.tools", "acme.other")
    again = Servers(*servers.unmet)
    find = SourceFinder(cast(CollectionSource, again), together=caught.value.names)
    find.declare([CollectionEntry({"name": "acme.other", "version": "<1"}, FileLocation("requirements.yml", 7))])
    with pytest.raises(ResolutionError, match="requirements.yml, line 7: "):
        find("acme.tools")
    assert again.asked == [["acme.tools:*", "acme.other:<1"]]
