# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Choosing versions: closures, conflicts that name everybody, and names that nobody has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.local import LocalSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    by_name,
    parse_requests,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import check_core, resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import CollectionCandidate
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    ResolutionError,
    SourceError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    builder,
    built,
    write_directory,
    write_tarball,
)


class Shelf:
    """A source made of a table: name → version → dependencies. Notes what is taken from it."""

    spec = "the shelf"

    def __init__(self, table: Mapping[str, Mapping[str, Mapping[str, str]]], *, store: Path) -> None:
        self.builder = builder(Store(str(store)))
        self.taken: list[str] = []
        self._table = table

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        return by_name(requests, self.spec)

    def names(self) -> Sequence[str]:
        return sorted(self._table)

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        return [
            CollectionCandidate(name, version, dependencies, partial(self._take, name, version, dependencies))
            for version, dependencies in self._table.get(name, {}).items()
        ]

    def core_requirement(self) -> str | None:
        return None

    def _take(self, name: str, version: str, dependencies: Mapping[str, str]) -> CachedCollection:
        self.taken.append(f"{name} {version}")
        return CachedCollection(name, version, "0" * 64, "/", dependencies, None)


TABLE: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "acme.base": {"1.0.0": {}, "1.5.0": {}, "2.0.0": {}, "3.0.0-beta.1": {}},
    "acme.tools": {"1.0.0": {"acme.base": ">=1.0.0"}},
    "acme.old": {"1.0.0": {"acme.base": "<2.0.0"}},
    "acme.new": {"1.0.0": {"acme.base": ">=2.0.0"}},
    "acme.beta": {"0.1.0-b.1": {}, "0.1.0-b.2": {}},
    "acme.pinning": {"1.0.0": {"acme.base": "==3.0.0-beta.1"}},
    "acme.ring": {"1.0.0": {"acme.round": "*"}},
    "acme.round": {"1.0.0": {"acme.ring": ">=1.0.0"}},
    # The highest version cannot be had together with acme.old.
    "acme.moving": {"1.0.0": {"acme.base": "*"}, "2.0.0": {"acme.base": ">=2.0.0"}},
    "acme.broken": {"1.0.0": {"acme.bace": "*"}},
}


def chosen(entries: Sequence[object], store: Path) -> list[str]:
    return [f"{one.name} {one.version}" for one in resolve(parse_requests(entries), Shelf(TABLE, store=store))]


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        ([], []),
        (["acme.base"], ["acme.base 2.0.0"]),
        (["acme.base", "acme.base"], ["acme.base 2.0.0"]),
        (["acme.base:<2"], ["acme.base 1.5.0"]),
        (["acme.base:1.0.0"], ["acme.base 1.0.0"]),
        (["acme.tools"], ["acme.base 2.0.0", "acme.tools 1.0.0"]),
        (["acme.tools", "acme.old"], ["acme.base 1.5.0", "acme.old 1.0.0", "acme.tools 1.0.0"]),
        (["acme.tools", "acme.base:!=2.0.0"], ["acme.base 1.5.0", "acme.tools 1.0.0"]),
        (["acme.ring"], ["acme.ring 1.0.0", "acme.round 1.0.0"]),
        (["acme.moving", "acme.old"], ["acme.base 1.5.0", "acme.moving 1.0.0", "acme.old 1.0.0"]),
        (["acme.moving"], ["acme.base 2.0.0", "acme.moving 2.0.0"]),
        (["acme.beta"], ["acme.beta 0.1.0-b.2"]),
        (["acme.base:3.0.0-beta.1"], ["acme.base 3.0.0-beta.1"]),
        (["acme.base:>=1", "acme.pinning"], ["acme.base 3.0.0-beta.1", "acme.pinning 1.0.0"]),
    ],
)
def test_what_is_chosen(tmp_path: Path, entries: list[object], wanted: list[str]) -> None:
    assert chosen(entries, tmp_path) == wanted


def test_nothing_but_the_chosen_is_taken(tmp_path: Path) -> None:
    shelf = Shelf(TABLE, store=tmp_path)
    resolve([CollectionRequest("acme.moving"), CollectionRequest("acme.old")], shelf)
    assert shelf.taken == ["acme.base 1.5.0", "acme.moving 1.0.0", "acme.old 1.0.0"]


def test_a_conflict_names_everybody_and_their_ranges(tmp_path: Path) -> None:
    with pytest.raises(ResolutionError) as caught:
        chosen(["acme.old", "acme.new", "acme.base:!=1.0.0"], tmp_path)
    assert caught.value.message == (
        "No version of acme.base meets all requirements: !=1.0.0 by the request, <2.0.0 by acme.old 1.0.0 and "
        ">=2.0.0 by acme.new 1.0.0; the shelf has 1.0.0, 1.5.0, 2.0.0, 3.0.0-beta.1. Change one of these "
        "requirements, or choose another collections_source (a pre-release must be required exactly)"
    )
    assert caught.value.context["collection"] == "acme.base"
    assert {"by": "acme.old 1.0.0", "version": "<2.0.0"} in caught.value.context["requirements"]


@pytest.mark.parametrize("entry", ["acme.base:>=3", "acme.base:>2.0.0", "acme.base:9.9.9"])
def test_a_range_that_nothing_meets_is_a_conflict(tmp_path: Path, entry: str) -> None:
    with pytest.raises(
        ResolutionError, match="No version of acme.base meets all requirements: .* by the request; the shelf has"
    ):
        chosen([entry], tmp_path)


