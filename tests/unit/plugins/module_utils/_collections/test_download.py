# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Fetching from a file, and what a request carries; servers are in the system tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections import download as downloads
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import (
    _request,
    fetch,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import sha256

BASIC = "Basic dXNlcjpwQHNz"


def test_a_file_is_copied_and_checked(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    assert fetch((tmp_path / "a").as_uri(), to=str(tmp_path / "b"), sha256=sha256(b"hello"), index=PackageIndex()) == 5
    assert (tmp_path / "b").read_bytes() == b"hello"


def test_how_much_has_come_is_told(tmp_path: Path) -> None:
    content = bytes(3 << 20)
    told: list[tuple[int, int]] = []
    (tmp_path / "a").write_bytes(content)
    given: dict[str, Any] = {"to": str(tmp_path / "b"), "sha256": sha256(content), "index": PackageIndex()}
    fetch((tmp_path / "a").as_uri(), **given, told=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and len(told) > 1
    assert told[-1] == (3, 3)


def test_another_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    with pytest.raises(SourceError, match="does not have the sha256 of the package index: expected 000"):
        fetch((tmp_path / "a").as_uri(), to=str(tmp_path / "b"), sha256="0" * 64, index=PackageIndex())


def test_what_has_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MAX_BYTES", 4)
    (tmp_path / "a").write_bytes(b"hello")
    with pytest.raises(SourceError, match="larger than 0 MiB; nothing was stored"):
        fetch((tmp_path / "a").as_uri(), to=str(tmp_path / "b"), sha256=sha256(b"hello"), index=PackageIndex())


def test_a_disk_that_refuses_is_no_fault_of_the_network(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello" * 10_000)
    with pytest.raises(OSError, match="No space left"):
        fetch((tmp_path / "a").as_uri(), to="/dev/full", sha256="0" * 64, index=PackageIndex())


@pytest.mark.parametrize("url", ["ftp://host/a.whl", "/a.whl", "data:,x", ""])
def test_other_schemes_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceError, match="its scheme is not http, https or file"):
        fetch(url, to=str(tmp_path / "b"), sha256="0" * 64, index=PackageIndex())


@pytest.mark.parametrize(
    ("url", "index_url", "header"),
    [
        ("https://host/a.whl", None, None),
        ("https://user:p%40ss@host/a.whl", None, BASIC),
        ("https://host/a.whl", "https://user:p%40ss@host/simple", BASIC),
        ("https://host:8443/a.whl", "https://user:p%40ss@host/simple", None),
        ("http://host/a.whl", "https://user:p%40ss@host/simple", None),
        ("https://other/a.whl", "https://user:p%40ss@host/simple", None),
        ("https://host/a.whl", "https://host/simple", None),
    ],
)
def test_passwords_go_to_their_own_host_only(url: str, index_url: str | None, header: str | None) -> None:
    request = _request(url, index_url)
    assert request.unredirected_hdrs.get("Authorization") == header
    assert "Authorization" not in request.headers
    assert "user" not in request.full_url
