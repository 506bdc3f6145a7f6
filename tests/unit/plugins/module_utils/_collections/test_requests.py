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
        ("acme.tools:latest", "entry 2: 'latest' is not a semantic version"),
        ("acme.tools:", "entry 2: '' is not a version range"),
        (7, "entry 2: 7 is neither a name"),
        ({}, "entry 2: None is not the name"),
        ({"name": 7}, "entry 2: name must be text, not 7"),
        ({"name": "acme.tools", "version": 1.0}, "entry 2: version must be text, not 1.0; quote it"),
        ({"name": "acme.tools", "signatures": []}, "entry 2: unknown key 'signatures'"),
        ({"name": "acme.tools", "type": "git"}, "entry 2: type 'git' is not supported; use one of galaxy, file, dir"),
        (
            {"name": "acme.tools", "source": "https://example.org"},
            "entry 2: source 'https://example.org' is a Galaxy",
        ),
        ({"name": "tools.tar.gz", "type": "file"}, "entry 2: type file requires the absolute path of a tarball"),
        ({"type": "dir"}, "entry 2: type dir requires the absolute path of a directory, not None"),
        ({"name": "../x", "type": "dir", "source": "/a"}, "entry 2: '../x' is not the name"),
    ],
)
def test_each_wrong_entry_has_one_clear_error(entry: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_requests(["acme.tools", entry])
    assert caught.value.message.startswith(f"collections, {message}")