def test_an_unknown_name_says_who_wants_it_and_what_is_close(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        chosen(["acme.broken"], tmp_path)
    assert caught.value.message == (
        "The collection acme.bace, required by acme.broken 1.0.0, is not in the shelf, which has 10 collections. "
        "Similar names: acme.base, acme.beta, acme.new. Correct the name, choose another collections_source, "
        "or add the collection as an entry with type: file or dir"
    )


def test_a_name_like_no_other_gets_no_hint(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"10 collections\. Correct the name"):
        chosen(["zzz.qqq"], tmp_path)


def test_too_many_combinations_end(tmp_path: Path) -> None:
    versions = {f"1.{number}.0": {"acme.wall": f">{number}"} for number in range(40)}
    table = {f"acme.c{number}": versions for number in range(6)} | {"acme.wall": {"0.0.1": {}}}
    with pytest.raises(ResolutionError):
        resolve([CollectionRequest(f"acme.c{number}") for number in range(6)], Shelf(table, store=tmp_path))


def test_an_entry_with_a_path_comes_before_the_source(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "base", built(name="acme.base", version="1.9.0-dev.1"))
    assert chosen(["acme.tools", {"name": directory, "type": "dir"}], tmp_path) == [
        "acme.base 1.9.0-dev.1",
        "acme.tools 1.0.0",
    ]


def test_an_entry_with_a_path_brings_its_dependencies(tmp_path: Path) -> None:
    files = built(name="acme.mine", dependencies={"acme.base": "<2.0.0"})
    tarball = write_tarball(tmp_path / "mine.tar.gz", files)
    entry = {"name": "acme.mine", "type": "file", "source": tarball, "version": ">=1.0.0"}
    assert chosen([entry], tmp_path) == ["acme.base 1.5.0", "acme.mine 1.0.0"]


def test_an_entry_with_a_path_has_to_suit_too(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "base", built(name="acme.base", version="0.1.0"))
    with pytest.raises(ResolutionError, match=r">=1.0.0 by acme.tools 1.0.0; the entry with its path has 0.1.0"):
        chosen(["acme.tools", {"name": directory, "type": "dir"}], tmp_path)


def test_an_entry_with_a_path_is_who_it_should_be(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "base", built(name="acme.base"))
    with pytest.raises(SourceError, match="base is acme.base, not acme.tools; correct the name or the source"):
        chosen([{"name": "acme.tools", "type": "dir", "source": directory}], tmp_path)


def test_two_entries_with_paths_for_one_collection_are_refused(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "base", built(name="acme.base"))
    entry = {"name": directory, "type": "dir"}
    with pytest.raises(InputError, match="acme.base has two entries"):
        chosen([entry, entry], tmp_path)


def collection(requires: str | None) -> CachedCollection:
    return CachedCollection("acme.tools", "1.0.0", "0" * 64, "/", {}, requires)


@pytest.mark.parametrize("requires", [None, ">=2.15.0", ">=2.19.0,<3", "<2.10", "latest", ""])
def test_a_core_that_suits(requires: str | None) -> None:
    check_core([collection(requires)], "2.19.14")


def test_a_core_that_does_not_suit_names_all_who_refuse() -> None:
    with pytest.raises(ResolutionError) as caught:
        check_core([collection(">=2.17.0"), collection("<2.9"), collection("<2.18"), collection("<2.19")], "2.19.14")
    assert caught.value.message.startswith(
        "ansible-core 2.19.14 is not allowed: acme.tools 1.0.0 requires ansible-core <2.18; acme.tools 1.0.0 "
        "requires ansible-core <2.19. Choose another"
    )


def test_where_no_core_suits_all_each_will_do() -> None:
    check_core([collection(">=2.20.0"), collection("<2.19")], "2.19.14")


def test_a_directory_of_several_brings_all_of_them(tmp_path: Path) -> None:
    for name in ("acme.own", "acme.other"):
        write_directory(tmp_path / "acme" / name.split(".")[1], built(name=name, dependencies={"acme.base": "<2"}))
    entry = {"name": str(tmp_path / "acme"), "type": "subdirs"}
    assert chosen([entry], tmp_path / "store") == ["acme.base 1.5.0", "acme.other 1.0.0", "acme.own 1.0.0"]


def test_a_directory_of_several_that_has_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"{tmp_path} contains no collection"):
        chosen([{"name": str(tmp_path), "type": "subdirs"}], tmp_path / "store")


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "acme.tools", "source": "https://hub.example.org/api/"},
        {"name": "acme.tools", "signatures": "https://example.org/tools.asc"},
        "git+https://example.org/tools.git",
        {"name": "https://example.org/acme-tools-1.0.0.tar.gz"},
    ],
)
def test_what_only_galaxy_has_is_refused_by_other_sources(tmp_path: Path, entry: object) -> None:
    with pytest.raises(InputError, match=r"has a server, an address or signatures, which the shelf cannot use; set "):
        chosen([entry], tmp_path)


@pytest.mark.parametrize("entry", [{}, {"version": "1.0.0"}, {"type": "file"}])
def test_a_required_content_is_delivered_or_it_is_said(tmp_path: Path, entry: dict[str, str]) -> None:
    """Whatever brings the collection: the source, or the entry itself."""
    tarball = write_tarball(tmp_path / "tools.tar.gz", built(name="acme.own"))
    source = LocalSource(tarball, builder=builder(Store(str(tmp_path / "store"))))
    place = {"source": tarball} if "type" in entry else {}
    (own,) = resolve(parse_requests([{"name": "acme.own", **entry, **place}]), source)
    asked = {"name": "acme.own", **entry, **place, "sha256": own.sha256}
    assert resolve(parse_requests([asked, "acme.own"]), source) == [own]
    with pytest.raises(ResolutionError) as error:
        resolve(parse_requests([{**asked, "sha256": "0" * 64}]), source)
    assert error.value.message.startswith("The content of acme.own 1.0.0 from ")
    assert f"its sha256 is {own.sha256}, and {'0' * 64} is required" in error.value.message
