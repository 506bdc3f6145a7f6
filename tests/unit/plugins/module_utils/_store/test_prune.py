# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a prune removes and what it keeps."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import store as stores
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import DIRECTORIES, PREVIOUS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.project_links import register
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import (
    orphaned_links,
    parse_age,
    plan_prune,
    prune,
    remove_caches,
    remove_unused,
    unused_caches,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import stale_links, survey, unused_venvs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import note_use
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._store.samples import make

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import Generation

NOW = time.time() + 3600


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "store"))
    store.prepare()
    return store


def put(store: Store, path: str, generation: Generation) -> None:
    link = store.at(path) if os.sep in path else store.named(path)
    with store.writing(link), store.lease(generation):
        store.switch(link, generation, request_digest=generation.id)


def pruned(store: Store, *, older_than: float = 0) -> list[str]:
    return [one.id for one in prune(store, plan_prune(survey(store), older_than=older_than, now=NOW))]


def left(store: Store) -> list[str]:
    return sorted(os.listdir(store.directory(".generations")))


def test_what_no_link_keeps_goes_and_its_answers_and_lease_too(store: Store) -> None:
    make(store, "aaa")
    assert pruned(store) == ["aaa"]
    assert left(store) == os.listdir(store.directory(".leases")) == []


@pytest.mark.catalogue(22)
def test_current_previous_and_linked_ones_stay(store: Store, tmp_path: Path) -> None:
    put(store, "site", make(store, "previous"))
    put(store, "site", make(store, "current"))
    put(store, str(tmp_path / "venv"), make(store, "linked"))
    make(store, "unused")
    assert pruned(store) == ["unused"]
    assert left(store) == ["current", "linked", "previous"]


def test_what_was_used_of_late_stays(store: Store) -> None:
    make(store, "aaa")
    assert pruned(store, older_than=7200) == []
    assert pruned(store, older_than=3000) == ["aaa"]


@pytest.mark.catalogue(19)
def test_what_something_runs_in_stays(store: Store) -> None:
    with store.lease(make(store, "aaa")):
        assert pruned(store) == []
    assert pruned(store) == ["aaa"]


def test_what_came_into_use_after_the_plan_stays(store: Store) -> None:
    generation = make(store, "aaa")
    planned = plan_prune(survey(store), older_than=0, now=NOW)
    put(store, "site", generation)
    assert [one.id for one in planned] == ["aaa"]
    assert prune(store, planned) == []
    there = store.find("site")
    assert there is not None and there.is_intact()


def test_leftovers_goes_however_young_but_not_while_it_is_built(store: Store) -> None:
    leftovers = Path(store.directory(".generations"), "aaa")
    leftovers.mkdir()
    with open(store.lease_path("aaa"), "w", encoding="utf-8") as lease:
        fcntl.flock(lease, fcntl.LOCK_EX)
        assert pruned(store, older_than=7200) == []
    assert pruned(store, older_than=7200) == ["aaa"]


@pytest.mark.catalogue(21)
def test_gone_links_are_forgotten_and_keep_nothing(store: Store, tmp_path: Path) -> None:
    """A dangling root is no reason to keep a generation, and no reason to stumble."""
    put(store, str(tmp_path / "venv"), make(store, "aaa"))
    (tmp_path / "venv").unlink()
    assert [link.path for link in stale_links(store)] == [str(tmp_path / "venv")]
    assert pruned(store) == ["aaa"]
    assert stale_links(store) == []


