# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Addresses of indexes: what is refused before the network is asked, and what may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "me:s3cret@nonsense",
        "https://",
        "https:///simple",
        "ftp://index.example/simple",
        "ssh://me:s3cret@index.example/simple",
        "https://[::1/simple",
        "https://index.example:port/simple",
        "https://me:s3c/ret@index.example",
        "https://index.example/a b",
        "https://index.example/\n",
        "/srv/simple",
        "file:///srv/nowhere/simple",
    ],
)
def test_what_is_no_address_of_an_index(address: str) -> None:
    with pytest.raises(InputError, match="^index_url: ") as caught:
        PackageIndex(address)
    assert "s3c" not in caught.value.message


@pytest.mark.parametrize("address", ["https://me:p@index.example:8080/simple/", "http://127.0.0.1/s", "http://[::1]/s"])
def test_addresses_of_indexes(address: str) -> None:
    assert PackageIndex(address).environment()["UV_DEFAULT_INDEX"] == address


def test_a_directory_is_an_index(tmp_path: Path) -> None:
    assert PackageIndex(tmp_path.as_uri()).environment()["UV_DEFAULT_INDEX"] == tmp_path.as_uri()


@pytest.mark.parametrize(
    ("address", "is_shown"),
    [
        ("https://index.example/simple", True),
        ("https://me:s3cret@index.example/simple", False),
        ("https://t0ken@index.example/simple", False),
        ("https://index.example/simple?token=s3cret", False),
    ],
)
def test_only_an_address_without_a_secret_is_shown(address: str, is_shown: bool) -> None:
    masked = {address, "other"}
    options: dict[str, Any] = {"index_url": address, "find_links": [], "offline": False}
    PackageIndex.of(options, masked=masked)
    assert masked == ({"other"} if is_shown else {address, "other"})


def test_nonsense_is_shown() -> None:
    masked = {"nonsense"}
    with pytest.raises(InputError, match="'nonsense' is not the address of a package index"):
        PackageIndex.of({"index_url": "nonsense", "find_links": [], "offline": False}, masked=masked)
    assert masked == set()
