# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bencoded data has one form, and no data ends in anything but a value or one refusal."""

from __future__ import annotations

import contextlib
import random
import tracemalloc

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent import bencode
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.bencode import MAX_DEPTH, decode
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.refusal import RefusedError
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import TORRENTS, encode


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        2**62,
        b"",
        b"\x00\xff",
        [],
        {},
        [[], {}, [{}]],
        {b"": {b"": []}, b"a": [1, b"x"], b"info": {b"k": b"v"}, b"z": 0},
        [[[[b"a"], b"b"], b"c"], b"d"],
    ],
)
def test_a_value_is_read_as_it_was_written(value: bencode.Value) -> None:
    assert decode(encode(value)).value == value


def test_the_bytes_of_info_are_given_as_they_are() -> None:
    info = encode({"name": "x", "deep": [{"info": 1}, "e"]})
    assert decode(b"d4:aaaai1e4:info" + info + b"4:zzzz1:ee").info == info
    assert decode(encode({"x": {"info": {"a": 1}}})).info is None
    assert decode(encode([{"info": {"a": 1}}])).info is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the end of the data at byte 0"),
        (b"i01e", "a number that is not canonical"),
        (b"i-0e", "a number that is not canonical"),
        (b"i-01e", "a number that is not canonical"),
        (b"i+1e", "a number that is not canonical"),
        (b"ie", "a number that is not canonical"),
        (b"i1", "a number that is not canonical"),
        (b"i 1e", "a number that is not canonical"),
        (b"i1_0e", "a number that is not canonical"),
        (b"i" + b"9" * 5000 + b"e", "a number that is not canonical"),
        (b"01:a", "no value at byte 0"),
        (b"-1:a", "no value"),
        (b"2:a", "a text that is longer than the data"),
        (b"9999999999:a", "a text that is longer than the data"),
        (b"99999999999999:a", "no value"),
        ("\u0661:a".encode(), "no value"),
        (b"x", "no value"),
        (b"i1ei2e", "further data after the end at byte 3"),
        (b"le\n", "further data after the end"),
        (b"l", "the end of the data"),
        (b"li1e", "the end of the data"),
        (b"d1:ai1e", "the end of the data"),
        (b"d1:a", "the end of the data"),
        (b"d1:ae", "a key without a value"),
        (b"di1ei1ee", "a key that is not a text"),
        (b"dlei1ee", "a key that is not a text"),
        (b"ddei1ee", "a key that is not a text"),
        (b"d1:bi1e1:ai1ee", "not sorted, or not unique"),
        (b"d1:ai1e1:ai1ee", "not sorted, or not unique"),
        (b"e", "no value"),
        (b"l" * (MAX_DEPTH + 1) + b"e" * (MAX_DEPTH + 1), f"nested more than {MAX_DEPTH} deep"),
        (b"l" * 10_000_000, f"nested more than {MAX_DEPTH} deep"),
        (b"d1:a" * 1_000_000, f"nested more than {MAX_DEPTH} deep"),
    ],
    ids=lambda item: repr(item[:24]) if isinstance(item, bytes) else "",
)
def test_what_is_not_canonical_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decode(data)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 200


def test_many_values_are_refused_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bencode, "MAX_ITEMS", 1000)
    data = b"l" + b"le" * 500_000 + b"e"
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError, match="more than 1000 values"):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_changed_bytes_end_in_a_value_or_a_refusal() -> None:
    rng = random.Random(4711)
    for _round in range(4000):
        data = bytearray(rng.choice(list(TORRENTS.values())))
        for _change in range(rng.choice([1, 1, 2, 8])):
            at = rng.randrange(len(data))
            data[at : at + rng.choice([0, 1, 1, 5])] = rng.choice(
                [b"", b"i", b"e", b"d", b"l", b"9", b":", b"\xff", b"i-0e"]
            )
        with contextlib.suppress(RefusedError):
            assert encode(decode(bytes(data)).value) == bytes(data)


def test_random_tokens_end_in_a_value_or_a_refusal() -> None:
    rng = random.Random(42)
    tokens = [b"i1e", b"i-0e", b"1:a", b"1:b", b"0:", b"l", b"d", b"e", b"e", b"4:info", b"i", b":", b"9"]
    read = 0
    for _round in range(20_000):
        data = b"".join(rng.choices(tokens, k=rng.randrange(12)))
        try:
            assert encode(decode(data).value) == data
            read += 1
        except RefusedError:
            pass
    assert read > 100
