# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the command caches is read again by its question only, and never more than it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.answers import AnswerCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store


@pytest.fixture(name="cache")
def fixture_cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(Store(str(tmp_path / "store")))


def entries(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store" / ".analyses").iterdir())


def test_an_answer_belongs_to_its_question(cache: AnswerCache) -> None:
    assert cache.read(["one"], list[int]) is None
    cache.write(["one"], [1])
    assert cache.read(["one"], list[int]) == [1]
    assert cache.read(["two"], list[int]) is None
    assert cache.read(["one"], list[str]) is None


def test_a_use_is_noted_so_that_it_is_not_pruned(cache: AnswerCache, tmp_path: Path) -> None:
    cache.write(["one"], [1])
    (path,) = entries(tmp_path)
    os.utime(path, (1000, 1000))
    cache.read(["one"], list[int])
    assert path.stat().st_mtime > 1000


@pytest.mark.parametrize("content", [b"", b"[1", b"\xff", b'{"a": 1}', b"[" * 100_000])
def test_what_is_damaged_is_found_again(cache: AnswerCache, tmp_path: Path, content: bytes) -> None:
    cache.write(["one"], [1])
    (path,) = entries(tmp_path)
    path.write_bytes(content)
    assert cache.read(["one"], list[int]) is None
    cache.write(["one"], [2])
    assert cache.read(["one"], list[int]) == [2]


def test_where_nothing_can_be_written_it_goes_on(cache: AnswerCache, tmp_path: Path) -> None:
    cache.write(["one"], [1])
    (path,) = entries(tmp_path)
    path.unlink()
    path.mkdir()
    cache.write(["one"], [2])
    assert cache.read(["one"], list[int]) is None
