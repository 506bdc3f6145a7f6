# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Addresses in entries of requirements files."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.address import REFERENCE, check_address, shown


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("tarball", "https://example.org/x.tar.gz"),
        ("tarball", "file:///srv/x.tar.gz"),
        ("hg", "ssh://hg@example.org/x"),
        ("hg", "/srv/x"),
        ("git", "git@example.org:acme/web.git"),
        ("git", "git+ssh://git@example.org/x"),
        ("galaxy", "hub"),
    ],
)
def test_what_is_an_address(kind: str, address: str) -> None:
    assert check_address(address, kind) == address


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("tarball", "/srv/x.tar.gz", "is not an address for tarball"),
        ("hg", "hg@example.org:x", "is not an address for hg"),
        ("git", "ext::sh", "is not an address for git"),
        ("git", "-oProxyCommand=x", "is not an address for git"),
        ("url", "https://[::1/x", "is not an address"),
        ("url", "https://a b", "is not an address for url"),
        ("url", "https://a\x1b", "is not an address"),
        ("url", "https://a/" + "x" * 5000, "is not an address"),
        ("git", "https://me:secret@example.org/x", "address of example.org contains a user or password"),
        ("git", None, "None is not an address"),
    ],
)
def test_what_is_none(kind: str, address: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_address(address, kind)
    assert said in caught.value.message and "secret" not in caught.value.message


def test_a_reference_is_no_option_and_a_value_is_short() -> None:
    found = [text for text in ("v1.0", "feature/x", "*", "", "-x", "a b", "a;b") if REFERENCE.fullmatch(text)]
    assert found == ["v1.0", "feature/x", "*"]
    assert (len(shown("x" * 500)), shown("http://a:b@c")) == (80, "'http://…@c'")
