# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Entries of roles, compared with what ansible-galaxy itself makes of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import (
    LockedRole,
    RoleRequest,
    is_galaxy_name,
    parse_roles,
)

FORGE = "https://github.com/acme/ansible-web"


@pytest.mark.parametrize(
    "entry",
    [
        "acme.web",
        "acme.web,1.0",
        "acme.web,1.0,web",
        "git+https://example.org/acme/web.git",
        "git+https://example.org/acme/web.git,v1",
        "git+file:///srv/web,main,web",
        "hg+https://example.org/web",
        "https://example.org/web-1.0.tar.gz",
        {"name": "acme.web"},
        {"role": "acme.web", "version": "1.0"},
        {"src": "acme.web", "name": "web"},
        {"src": "https://example.org/files/web.tar.gz", "name": "web"},
        {"src": "https://example.org/acme/web.git", "scm": "git", "version": "v1"},
        {"src": "git+https://example.org/acme/web.git"},
        {"src": "git@example.org:acme/web.git", "scm": "git"},
        {"src": "git+git@example.org:acme/web.git"},
        {"src": "ssh://git@example.org/acme/web.git", "scm": "git"},
        {"src": FORGE},
        {"src": FORGE, "version": "v1"},
        {"src": f"{FORGE}/archive/v1.tar.gz"},
    ],
)
def test_an_entry_means_what_it_means_for_ansible_galaxy(entry: Any) -> None:
    requirement = pytest.importorskip("ansible.playbook.role.requirement")
    (found,) = parse_roles([entry])
    expected = requirement.RoleRequirement.role_yaml_parse(copy.deepcopy(entry))
    src, version = expected.get("src") or expected["name"], expected.get("version") or ""
    assert found == RoleRequest(expected["name"], src, expected.get("scm"), version)
    again = requirement.RoleRequirement.role_yaml_parse(found.entry())
    assert (again["name"], again["src"], again["scm"]) == (found.name, found.src, found.scm), "what is handed over"
    assert parse_roles([found.entry()]) == parse_roles([found.listed()]) == [found]


def test_paths_of_this_host() -> None:
    assert parse_roles(["/srv/web.tar.gz", {"src": "/srv/backup/"}]) == [
        RoleRequest("web", "/srv/web.tar.gz"),
        RoleRequest("backup", "/srv/backup/"),
    ]
    assert parse_roles(["/srv/web.tar.gz"])[0].path == "/srv/web.tar.gz"
    assert parse_roles([{"src": "/srv/web", "scm": "git"}])[0].path is None


def test_an_address_with_a_plus_survives_the_way_to_ansible_galaxy_and_back() -> None:
    requirement = pytest.importorskip("ansible.playbook.role.requirement")
    request = RoleRequest("web", "https://example.org/c++/web.git", "git", "v1")
    handed = requirement.RoleRequirement.role_yaml_parse(request.entry())
    assert (handed["scm"], handed["src"]) == (request.scm, request.src)
    assert parse_roles([request.listed()]) == [request]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"name": "../web", "src": "acme.web"}, "'../web' is not the name of a role"),
        ({"name": "/srv/web", "src": "acme.web"}, "is not the name of a role"),
        ({"name": "a/b", "src": "acme.web"}, "is not the name of a role"),
        ({"name": ".hidden", "src": "acme.web"}, "is not the name of a role"),
        ({"name": "a\nb", "src": "acme.web"}, "is not the name of a role"),
        ({"name": "x" * 201, "src": "acme.web"}, "is not the name of a role"),
        ("git+https://example.org/..", "'..' is not the name of a role"),
        ("acme.web,1,../web", "is not the name of a role"),
        ("acme.web,1,web,x", "more than src,version,name"),
        ("web", "neither a name on Galaxy"),
        ("./web", "'./web' is not the name of a role"),
        ({"src": "./web", "name": "web"}, "neither a name on Galaxy"),
        ({"src": "acme.web", "scm": "svn"}, "scm 'svn' is not supported; use one of git, hg"),
        ({"src": "acme.web", "scm": "git"}, "is not an address for git"),
        ({"src": "ext::sh -c x", "scm": "git", "name": "x"}, "is not an address for git"),
        ({"src": "ftp://example.org/x.tar.gz"}, "is not an address for tarball"),
        ({"src": "https://me:secret@example.org/x.tar.gz"}, "contains a user or password"),
        ({"src": "acme.web", "version": "--upload-pack=x"}, "is not a version, commit, tag or branch"),
        ({"src": "acme.web", "version": 1.1}, "version must be text, not 1.1; quote it"),
        ({"include": "more.yml"}, "include is not supported here"),
        ({"src": "acme.web", "when": "x"}, "unknown key 'when'"),
        ({"role": "acme.web", "name": "acme.web"}, "role and name are the same"),
        ({"version": "1"}, "has neither src nor name"),
        ({}, "has neither src nor name"),
        (7, "neither a name such as geerlingguy.docker nor a dictionary"),
    ],
)
def test_what_is_none_is_named(entry: Any, said: str) -> None:
    with pytest.raises(InputError, match="^roles, entry 2: ") as caught:
        parse_roles(["acme.base", entry])
    assert said in caught.value.message and "secret" not in caught.value.message


def test_of_two_entries_for_a_name_none_is_chosen() -> None:
    assert len(parse_roles(["acme.web", {"name": "acme.web"}])) == 1
    with pytest.raises(InputError, match="the role acme.web has two different entries"):
        parse_roles(["acme.web,1.0", "acme.web,2.0"])


def test_what_a_lock_asks_for() -> None:
    assert LockedRole("web", "1.0", "a", "acme.web").request() == RoleRequest("web", "acme.web", None, "1.0")
    assert [name for name in ("acme.web", "a.b.web", "a-b.c_d", "web", "a/b", "") if is_galaxy_name(name)] == [
        "acme.web", "a.b.web", "a-b.c_d",
    ]  # fmt: skip


def test_a_required_content_is_part_of_the_entry_but_not_for_ansible_galaxy() -> None:
    for entry in ({"name": "acme.web", "version": "1.0"}, {"name": "web", "src": "git+https://a/b+c.git"}):
        (request,) = parse_roles([{**entry, "sha256": "a1" * 32}])
        assert request.sha256 == request.listed()["sha256"] == "a1" * 32
        assert "sha256" not in request.entry()
        assert parse_roles([request.listed()]) == [request]
        assert parse_roles([entry, request.listed()]) == parse_roles([request.listed(), entry]) == [request]
        with pytest.raises(InputError, match="has two different entries"):
            parse_roles([request.listed(), {**entry, "sha256": "b2" * 32}])
    for sha256, said in (("a1", "sha256 'a1' is not one"), (7, "sha256 must be text, not 7")):
        with pytest.raises(InputError, match=said):
            parse_roles([{"name": "acme.web", "sha256": sha256}])
