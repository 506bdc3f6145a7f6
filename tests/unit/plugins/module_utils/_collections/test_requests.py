# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Entries of the option ``collections``."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    check_name,
    parse_requests,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError


@pytest.mark.parametrize(
    ("entry", "request_"),
    [
        ("acme.tools", CollectionRequest("acme.tools")),
        ("acme.tools:>=1.0.0,<2", CollectionRequest("acme.tools", ">=1.0.0,<2")),
        ({"name": "acme.tools"}, CollectionRequest("acme.tools")),
        ({"name": "acme.tools", "version": None, "source": None}, CollectionRequest("acme.tools")),
        ({"name": "acme.tools", "version": "1.2.3", "type": "galaxy"}, CollectionRequest("acme.tools", "1.2.3")),
        ({"name": "/a/b.tar.gz", "type": "file"}, CollectionRequest("/a/b.tar.gz", type="file")),
        (
            {"name": "acme.tools", "type": "dir", "source": "/a/b"},
            CollectionRequest("acme.tools", type="dir", source="/a/b"),
        ),
        ({"name": "/a/b", "type": "subdirs"}, CollectionRequest("/a/b", type="subdirs")),
        (
            {"name": "acme.tools", "source": "https://hub.example.org/api/", "signatures": "file:///a.asc"},
            CollectionRequest("acme.tools", source="https://hub.example.org/api/", signatures=("file:///a.asc",)),
        ),
        ({"name": "acme.tools", "source": "my_hub"}, CollectionRequest("acme.tools", source="my_hub")),
        ("git+https://example.org/t.git#/c/,v1", CollectionRequest("git+https://example.org/t.git#/c/,v1", type="git")),
        ("git@example.org:a/tools.git", CollectionRequest("git@example.org:a/tools.git", type="git")),
        (
            {"name": "https://example.org/tools.git", "type": "git", "version": "feature/x-1"},
            CollectionRequest("https://example.org/tools.git", "feature/x-1", "git"),
        ),
        (
            {"name": "acme.tools", "source": "ssh://git@example.org/tools.git", "type": "git"},
            CollectionRequest("acme.tools", "*", "git", "ssh://git@example.org/tools.git"),
        ),
        ("https://example.org/t-1.0.0.tar.gz", CollectionRequest("https://example.org/t-1.0.0.tar.gz", type="url")),
        ("/no/such/tools", CollectionRequest("/no/such/tools", type="dir")),
        ({"name": "acme.tools", "sha256": "a1" * 32}, CollectionRequest("acme.tools", sha256="a1" * 32)),
        (
            {"name": "acme.tools", "type": "dir", "source": "/a/b", "sha256": "a1" * 32},
            CollectionRequest("acme.tools", type="dir", source="/a/b", sha256="a1" * 32),
        ),
    ],
)
def test_the_forms_of_an_entry(entry: object, request_: CollectionRequest) -> None:
    assert parse_requests([entry]) == [request_]


@pytest.mark.parametrize(
    ("request_", "path", "collection"),
    [
        (CollectionRequest("acme.tools"), None, "acme.tools"),
        (CollectionRequest("/a/b.tar.gz", type="file"), "/a/b.tar.gz", None),
        (CollectionRequest("acme.tools", type="dir", source="/a/b"), "/a/b", "acme.tools"),
    ],
)
def test_where_a_request_points(request_: CollectionRequest, path: str | None, collection: str | None) -> None:
    assert (request_.path, request_.collection) == (path, collection)


@pytest.mark.parametrize(
    "name",
    ["", "acme", "acme.", ".tools", "acme.tools.more", "acme..tools", "../acme.tools", "acme.../x", "acme.to/ols",
     "acme/x.y", "acme.to-ols", "acme.1tools", "acme.class", "acme.tools\n", "acme.to\0ols", "acme.té", " acme.tools",
     "a" * 65 + ".b", None, 7],
)  # fmt: skip
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(InputError, match="is not the name of a collection"):
        check_name(name)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("../../etc.passwd", "entry 2: '../../etc.passwd' is not the name"),
        ("acme.tools:latest", "entry 2: 'latest' is not a version range: use * for the highest release"),
        ("acme.tools:", "entry 2: '' is not a version range"),
        (7, "entry 2: 7 is neither a name"),
        ({}, "entry 2: None is not the name"),
        ({"name": 7}, "entry 2: name must be text, not 7"),
        ({"name": "acme.tools", "version": 1.0}, "entry 2: version must be text, not 1.0; quote it"),
        ({"name": "acme.tools", "signature": []}, "entry 2: unknown key 'signature'"),
        ({"name": "acme.tools", "type": "hg"}, "entry 2: type 'hg' is not supported; use one of galaxy, git, url,"),
        ({"name": "acme.tools", "type": "git"}, "entry 2: 'acme.tools' is not an address for git"),
        ({"name": "acme.tools", "source": "--help"}, "entry 2: '--help' is not an address for galaxy"),
        ({"name": "acme.tools", "source": "http://a b"}, "entry 2: 'http://a b' is not an address for galaxy"),
        ({"name": "--upload-pack=x", "type": "git"}, "entry 2: '--upload-pack=x' is not an address for git"),
        ({"name": "ext::sh -c x", "type": "git"}, "entry 2: 'ext::sh -c x' is not an address for git"),
        ({"name": "git+https://a/b", "version": "-x"}, "entry 2: version '-x' is not the name of a commit, tag or"),
        ({"name": "git+https://a/b\n", "type": "git"}, "entry 2: 'git+https://a/b\\n' is not an address"),
        ({"name": "https://[a/b", "type": "url"}, "entry 2: 'https://[a/b' is not an address"),
        ({"name": "git+https://me:secret@a/b"}, "entry 2: the address of a contains a user or password; remove them"),
        ({"name": "git+https://secret@a/b"}, "entry 2: the address of a contains a user or password; remove them"),
        ({"name": "git+ssh://me:secret@a/b"}, "entry 2: the address of a contains a user or password; remove them"),
        ({"name": "acme.tools", "source": "https://t@a"}, "entry 2: the address of a contains a user or password"),
        ({"name": "acme.tools", "signatures": [7]}, "entry 2: 7 is not an address"),
        ({"name": "acme.tools", "signatures": "ftp://a"}, "entry 2: 'ftp://a' is not an address for signatures"),
        ({"name": "/a", "type": "dir", "signatures": "file:///b"}, "entry 2: type dir cannot have signatures"),
        ({"name": "tools.tar.gz", "type": "file"}, "entry 2: type file requires the absolute path of a tarball"),
        ({"type": "dir"}, "entry 2: type dir requires the absolute path of a directory, not None"),
        ({"name": "../x", "type": "dir", "source": "/a"}, "entry 2: '../x' is not the name"),
        ({"name": "acme.tools", "sha256": "a1"}, "entry 2: sha256 'a1' is not one: it has 64 of the digits"),
        ({"name": "acme.tools", "sha256": "A1" * 32}, "entry 2: sha256 'A1"),
        ({"name": "acme.tools", "sha256": 7}, "entry 2: sha256 must be text, not 7; quote it"),
        ({"name": "/a/b", "type": "dir", "sha256": "a1" * 32}, "entry 2: sha256 requires the name of the collection"),
    ],
)
def test_each_wrong_entry_has_one_clear_error(entry: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_requests(["acme.tools", entry])
    assert caught.value.message.startswith(f"collections, {message}")