@pytest.mark.catalogue(20)
def test_a_prune_killed_halfway_leaves_leftovers_and_no_broken_venv(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = make(store, "aaa")

    def killed(_path: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stores, "remove_tree", killed)
        with pytest.raises(KeyboardInterrupt):
            pruned(store)
    assert os.path.isfile(os.path.join(generation.path, "file"))
    assert store.generation("aaa") is None
    assert pruned(store) == ["aaa"]


def test_the_survey_says_what_is_wrong(store: Store) -> None:
    generation = make(store, "aaa")
    os.chmod(os.path.join(generation.path, "file"), 0o644)
    Path(generation.path, "file").write_text("other")
    (one,) = survey(store)
    assert one.damage == ("file was changed",)
    assert one.bytes >= 4096


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90", 90), ("15m", 900), ("12h", 43200), ("30d", 2592000), ("2w", 1209600)]
)
def test_ages_have_units(text: str, seconds: float) -> None:
    assert parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "-1", "1 day", "1.5h", "forever"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="^older_than: "):
        parse_age(text)


def found(store: Store, id: str) -> Generation:
    generation = store.generation(id)
    assert generation is not None
    return generation


def unused(store: Store) -> list[str]:
    return [venv.link.key for venv in unused_venvs(store)]


def registered(store: Store, project: Path, target: str) -> Path:
    """A project whose link leads to ``target`` and is on the list of who links."""
    project.mkdir(parents=True, exist_ok=True)
    (project / "venv").symlink_to(target)
    register(store, str(project / "venv"))
    return project / "venv"


def age(store: Store, name: str, days: float) -> None:
    """Let the venv be last started, and its link changed, so long ago."""
    then = time.time() - days * 86400
    generation = store.find(name)
    assert generation is not None
    os.utime(store.lease_path(generation.id), (then, then))
    os.utime(os.path.join(store.path, name), (then, then), follow_symlinks=False)


def test_a_name_that_no_project_links_to_is_unused_since_its_last_start(store: Store, tmp_path: Path) -> None:
    put(store, "linked", make(store, "aaa"))
    registered(store, tmp_path / "parent", f"{store.path}/linked")
    put(store, "alone", make(store, "bbb"))
    age(store, "alone", 40)
    (found,) = unused_venvs(store)
    assert (found.link.key, found.id) == ("alone", "bbb")
    assert (time.time() - found.since) / 86400 == pytest.approx(40, abs=0.1)


def test_a_project_that_links_through_others_counts(store: Store, tmp_path: Path) -> None:
    """A sibling's link leads to the parent's, and that to the name."""
    put(store, "site", make(store, "aaa"))
    registered(store, tmp_path / "parent", f"{store.path}/site")
    registered(store, tmp_path / "sibling", "../parent/venv")
    assert unused(store) == []
    (tmp_path / "parent" / "venv").unlink()
    assert unused(store) == ["site"]


def test_a_name_that_was_just_given_an_old_generation_is_young(store: Store) -> None:
    generation = make(store, "aaa")
    put(store, "old", generation)
    age(store, "old", 40)
    put(store, "new", generation)
    ages = {venv.link.key: (time.time() - venv.since) / 86400 for venv in unused_venvs(store)}
    assert ages["old"] == pytest.approx(40, abs=0.1)
    assert ages["new"] == pytest.approx(0, abs=0.1)


def test_a_name_in_which_something_runs_is_used(store: Store) -> None:
    generation = make(store, "aaa")
    put(store, "site", generation)
    with store.lease(generation):
        assert unused(store) == []
    assert unused(store) == ["site"]


def test_links_that_the_store_did_not_make_are_left_alone(store: Store, tmp_path: Path) -> None:
    put(store, "site", make(store, "aaa"))
    (tmp_path / "own").mkdir()
    os.symlink(tmp_path / "own", os.path.join(store.path, "elsewhere"))
    os.symlink("site", os.path.join(store.path, "alias"))
    assert unused(store) == []  # the alias uses it
    os.unlink(os.path.join(store.path, "alias"))
    assert [venv.link.key for venv in remove_unused(store, unused_venvs(store))] == ["site"]
    assert os.path.islink(os.path.join(store.path, "elsewhere"))


