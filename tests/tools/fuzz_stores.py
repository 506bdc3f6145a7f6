# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Random damaged and hostile stores: ``fuzz_stores.py SECONDS [FIRST_SEED [MOST]]``; each seed is one store.

A small store gets odd links, pipes, modes, names and JSON. Then all that modules do with a store is done with it. Each
step ends with a result or one error of the family, and nothing outside the store is opened, changed or removed.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzzing import MAX_MESSAGE, Case, become_nobody, is_below, main, make_removable, samples

become_nobody(__file__)

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import seal
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.links import PublicLink
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.project_links import register
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import plan_prune, prune
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.staging import staging
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.survey import survey
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.info import store_report

generations = samples("_store")
IDS = ["a" * 16, "b" * 16, "c" * 16]
NAMES = ["x" * 255, "\x1b[2J", "a\nb", "\u202ex", os.fsdecode(b"\xff\xfe"), "-rf", "~", "$(x)", "a b", ".x.new",
         f".one.{'0' * 32}.new", f".incoming-{'0' * 16}", "venv.json", "files.json", "one", "path-x", "project-x",
         f"path-{'0' * 32}"]  # fmt: skip
JSON: list[Any] = [None, True, 0, -1, 1e400, 10**400, float("nan"), "", "x", "\x00", "\ud800", "\x1b[2J", "../..", "/",
                   [], {}, [[]], {"a": 1}, "x" * 300_000, "a/" * 3000]  # fmt: skip


@dataclass(frozen=True)
class Places:
    """The store, the project with links to it, and what lies outside of both."""

    store: Path
    project: Path
    outside: Path


def sample(work: Path, outside: Path) -> Places:
    """A store in order: three generations, two names, a public link elsewhere, registered projects, a collection."""
    places = Places(work / "store", work / "project", outside)
    places.project.mkdir()
    store = Store(str(places.store))
    store.prepare()
    built = [generations.make(store, id, id) for id in IDS]
    public = [store.named("one"), store.named("two"), store.at(str(places.project / "venv"))]
    for link, generation in [
        (public[0], built[0]),
        (public[0], built[1]),
        (public[1], built[1]),
        (public[2], built[2]),
    ]:
        with store.writing(link), store.lease(generation):
            store.switch(link, generation, request_digest=f"{link.key}-{generation.id}")
    for name, target in (("linked", places.store / "one"), ("gone", places.store / "three"), ("out", outside)):
        (places.project / name).symlink_to(target)
        register(store, str(places.project / name))
    kept = places.store / ".collections" / "acme.tools-1.0.0"
    (kept / "tree").mkdir(parents=True)
    (kept / "collection.json").write_text('{"schema": 1}')
    return places


def damage(rng: random.Random, places: Places) -> None:
    """One change of the store, which never leaves it: see :func:`is_below`."""
    paths = sorted(places.store.rglob("*"))
    above = [places.store, *(path for path in paths if path.parent == places.store)]
    # A store without one of its directories in order is refused as a whole; most changes lie below them.
    path = rng.choice(above if rng.random() < 0.1 else [path for path in paths if path not in above] or above)
    if rng.random() < 0.1:
        path = path.parent / rng.choice(NAMES) if path != places.store else path / rng.choice(NAMES)
    if not path.parent.is_dir() or (path != places.store and not is_below(places.store.parent, path)):
        return
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    with contextlib.suppress(OSError):
        path.parent.chmod(0o700)
        changes = [change_kind, change_mode, change_json, change_link, change_json, change_link, move]
        # A user may well say that the store is a link to elsewhere.
        rng.choice(changes[:3] if path == places.store else changes)(rng, path, places)
        if rng.random() < 0.8:
            path.parent.chmod(mode)


def remove(path: Path) -> None:
    """Remove what is at ``path``, as it is: a link is not followed."""
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)
        make_removable(path)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def change_link(rng: random.Random, path: Path, places: Places) -> None:
    """Put a link there: to elsewhere in the store, out of it, nowhere, or in a circle."""
    inside = places.store / rng.choice(["", ".generations", f".generations/{rng.choice(IDS)}", "one", ".locks/one"])
    out = places.outside / rng.choice(["file", "new", "deep", "deep/er", "pipe", ".", "venv.json"])
    beside = [".", "..", path.name, "nowhere", f"../.generations/{rng.choice(IDS)}", "x/" * 1000]
    target = rng.choice([str(out), str(out), os.path.relpath(out, path.parent), str(inside), *beside])
    remove(path)
    path.symlink_to(target)


def change_kind(rng: random.Random, path: Path, _places: Places) -> None:
    """Put a pipe, a directory, a file or nothing there."""
    remove(path)
    content = rng.randbytes(99)
    how: list[Callable[[], object]] = [
        lambda: os.mkfifo(path),
        path.mkdir,
        path.touch,
        lambda: path.write_bytes(content),
        lambda: None,
    ]
    rng.choice(how)()


