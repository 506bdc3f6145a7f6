# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""RECORD, as honest and as hostile wheels have it."""

from __future__ import annotations

import base64
import hashlib

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.record import (
    RecordRow,
    parse_hash,
    record_rows,
)


def test_paths_may_be_quoted() -> None:
    assert record_rows(b'a.py,sha256=x,1\r\n"b, ""c"".py",,\n\n') == [
        RecordRow("a.py", "sha256=x"),
        RecordRow('b, "c".py', ""),
    ]
    assert record_rows(b"") == []


@pytest.mark.parametrize(
    "data", [b"a.py\n", b"a.py,,,\n", b",,\n", b"\xff.py,,\n", b"a\0.py,,\n", b'"a.py,,\n', b'"a"b,,\n', b"x" * 200_000]
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        record_rows(data)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_hashes_that_the_format_allows(algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"x").digest()
    text = base64.urlsafe_b64encode(digest).decode()
    assert parse_hash(f"{algorithm}={text.rstrip('=')}") == (algorithm, digest)


@pytest.mark.parametrize(
    "stated",
    ["", "sha256", "sha256=", "sha256=AAAA", "md5=CY9rzUYh03PK3k6DJie09g", "sha1=" + "A" * 27, "SHA256=" + "A" * 43]
    + ["sha256=" + "é" * 43, "sha256=" + "00" * 32, "shake_128=" + "A" * 43, "=" + "A" * 43],
)
def test_other_hashes_are_none(stated: str) -> None:
    assert parse_hash(stated) is None
