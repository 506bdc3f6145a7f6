# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source ``galaxy``: what has to be asked, and what is known from before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.galaxy import GalaxySource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.galaxy_answers import GalaxyAnswers
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.galaxy_install import GalaxyInstaller
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    parse_requests,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.tarball import read_tarball
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import (
    SemanticVersion,
    VersionRange,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    ResolutionError,
    SourceError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    builder,
    built,
    write_directory,
    write_tarball,
)

#: name → version → dependencies
Table = Mapping[str, Mapping[str, Mapping[str, str]]]
TABLE: Table = {
    "acme.base": {"1.0.0": {}, "1.5.0": {}},
    "acme.tools": {"1.0.0": {"acme.base": ">=1.0.0"}, "2.0.0": {"acme.base": ">=1.0.0"}},
    "acme.other": {"1.0.0": {"acme.base": "*"}},
}
GIT = "git+https://example.org/tools.git"


class Galaxy:
    """Stands for ansible-galaxy: takes the highest versions of a table, and notes what it was asked."""

    def __init__(self, tmp_path: Path, table: Table | None = None, *, settings: str = "servers") -> None:
        self.store = Store(str(tmp_path / "store"))
        self.builder = builder(self.store)
        self.asked: list[tuple[list[str], list[str]]] = []
        self.table = TABLE if table is None else table
        self.settings = settings
        self._scratch = tmp_path

    def fetch(self, requests: Sequence[CollectionRequest], held: Sequence[CachedCollection]) -> list[CachedCollection]:
        self.asked.append(([f"{one.name}:{one.version}" for one in requests], sorted(one.name for one in held)))
        found: dict[str, CachedCollection] = {}
        pending = [("acme.tools" if one.name == GIT else one.name, one.range) for one in requests]
        while pending:
            name, versions = pending.pop(0)
            if name in found or name in {one.name for one in held}:
                continue
            fitting = [
                one for one in self.table.get(name, {}) if SemanticVersion.parse(one) in VersionRange.parse(versions)
            ]
            if not fitting:
                raise ResolutionError("not met", unmet=[f"{name}:{versions}"])
            found[name] = self._cached(name, max(fitting))
            pending += found[name].dependencies.items()
        return list(found.values())

    def _cached(self, name: str, version: str) -> CachedCollection:
        content = built(name=name, version=version, dependencies=self.table[name][version])
        return self.builder.cache.add(read_tarball(write_tarball(self._scratch / "x.tar.gz", content)))

    def source(self, **options: bool) -> GalaxySource:
        answers = GalaxyAnswers(self.store, self.builder.cache, self.settings)
        return GalaxySource(builder=self.builder, answers=answers, installer=cast(GalaxyInstaller, self), **options)

    def gets(self, *entries: object, **options: bool) -> list[str]:
        found = resolve(parse_requests(list(entries)), self.source(**options))
        return [f"{one.name} {one.version}" for one in found]


TOOLS = ["acme.base 1.5.0", "acme.tools 2.0.0"]


@pytest.fixture(name="galaxy")
def fixture_galaxy(tmp_path: Path) -> Galaxy:
    return Galaxy(tmp_path)


def test_all_is_asked_at_once(galaxy: Galaxy) -> None:
    assert galaxy.gets("acme.tools:<2", "acme.other") == ["acme.base 1.5.0", "acme.other 1.0.0", "acme.tools 1.0.0"]
    assert galaxy.asked == [(["acme.tools:<2", "acme.other:*"], [])]


@pytest.mark.parametrize(
    "again",
    [["acme.tools"], ["acme.tools:2.0.0"], ["acme.tools:==2.0.0", "acme.base:1.5.0"], ["acme.base:1.5.0"]],
)
def test_what_is_known_is_not_asked(galaxy: Galaxy, again: list[object]) -> None:
    assert galaxy.gets("acme.tools") == TOOLS
    assert {*galaxy.gets(*again)} <= {*TOOLS}
    assert len(galaxy.asked) == 1


def test_a_required_content_changes_no_answer_and_is_compared_with_it(galaxy: Galaxy) -> None:
    assert galaxy.gets("acme.tools") == TOOLS
    (sha256,) = [one.sha256 for one in resolve(parse_requests(["acme.tools"]), galaxy.source()) if "tools" in one.name]
    for entry in ({"name": "acme.tools"}, {"name": "acme.tools", "version": "2.0.0"}):
        assert galaxy.gets({**entry, "sha256": sha256}) == TOOLS
        with pytest.raises(ResolutionError, match=f"acme.tools 2.0.0 from galaxy is not .* {'0' * 64} is required"):
            galaxy.gets({**entry, "sha256": "0" * 64})
    assert len(galaxy.asked) == 1


@pytest.mark.parametrize("again", [["acme.tools:>=2"], ["acme.tools:1.0.0"], ["acme.tools", "acme.other"]])
def test_another_request_is_asked(galaxy: Galaxy, again: list[object]) -> None:
    galaxy.gets("acme.tools")
    galaxy.gets(*again)
    assert len(galaxy.asked) == 2


def test_other_servers_are_asked(tmp_path: Path) -> None:
    Galaxy(tmp_path).gets("acme.tools")
    other = Galaxy(tmp_path, settings="others")
    with pytest.raises(SourceError, match="does not have acme.tools"):
        other.gets("acme.tools:2.0.0", offline=True)
    other.gets("acme.tools:2.0.0")
    assert len(other.asked) == 1


