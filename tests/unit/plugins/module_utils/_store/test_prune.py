# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a prune removes and what it keeps."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import store as stores
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import (
    parse_age,
    plan_prune,
    prune,
    stale_links,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import survey
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
    found = store.find("site")
    assert found is not None and found.is_intact()


def test_debris_goes_however_young_but_not_while_it_is_built(store: Store) -> None:
    debris = Path(store.directory(".generations"), "aaa")
    debris.mkdir()
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
def test_a_prune_killed_halfway_leaves_debris_and_no_broken_venv(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
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