def test_a_name_that_leads_nowhere_is_unused(store: Store) -> None:
    put(store, "site", make(store, "aaa"))
    store.remove_generation("aaa")
    assert [(venv.link.key, venv.id is None or venv.id) for venv in unused_venvs(store)] == [("site", "aaa")]


def test_a_venv_at_a_path_is_used_by_the_directory_that_it_lies_in(store: Store, tmp_path: Path) -> None:
    put(store, str(tmp_path / "venv"), make(store, "aaa"))
    assert unused(store) == []
    assert pruned(store) == []


def test_an_unused_name_goes_with_what_is_kept_for_it_alone(store: Store, tmp_path: Path) -> None:
    put(store, "site", make(store, "previous"))
    put(store, "site", make(store, "shared"))
    put(store, "other", make(store, "shared-too"))
    put(store, "linked", found(store, "shared"))
    registered(store, tmp_path / "project", f"{store.path}/linked")
    registered(store, tmp_path / "project-of-other", f"{store.path}/other")
    gone = remove_unused(store, unused_venvs(store))
    assert [venv.link.key for venv in gone] == ["site"]
    assert pruned(store) == ["previous"]
    assert left(store) == ["shared", "shared-too"]
    assert sorted(os.listdir(store.path)) == sorted([*DIRECTORIES, "linked", "other"])


def test_a_name_that_came_into_use_after_the_plan_stays(store: Store, tmp_path: Path) -> None:
    put(store, "site", make(store, "aaa"))
    planned = unused_venvs(store)
    registered(store, tmp_path / "project", f"{store.path}/site")
    assert remove_unused(store, planned) == []
    assert store.find("site") is not None


def test_a_name_that_is_being_written_stays(store: Store) -> None:
    put(store, "site", make(store, "aaa"))
    planned = unused_venvs(store)
    with store.writing(store.named("site")):
        assert remove_unused(store, planned) == []
    assert store.find("site") is not None


def test_nothing_is_unused_while_a_project_cannot_be_looked_at(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "site", make(store, "aaa"))
    link = registered(store, tmp_path / "closed", f"{store.path}/site")
    lstat = os.lstat

    def closed(path: str, **options: object) -> os.stat_result:
        if os.fspath(path) == str(link):
            raise PermissionError
        return lstat(path)

    link.unlink()
    assert unused(store) == ["site"]
    monkeypatch.setattr(os, "lstat", closed)
    assert unused(store) == []


def test_the_previous_one_of_a_venv_that_has_gone_is_kept_for_nobody(store: Store, tmp_path: Path) -> None:
    """The directory of a venv at a path was removed, and a name by hand."""
    for place in (str(tmp_path / "project" / "venv"), "site"):
        (tmp_path / "project").mkdir(exist_ok=True)
        put(store, place, make(store, f"before-{os.path.basename(place)}"))
        put(store, place, make(store, f"now-{os.path.basename(place)}"))
    (tmp_path / "project" / "venv").unlink()
    (tmp_path / "project").rmdir()
    os.unlink(os.path.join(store.path, "site"))
    assert len(orphaned_links(store)) == 2
    without = {link.path for link in orphaned_links(store)}
    young = plan_prune(survey(store), older_than=7200, now=NOW, without=without)
    assert prune(store, young) == []
    assert len(os.listdir(store.directory(PREVIOUS))) == 2
    old = prune(store, plan_prune(survey(store), older_than=0, now=NOW, without=without))
    assert [one.id for one in old] == ["before-site", "before-venv", "now-site", "now-venv"]
    assert os.listdir(store.directory(PREVIOUS)) == left(store) == []


SIX, GENERAL = "six-1.17.0-py2.py3-none-any.whl", "community.general-11.4.1-rc.1-0123456789abcdef"
CACHED = {
    ".carried": SIX,
    ".wheels": "ansible-12.3.0-py3-none-any.whl",
    ".collections": GENERAL,
    ".roles": "acme.web-feature-x-0123456789abcdef",
    ".analyses": f"{'0123456789abcdef' * 4}.json",
    ".galaxy": f"{'0123456789abcdef' * 4}.json",
    ".progress": "site.json",
}