def test_an_upgrade_asks_again_but_not_for_an_exact_version(tmp_path: Path) -> None:
    old = Galaxy(tmp_path, {**TABLE, "acme.base": {"1.0.0": {}}})
    assert old.gets("acme.tools") == ["acme.base 1.0.0", "acme.tools 2.0.0"]
    new = Galaxy(tmp_path)
    assert new.gets("acme.tools") == ["acme.base 1.0.0", "acme.tools 2.0.0"]
    assert new.gets("acme.base:1.0.0", upgrade=True) == ["acme.base 1.0.0"]
    assert new.asked == []
    assert new.gets("acme.tools", upgrade=True) == TOOLS
    assert new.gets("acme.tools") == TOOLS, "the new answer counts from now on"


def test_what_is_here_is_held_and_its_dependencies_are_asked(galaxy: Galaxy, tmp_path: Path) -> None:
    own = built(name="acme.own", dependencies={"acme.base": "<1.5", "acme.tools": "*"})
    entry = {"name": write_directory(tmp_path / "own", own), "type": "dir"}
    expected = ["acme.base 1.0.0", "acme.own 1.0.0", "acme.tools 2.0.0"]
    assert galaxy.gets(entry) == galaxy.gets(entry) == expected
    assert galaxy.asked == [(["acme.base:<1.5", "acme.tools:*"], ["acme.own"])]
    with pytest.raises(SourceError, match="does not have acme.own"):
        galaxy.gets("acme.own", offline=True)


def test_a_pin_that_is_not_met_is_an_error(galaxy: Galaxy) -> None:
    with pytest.raises(ResolutionError):
        galaxy.gets("acme.tools:3.0.0")


def test_a_wrong_answer_is_not_believed(galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch) -> None:
    lie = galaxy.fetch([CollectionRequest("acme.tools", "1.0.0")], [])
    monkeypatch.setattr(galaxy, "fetch", lambda *_asked: lie)
    with pytest.raises(ResolutionError, match="No version of acme.tools meets all requirements: >=2 by the request"):
        galaxy.gets("acme.tools:>=2")


def test_a_repository_is_asked_once_for_each_commit(galaxy: Galaxy) -> None:
    entries: list[Any] = [{"name": GIT}, {"name": GIT, "version": "v2"}]
    for entry in entries * 2:
        assert galaxy.gets(entry) == TOOLS
        assert galaxy.gets(entry, offline=True) == TOOLS
    assert len(galaxy.asked) == 2
    with pytest.raises(
        SourceError, match=r"the store has nothing from git\+https://example.org/tools.git, and the option"
    ):
        galaxy.gets({"name": GIT, "version": "v3"}, offline=True)
    with pytest.raises(SourceError):
        galaxy.gets("acme.tools:2.0.0", offline=True)


def test_a_lock_does_not_lead_from_an_address_to_a_server(galaxy: Galaxy) -> None:
    entry = {"name": "acme.tools", "source": GIT, "type": "git", "version": "v2"}
    assert galaxy.gets(entry) == TOOLS
    assert galaxy.gets(entry, "acme.tools:2.0.0", "acme.base:1.5.0") == TOOLS
    assert galaxy.asked[1:] == [(["acme.tools:v2"], ["acme.base"])]
    with pytest.raises(ResolutionError, match=r"No version of acme.tools meets all .* and 1.0.0 by the request"):
        galaxy.gets(entry, "acme.tools:1.0.0")


@pytest.mark.parametrize(
    ("entries", "missing"),
    [
        (["acme.tools:>=3"], "acme.tools"),
        (["acme.nothing"], "acme.nothing"),
        (["acme.tools", "acme.other"], "acme.other"),
        ([{"name": "acme.tools", "source": "https://hub.example.org"}], "acme.tools"),
    ],
)
def test_offline_names_what_is_missing(galaxy: Galaxy, entries: list[object], missing: str) -> None:
    galaxy.gets("acme.tools")
    with pytest.raises(SourceError) as caught:
        galaxy.gets(*entries, offline=True)
    assert caught.value.message == (
        f"collections_source galaxy: the store does not have {missing} in a version that is required, and the option "
        "'offline' is set; run this once without it"
    )
    assert len(galaxy.asked) == 1


def test_offline_takes_the_highest_that_fits(galaxy: Galaxy) -> None:
    galaxy.gets("acme.tools:1.0.0")
    galaxy.gets("acme.tools:2.0.0")
    assert galaxy.gets("acme.tools:>=1", offline=True) == TOOLS
    assert galaxy.gets("acme.tools:<2", "acme.base", offline=True) == ["acme.base 1.5.0", "acme.tools 1.0.0"]


def test_what_was_removed_from_the_cache_is_asked_again(galaxy: Galaxy) -> None:
    galaxy.gets("acme.tools")
    for version, sha256 in galaxy.builder.cache.versions("acme.base"):
        entry = Path(galaxy.builder.cache.directory, f"acme.base-{version}-{sha256}")
        entry.chmod(0o755)
        (entry / "collection.json").chmod(0o644)
        (entry / "collection.json").write_text("{}")
    with pytest.raises(VenvError):  # the directory is in the way, which is said
        galaxy.gets("acme.tools")
    assert len(galaxy.asked) == 2


def test_one_after_the_other_keeps_what_was_taken_before(galaxy: Galaxy) -> None:
    source = galaxy.source()
    source.prepare([CollectionRequest("acme.tools")])
    source.prepare([CollectionRequest("acme.tools", "2.0.0"), CollectionRequest("acme.other")])
    assert source.names() == ["acme.base", "acme.other", "acme.tools"]
    assert galaxy.asked[1] == (["acme.other:*"], ["acme.base", "acme.tools"])
    assert galaxy.gets("acme.tools:2.0.0", "acme.other:1.0.0") == [
        "acme.base 1.5.0",
        "acme.other 1.0.0",
        "acme.tools 2.0.0",
    ]
    assert len(galaxy.asked) == 2
    assert source.candidates("acme.nothing") == []
    assert source.core_requirement() is None
