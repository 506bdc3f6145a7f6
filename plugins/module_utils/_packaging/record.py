# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""RECORD, the list that a wheel brings of its files and their hashes."""

from __future__ import annotations

import base64
import csv
import glob
import hashlib
import io
import os
from typing import NamedTuple

#: What the format allows; md5 and sha1 are forbidden there.
ALGORITHMS = ("sha256", "sha384", "sha512")
_REMEDY = " (build the wheel again with a current tool, or choose another version)"


class RecordRow(NamedTuple):
    """A file as RECORD states it: its path as written, and its hash as written, empty where there is none."""

    path: str
    stated: str


def record_rows(data: bytes) -> list[RecordRow]:
    """The rows of a RECORD file; raises :class:`ValueError` that says why it is none."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start}") from error
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    short = next((row for row in rows if len(row) != 3 or not row[0]), None)
    if short is not None:
        raise ValueError(f"the row {','.join(short)[:100]!r} is not path, hash and size")
    return [RecordRow(path, stated) for path, stated, _size in rows]


def parse_hash(stated: str) -> tuple[str, bytes] | None:
    """The algorithm and the digest of ``sha256=<base64>``; None for what the format does not allow."""
    algorithm, _equals, encoded = stated.partition("=")
    if algorithm not in ALGORITHMS:
        return None
    try:
        digest = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return (algorithm, digest) if len(digest) == hashlib.new(algorithm).digest_size else None


def unusable_hash(stated: str) -> str | None:
    """What is wrong with a hash as RECORD states it, None for one that can be compared."""
    if not stated:
        return f"has no hash in its RECORD{_REMEDY}"
    if parse_hash(stated) is None:
        return f"has a hash in its RECORD that is not one of {', '.join(ALGORITHMS)}{_REMEDY}"
    return None


def unstated_scripts(wheel: str, dist_info: str) -> list[tuple[str, str]]:
    """The scripts of the unpacked ``wheel`` that its RECORD has no right hash for, each with what is wrong."""
    with open(os.path.join(wheel, dist_info, "RECORD"), "rb") as stream:
        stated = dict(record_rows(stream.read()))
    problems = []
    scripts = glob.glob(os.path.join(glob.escape(wheel), "*.data", "scripts", "*"))
    for path in sorted(filter(os.path.isfile, scripts)):
        relative = os.path.relpath(path, wheel)
        wrong = unusable_hash(stated.get(relative, ""))
        expected = parse_hash(stated.get(relative, ""))
        if wrong is not None:
            problems.append((relative, wrong))
        elif expected is not None and file_digest(path, expected[0]) != expected[1].hex():
            problems.append((relative, "differs from its RECORD"))
    return problems


def file_digest(path: str, algorithm: str) -> str:
    """The digest of a file's content, in hex."""
    digest = hashlib.new(algorithm)
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()
