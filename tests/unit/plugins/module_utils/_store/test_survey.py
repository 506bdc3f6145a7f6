# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A look at a store while others change it."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import plan_prune, prune
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import survey
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import remove_tree
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.info import store_report
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._store.samples import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: All that a look asks the system.
_CALLS = ("lstat", "stat", "scandir", "listdir", "readlink", "open")


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Store:
    """A name with a previous generation, and a link from elsewhere."""
    store = Store(str(tmp_path / "store"))
    store.prepare()
    for name, id in (("site", "aaa"), ("site", "bbb"), (str(tmp_path / "venv"), "aaa")):
        link = store.at(name) if os.sep in name else store.named(name)
        generation = store.generation(id) or make(store, id)
        with store.writing(link), store.lease(generation):
            store.switch(link, generation, request_digest=id)
    return store


def vanish(store: Store) -> None:
    for id in store.generation_ids():
        store.remove_generation(id)
    for name in (".roots", ".previous", ".requests"):
        for entry in os.listdir(store.directory(name)):
            os.unlink(os.path.join(store.directory(name), entry))


def begin_builds(store: Store) -> None:
    """Every generation is suddenly one that is being built."""
    for id in store.generation_ids():
        if store.remove_generation(id):
            os.mkdir(store.generation_path(id), 0o700)


LOOKS: dict[str, Callable[[Store], Any]] = {
    "report": lambda store: store_report(store, verify=True),
    "prune": lambda store: prune(store, plan_prune(survey(store), older_than=0, now=2e9)),
}


@pytest.mark.parametrize("change", [vanish, begin_builds], ids=lambda change: change.__name__)
@pytest.mark.parametrize("look", LOOKS)
def test_what_changes_at_any_step_of_a_look_is_no_error(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: str, change: Callable[[Store], None]
) -> None:
    """The change is made just before one of the calls that the look makes: every fifth, each time from another on."""
    copy, step, left = str(tmp_path / "copy"), ["report", "prune"].index(look) + (2 if change is vanish else 0) - 5, 0
    shutil.copytree(store.path, copy, symlinks=True)
    while left <= 0:
        step += 5
        left = step + 1
        remove_tree(store.path)
        shutil.copytree(copy, store.path, symlinks=True)

        def counted(call: Callable[..., Any]) -> Callable[..., Any]:
            def replacement(*args: Any, **options: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    change(store)
                return call(*args, **options)

            return replacement

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", lambda descriptor: None)
            for name in _CALLS:
                patched.setattr(os, name, counted(getattr(os, name)))
            LOOKS[look](store)
    assert step > 100


def test_a_build_that_goes_on_is_said_to_go_on(store: Store) -> None:
    with store.building("ccc"):
        (found,) = [one for one in survey(store) if one.id == "ccc"]
        assert (found.in_use, found.damage) == (True, ("it is being built or removed",))
    (left,) = [one for one in survey(store) if one.generation is None]
    assert left.damage == ("it has no marker: it is an incomplete build, or the marker was damaged",)


@pytest.fixture(name="ends")
def fixture_ends() -> Iterator[None]:
    """What hangs is an error."""

    def stop(*_arguments: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_pipe_in_the_place_of_a_lease_holds_nothing_up(store: Store, look: Callable[[Store], Any]) -> None:
    os.unlink(store.lease_path("bbb"))
    os.mkfifo(store.lease_path("bbb"))
    look(store)


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize("name", ["file", "added"])
def test_a_pipe_in_a_generation_is_reported_as_damage(store: Store, name: str) -> None:
    path = store.generation_path("bbb")
    os.chmod(path, 0o755)
    if name == "file":
        os.unlink(os.path.join(path, name))
    os.mkfifo(os.path.join(path, name), 0o444)
    found = {one["digest"]: one["problems"] for one in store_report(store, verify=True)["generations"]}
    assert f"{name} was {'changed' if name == 'file' else 'added'}" in found["bbb"]


def test_a_link_in_the_place_of_a_generation_is_not_followed(store: Store, tmp_path: Path) -> None:
    """Not even to count what lies behind it; pruning removes the link."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(bytes(100_000))
    os.symlink(outside, store.generation_path("ccc"))
    found = {one["digest"]: one for one in store_report(store, verify=True)["generations"]}
    assert found["ccc"]["bytes"] == 0
    assert LOOKS["prune"](store)
    assert (os.path.lexists(store.generation_path("ccc")), os.listdir(outside)) == (False, ["file"])