def change_json(rng: random.Random, path: Path, _places: Places) -> None:
    """Write other JSON, or none, in the place of a file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return
    value: Any = None
    with contextlib.suppress(ValueError, OSError, RecursionError):
        value = json.loads(path.read_bytes())
    if isinstance(value, dict) and value:
        for _key in range(rng.choice([1, 1, 3])):
            key = rng.choice([*value, "new", "../../x", "\x1b[2J"])
            inner = value.get(key)
            if isinstance(inner, dict) and inner and rng.random() < 0.7:
                inner[rng.choice([*inner])] = copy.deepcopy(rng.choice(JSON))
            else:
                value[key] = copy.deepcopy(rng.choice(JSON))
    text = json.dumps(value).encode()
    text = rng.choice([text, text, text, text, text[: len(text) // 2], b"[" * 200_000, b"\xff", b"", b"9" * 5000])
    remove(path)  # a read-only file, or one with a second name
    path.write_bytes(text)


def change_mode(rng: random.Random, path: Path, _places: Places) -> None:
    """Give a file or directory other rights."""
    if not path.is_symlink() and path.exists():
        path.chmod(
            rng.choice([0, 0o100, 0o200, 0o400, 0o444, 0o500, 0o555, 0o644, 0o700, 0o755, 0o777, 0o1777, 0o4755])
        )


def move(rng: random.Random, path: Path, places: Places) -> None:
    """Give something the name of something else, or a copy, or a second name."""
    other = rng.choice([path, *sorted(places.store.rglob("*"))])
    if is_below(places.store.parent, other) and not path.is_symlink():
        how: list[Callable[[], object]] = [
            lambda: path.rename(other),
            lambda: os.link(path, other),
            lambda: shutil.copytree(path, path.parent / f"{path.name}2", symlinks=True) if path.is_dir() else None,
        ]
        rng.choice(how)()


class Steps:
    """What is done with a store, as modules do it; always with the same venv, project and generation."""

    def __init__(self, rng: random.Random, places: Places) -> None:
        self._name = rng.choice(["one", "two", "three"])
        self._path = str(places.project / rng.choice(["venv", "linked", "gone", "out"]))
        self._by_name = rng.random() < 0.7
        self._id = rng.choice([*IDS, "d" * 16])
        self._verify = rng.random() < 0.5
        self._age = rng.choice([0, 1e9])
        self._directory = rng.choice([".tools", ".collections", ".wheels"])
        steps = [self.report, self.look, self.switch, self.back, self.remove, self.build, self.prune, self.stage]
        self.chosen = rng.sample(steps, rng.choice([1, 2, 4, 8]))

    @contextlib.contextmanager
    def _writing(self, store: Store) -> Iterator[PublicLink]:
        link = store.named(self._name) if self._by_name else store.at(self._path)
        with store.writing(link, timeout=0):
            yield link

    def report(self, store: Store) -> None:
        json.dumps(store_report(store, verify=self._verify))
        CollectionCache(store).find("acme.tools", "1.0.0", "0" * 64)

    def look(self, store: Store) -> None:
        link = store.named(self._name) if self._by_name else store.at(self._path)
        found = [store.current(link), store.find(self._name), store.answer(f"one-{IDS[0]}"), store.holding(self._path)]
        for one in filter(None, found):
            if not one.is_intact():
                one.differences()
                if store.is_own():
                    one.mark_suspect()

    def switch(self, store: Store) -> None:
        with self._writing(store) as link:
            generation = store.generation(self._id) or store.previous(link)
            if generation is not None:
                with store.lease(generation, timeout=0):
                    store.switch(link, generation, request_digest="r" * 16)

    def back(self, store: Store) -> None:
        with self._writing(store) as link:
            previous = store.previous(link)
            if previous is not None and previous.is_intact(by_content=True):
                with store.lease(previous, timeout=0):
                    store.switch_back(link, previous, request_digest="r" * 16)

    def remove(self, store: Store) -> None:
        with self._writing(store) as link:
            store.linked_projects(link.path)
            store.remove(link)

    def build(self, store: Store) -> None:
        store.prepare()
        with store.building(self._id, timeout=0) as (directory, descriptor):
            if store.generation(self._id) is None:
                store.begin_anew(self._id, descriptor)
                Path(directory, "file").write_text("new")
                seal(directory, generations.RECORD, {})

    def prune(self, store: Store) -> None:
        store.check_own()
        prune(store, plan_prune(survey(store), older_than=self._age, now=time.time() + 1))

    def stage(self, store: Store) -> None:
        with staging(store.directory(self._directory)) as directory:
            Path(directory, "file").touch()


def store_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """A store with some damage, and some of the steps."""
    places = sample(work, outside)
    for _change in range(rng.choice([1, 1, 2, 3, 8, 30])):
        damage(rng, places)
    steps = Steps(rng, places)

    def run() -> str:
        errors = 0
        for step in steps.chosen:
            try:
                with no_space_reported(str(places.store)):
                    step(Store(str(places.store)))
            except VenvError as error:
                errors += 1
                if len(error.message) > MAX_MESSAGE:
                    return f"!{step.__name__}: {len(error.message)} characters: {error.message[:200]!a}"
        return "errors" if errors else "in order"

    return Case("store", work, run)


if __name__ == "__main__":
    main([store_case], what="stores")
