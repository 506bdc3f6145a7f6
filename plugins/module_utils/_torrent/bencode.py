# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read bencoded data of strangers: its one canonical form, within limits, without recursion."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

from .refusal import RefusedError

#: As deep as directories in a torrent of version 2 may be, and some more.
MAX_DEPTH = 100
#: Values and keys: twenty thousand files of a hybrid torrent need so many.
MAX_ITEMS = 1_000_000
Value = Union[int, bytes, list["Value"], dict[bytes, "Value"]]
_INTEGER = re.compile(rb"i(0|-?[1-9][0-9]{0,18})e")
_LENGTH = re.compile(rb"(0|[1-9][0-9]{0,9}):")


@dataclass(frozen=True)
class Bencoded:
    """A decoded ``value``; ``info`` are the bytes of the value of the key ``info`` of a dictionary at the top."""

    value: Value
    info: bytes | None


def decode(data: bytes) -> Bencoded:
    """All of ``data``; raises :class:`RefusedError` for anything but one value in canonical form."""
    return _Decoder(data).decode()


class _Open:
    """A list or a dictionary whose end was not read yet."""

    def __init__(self, start: int, *, is_dictionary: bool) -> None:
        self.start = start
        self.value: Value = {} if is_dictionary else []
        self.key: bytes | None = None
        self.last_key: bytes | None = None

    @property
    def needs_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._items = 0
        self._stack: list[_Open] = []
        self._info: bytes | None = None

    def decode(self) -> Bencoded:
        while True:
            start = self._at
            self._items += 1
            if self._items > MAX_ITEMS:
                raise RefusedError(f"it has more than {MAX_ITEMS} values")
            done = self._next()
            while done is not None and self._stack:
                if self._stack[-1].needs_key:
                    self._take_key(done, start)
                    break
                self._add(done, start)
                done, start = self._closed()
            if done is not None and not self._stack:
                if self._at != len(self._data):
                    raise self._wrong("further data after the end", self._at)
                return Bencoded(done, self._info)

    def _next(self) -> Value | None:
        """The next whole value; None after the begin of a list or a dictionary that has content."""
        start = self._at
        kind = self._data[start : start + 1]
        if kind == b"i":
            match = _INTEGER.match(self._data, start)
            if match is None:
                raise self._wrong("a number that is not canonical", start)
            self._at = match.end()
            return int(match.group(1))
        if kind in (b"l", b"d"):
            if len(self._stack) >= MAX_DEPTH:
                raise RefusedError(f"it is nested more than {MAX_DEPTH} deep")
            self._at += 1
            self._stack.append(_Open(start, is_dictionary=kind == b"d"))
            return None if self._data[self._at : self._at + 1] != b"e" else self._closed()[0]
        return self._text()

    def _text(self) -> bytes:
        match = _LENGTH.match(self._data, self._at)
        if match is None:
            raise self._wrong("no value" if self._at < len(self._data) else "the end of the data", self._at)
        start, size = match.end(), int(match.group(1))
        if size > len(self._data) - start:
            raise self._wrong("a text that is longer than the data", self._at)
        self._at = start + size
        return self._data[start : self._at]

    def _take_key(self, key: Value, start: int) -> None:
        opened = self._stack[-1]
        if not isinstance(key, bytes):
            raise self._wrong("a key that is not a text", start)
        if opened.last_key is not None and key <= opened.last_key:
            raise self._wrong("keys that are not sorted, or not unique", start)
        opened.key = opened.last_key = key
        if self._data[self._at : self._at + 1] == b"e":
            raise self._wrong("a key without a value", start)

    def _add(self, value: Value, start: int) -> None:
        opened = self._stack[-1]
        if isinstance(opened.value, list):
            opened.value.append(value)
        elif isinstance(opened.value, dict) and opened.key is not None:
            opened.value[opened.key] = value
            if opened.key == b"info" and len(self._stack) == 1:
                self._info = self._data[start : self._at]
            opened.key = None

    def _closed(self) -> tuple[Value | None, int]:
        """The list or dictionary that ends here, with its start; None where it goes on."""
        if self._data[self._at : self._at + 1] != b"e":
            return None, self._at
        self._at += 1
        opened = self._stack.pop()
        return opened.value, opened.start

    def _wrong(self, what: str, at: int) -> RefusedError:
        return RefusedError(f"it is not valid bencoding: {what} at byte {at}")
