# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Kept bytecode: what is put beside a source, and what is removed."""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.bytecode import (
    Source,
    bytecode_cache,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import seal
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.prune import remove_caches
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._store.samples import RECORD, make

INTERPRETER = RECORD["interpreter"]
TEXT = "ANSWER = 42\n"
SUFFIX = "cpython-311.pyc"


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "store"))
    store.prepare()
    return store


def source_at(path: Path, text: str = TEXT) -> Source:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    status = path.stat()
    return Source(str(path), hashlib.sha256(text.encode()).hexdigest(), status.st_size, status.st_mtime_ns)


def pyc(text: str = TEXT) -> bytes:
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile(text, "<source>", "exec"))


def keep(store: Store, text: str = TEXT, *, content: bytes | None = None) -> Path:
    """Put bytecode of ``text`` into the cache; returns its path there."""
    content = pyc(text) if content is None else content
    name = f"{hashlib.sha256(text.encode()).hexdigest()}.{hashlib.sha256(content).hexdigest()}.{SUFFIX}"
    with bytecode_cache(store, INTERPRETER).filling() as directory:
        Path(directory, name).write_bytes(content)
    (path,) = Path(store.path).glob(f".cache/bytecode/*/{name}")
    return path


def put(store: Store, source: Source) -> bool:
    return bytecode_cache(store, INTERPRETER).put_beside(source)


@pytest.mark.parametrize("nanoseconds", [0, 1, 500_000_000, 999_999_999])
def test_the_header_states_what_an_import_compares(store: Store, tmp_path: Path, nanoseconds: int) -> None:
    kept = keep(store)
    module = tmp_path / "site" / "module.py"
    source_at(module)
    os.utime(module, ns=(0, 1_795_669_448 * 10**9 + nanoseconds))
    source = source_at(tmp_path / "site" / "other.py")._replace(path=str(module), mtime_ns=module.stat().st_mtime_ns)
    assert put(store, source)
    target = module.parent / "__pycache__" / f"module.{SUFFIX}"
    header = target.read_bytes()[:16]
    mtime, size = (int.from_bytes(header[at : at + 4], "little") for at in (8, 12))
    assert (mtime, size) == (int(module.stat().st_mtime), len(TEXT))
    assert target.read_bytes()[16:] == kept.read_bytes()[16:]
    assert kept.read_bytes()[8:16] == bytes(8)


def test_what_is_not_kept_is_told(store: Store, tmp_path: Path) -> None:
    source = source_at(tmp_path / "module.py")
    assert not put(store, source)
    assert not (tmp_path / "__pycache__").exists()


def test_an_empty_file_says_that_there_is_none(store: Store, tmp_path: Path) -> None:
    keep(store, content=b"")
    assert put(store, source_at(tmp_path / "module.py"))
    assert not (tmp_path / "__pycache__").exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def link(path: Path) -> None:
    path.rename(path.parent / "elsewhere")
    path.symlink_to(path.parent / "elsewhere")


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("damage", [cut, link, directory, pipe, Path.unlink])
def test_what_is_not_the_file_that_was_kept_is_removed(
    store: Store, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    kept = keep(store)
    damage(kept)
    assert not put(store, source_at(tmp_path / "module.py"))
    assert not (tmp_path / "__pycache__").exists()
    assert not os.path.lexists(kept)
    assert keep(store).is_file()


def test_files_of_other_names_are_not_kept(store: Store) -> None:
    with bytecode_cache(store, INTERPRETER).filling() as directory:
        Path(directory, "1234.new").write_bytes(b"half")
        Path(directory, f"{'0' * 64}.pyc").write_bytes(b"x")
    (directory_of_one,) = Path(store.path, ".cache", "bytecode").iterdir()
    assert list(directory_of_one.iterdir()) == []


def test_the_cache_is_for_its_owner_alone(store: Store) -> None:
    kept = keep(store)
    assert kept.parent.stat().st_mode & 0o777 == 0o700


def generation_with(store: Store, id: str, text: str) -> None:
    with store.building(id) as (path, _descriptor):
        Path(path, "module.py").write_text(text)
        seal(path, RECORD, manifest(path))


def test_what_no_generation_has_is_removed(store: Store) -> None:
    used, unused = keep(store), keep(store, "x = 1\n")
    generation_with(store, "aaa", TEXT)
    make(store, "bbb")
    remove_caches(store, [])
    assert (used.exists(), unused.exists()) == (True, False)
    store.remove_generation("aaa")
    (used.parent / ".incoming-of-a-killed-build").mkdir()
    remove_caches(store, [])
    assert list(used.parent.iterdir()) == []


def test_nothing_is_removed_while_a_build_uses_it(store: Store) -> None:
    kept = keep(store)
    with store.writing(store.named("site")):
        remove_caches(store, [])
        assert kept.exists()
    remove_caches(store, [])
    assert not kept.exists()


def test_there_need_be_none(tmp_path: Path) -> None:
    remove_caches(Store(str(tmp_path / "nothing")), [])
    assert not (tmp_path / "nothing").exists()