def cached(store: Store, directory: str, name: str, *, age: float = 7200) -> Path:
    """Something that a build kept, and used ``age`` seconds ago; a collection is a directory for reading only."""
    path = Path(store.directory(directory), name)
    if name.endswith((".whl", ".json")):
        path.write_text("content")
    else:
        (path / "tree").mkdir(parents=True)
        (path / "tree" / "MANIFEST.json").write_text("{}")
        path.chmod(0o555)
    os.utime(path, (NOW - age, NOW - age))
    return path


def uncached(store: Store, *, older_than: float = 3600) -> list[str]:
    found = unused_caches(
        store, older_than=older_than, now=NOW, removals=plan_prune(survey(store), older_than=0, now=NOW)
    )
    assert all(one.bytes > 0 for one in found)
    return [one.path for one in remove_caches(store, found)]


@pytest.mark.parametrize("directory", CACHED)
def test_what_was_fetched_goes_when_no_build_used_it_of_late(store: Store, directory: str) -> None:
    path = cached(store, directory, CACHED[directory])
    assert uncached(store, older_than=7300) == []
    assert uncached(store) == [str(path)]
    assert os.listdir(store.directory(directory)) == []


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize(
    ("directory", "kind", "name", "version"),
    [
        (".carried", "packages", "Six", "1.17.0"),
        (".collections", "collections", "community.general", "11.4.1-rc.1"),
        (".roles", "roles", "acme.web", "feature/x"),
    ],
)
def test_what_a_generation_that_stays_contains_stays(
    store: Store, directory: str, kind: str, name: str, version: str, stays: bool
) -> None:
    path = cached(store, directory, CACHED[directory])
    origin = {"src": name, "scm": None} if kind == "roles" else {}
    record: dict[str, Any] = {kind: [{"name": name, "version": version, "sha256": "0" * 64, **origin}]}
    generation = make(store, "aaa", **record)
    if stays:
        put(store, "site", generation)
    assert uncached(store) == ([] if stays else [str(path)])


def test_another_version_is_not_what_a_generation_contains(store: Store) -> None:
    path = cached(store, ".carried", SIX)
    put(store, "site", make(store, "aaa", packages=[{"name": "six", "version": "1.17", "sha256": "0" * 64}]))
    assert uncached(store) == [str(path)]


def test_nothing_that_was_fetched_goes_while_a_venv_is_written(store: Store) -> None:
    path = cached(store, ".carried", SIX)
    with store.writing(store.named("site")):
        assert uncached(store) == []
        assert path.exists()
    assert uncached(store) == [str(path)]


@pytest.mark.parametrize("directory", CACHED)
def test_what_was_used_since_it_was_seen_stays(store: Store, directory: str) -> None:
    path = cached(store, directory, CACHED[directory])
    found = unused_caches(store, older_than=0, now=NOW, removals=[])
    note_use(str(path))
    assert remove_caches(store, found) == []
    assert path.exists()
    found = unused_caches(store, older_than=0, now=NOW, removals=[])
    assert remove_caches(store, found) == found
    assert remove_caches(store, found) == []


def test_what_a_killed_build_left_beside_it_goes_too(store: Store) -> None:
    Path(store.directory(".carried"), ".incoming-abc").mkdir()
    assert uncached(store) == []
    assert os.listdir(store.directory(".carried")) == []


def test_a_link_in_a_cache_is_removed_and_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    link = Path(store.directory(".carried"), "x-1-py3.whl")
    link.symlink_to(tmp_path / "precious")
    os.utime(link, (0, 0), follow_symlinks=False)
    found = unused_caches(store, older_than=0, now=NOW, removals=[])
    assert [one.path for one in remove_caches(store, found)] == [str(link)]
    assert (tmp_path / "precious").is_dir() and not link.is_symlink()
