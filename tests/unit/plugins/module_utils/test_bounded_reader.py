# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The reader of unpacked archives: no more than its limit, in pieces, and backwards only where that is asked for."""

from __future__ import annotations

import gzip
import io

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._bounded_reader import BoundedReader


def reader(data: bytes, *, limit: int = 100, rewinds: bool = False) -> BoundedReader:
    stream = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data)))
    return BoundedReader(stream, limit, longest_read=50, failure=RuntimeError, rewinds=rewinds)


def test_what_is_below_the_limit_is_read() -> None:
    one = reader(b"ab" * 50)
    assert (one.read(2), one.seek(98), one.read(50 - 48), one.tell()) == (b"ab", 98, b"ab", 100)


@pytest.mark.parametrize("size", [-1, None, 51])
def test_nothing_is_read_in_one_long_piece(size: int | None) -> None:
    with pytest.raises(RuntimeError, match="unpacks to a header that is too long"):
        reader(b"").read(size)


def test_what_is_above_the_limit_is_not_read() -> None:
    one = reader(bytes(200))
    one.seek(100)
    with pytest.raises(RuntimeError, match="unpacks to more than 0 MiB"):
        one.read(1)
    with pytest.raises(RuntimeError, match="unpacks to more than 0 MiB"):
        reader(bytes(200)).seek(101)


def test_backwards_only_where_that_is_asked_for() -> None:
    one = reader(b"abc", rewinds=True)
    assert (one.read(3), one.seek(0), one.read(3)) == (b"abc", 0, b"abc")
    forwards = reader(b"abc")
    forwards.read(3)
    with pytest.raises(RuntimeError, match="points backwards"):
        forwards.seek(0)
