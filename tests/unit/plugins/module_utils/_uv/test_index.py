# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Pages with links to wheels, and the files behind them: real ones, by their file URLs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import index as pages
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"wheel"


def test_links_are_resolved_and_keep_their_fragments(tmp_path: Path) -> None:
    page = tmp_path / "uv" / "index.html"
    page.parent.mkdir()
    page.write_text(
        "<a href='../files/uv-1.whl#sha256=aa'>x</a><a name=y></a><A HREF=https://other.invalid/uv-2.whl>"
        "<a href='ftp://other.invalid/uv-3.whl'></a><link href='uv-4.whl'>"
    )
    assert pages.page_links(page.as_uri(), PackageIndex()) == {
        "uv-1.whl": f"{tmp_path.as_uri()}/files/uv-1.whl#sha256=aa",
        "uv-2.whl": "https://other.invalid/uv-2.whl",
    }


def test_a_page_of_the_network_names_no_file_of_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_get", lambda *_args: b"<a href='file:///etc/uv-1.whl'></a><a href='uv-2.whl'></a>")
    found = pages.page_links("https://index.invalid/uv/", PackageIndex())
    assert found == {"uv-2.whl": "https://index.invalid/uv/uv-2.whl"}


def digest(algorithm: str) -> str:
    return f"{algorithm}={hashlib.new(algorithm, CONTENT).hexdigest()}"


@pytest.mark.parametrize(
    "fragment", [digest("sha256"), digest("sha512"), digest("sha256").upper().replace("SHA", "sha")]
)
def test_a_file_with_the_stated_hash(tmp_path: Path, fragment: str) -> None:
    (tmp_path / "uv-1.whl").write_bytes(CONTENT)
    assert pages.fetch_hashed(f"{tmp_path.as_uri()}/uv-1.whl#{fragment}", PackageIndex()) == CONTENT


@pytest.mark.parametrize("fragment", ["", "sha256=", "sha256=" + "0" * 64, digest("md5"), "sha256"])
def test_a_file_with_another_hash_or_none_is_refused(tmp_path: Path, fragment: str) -> None:
    (tmp_path / "uv-1.whl").write_bytes(CONTENT)
    with pytest.raises(ToolMissingError, match="uv-1.whl from .* does not have the .*sha256.* of the index"):
        pages.fetch_hashed(f"{tmp_path.as_uri()}/uv-1.whl#{fragment}", PackageIndex())


def test_a_file_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_WHEEL_BYTES", 1 << 20)
    with (tmp_path / "uv-1.whl").open("wb") as stream:
        stream.truncate((1 << 20) + 1)
    with pytest.raises(ToolMissingError, match="it is larger than 1 MiB"):
        pages.fetch_hashed(f"{tmp_path.as_uri()}/uv-1.whl#{digest('sha256')}", PackageIndex())
