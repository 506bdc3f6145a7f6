# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Entries of requirements files: what is refused, and that nothing else is which ansible-galaxy reads whole."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.galaxy.dependency_resolution.dataclasses import Requirement
from ansible.playbook.role.requirement import RoleRequirement

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.requirement_entries import (
    entry_problem,
    nearest_key,
)

REFUSED_COLLECTIONS: list[Any] = [
    *("a.b:1.0.0", "a.b:>=1,<2", "a.b==1.0.0", "a.b >= 1.0", "a.b 1.0.0", "a.b: 1.0.0", "a.b~=1.0", "a.b@1.0.0"),
    *({"a.b": "1.0.0"}, {"a.b": 1.0}, {"version": "1.0.0"}, {}, {"nmae": "a.b"}, {"comment": "x", "type": "git"}),
]


@pytest.mark.parametrize("entry", REFUSED_COLLECTIONS)
def test_what_ansible_galaxy_refuses_of_a_collection_is_said(entry: Any) -> None:
    assert entry_problem(entry, is_role=False) is not None
    with pytest.raises((AnsibleError, AttributeError)):
        Requirement.from_requirement_dict({"name": entry} if isinstance(entry, str) else dict(entry), None)


@pytest.mark.parametrize("entry", [{"me.web": "1.0"}, {"version": "v1"}, {}])
def test_what_ansible_galaxy_refuses_of_a_role_is_said(entry: Any) -> None:
    assert entry_problem(entry, is_role=True) is not None
    parsed = RoleRequirement.role_yaml_parse(dict(entry))
    assert "name" not in parsed and "src" not in parsed


@pytest.mark.parametrize("key", ["versio", "verison", "Version", "VERSION", "versions", "vresion"])
@pytest.mark.parametrize("is_role", [True, False])
def test_a_slip_of_a_key_names_the_key(key: str, is_role: bool) -> None:
    problem = entry_problem({"name": "a.b", key: "1.0.0"}, is_role=is_role)
    assert problem is not None and problem.reason.endswith(f"{key}; write version")
    assert problem.value == key


@pytest.mark.parametrize(
    ("entry", "is_role", "meant"),
    [
        ({"nmae": "a.b"}, False, "name"),
        ({"name": "a.b", "tpye": "git"}, False, "type"),
        ({"name": "a.b", "sources": "hub"}, False, "source"),
        ({"name": "a.b", "signature": "x"}, False, "signatures"),
        ({"scr": "a.b"}, True, "src"),
        ({"roel": "a.b"}, True, "role"),
        ({"src": "a.b", "csm": "git"}, True, "scm"),
        ({"includes": "x.yml"}, True, "include"),
    ],
)
def test_each_key_can_be_meant(entry: Any, is_role: bool, meant: str) -> None:
    problem = entry_problem(entry, is_role=is_role)
    assert problem is not None and problem.reason.endswith(f"write {meant}")


@pytest.mark.parametrize(
    ("entry", "is_role"),
    [
        *((one, False) for one in ("a.b", "git+https://h/x.git,v1", "https://h/a-b-1.0.0.tar.gz", "./a b/c.d:e")),
        *((one, True) for one in ("me.web", "me.web,1.0", "git+ssh://git@h:22/x.git", "git@h:me/web.git", "h:me/web")),
        ({"name": "a.b", "comment": "why", "tag": "x", "license": "y"}, False),
        ({"name": "a.b", "version": "1.0.0", "versions": "note"}, False),
        ({"source": "https://h/a.git", "type": "git"}, False),
        ({"name": "a.b", "sha256": "0", "requested_revision": "v1"}, False),
        ({"src": "me.web", "become": True, "requested_revision": "v1"}, True),
        ({"name": "web", "roles": "x"}, True),
    ],
)
def test_what_ansible_galaxy_reads_whole_is_accepted(entry: Any, is_role: bool) -> None:
    assert entry_problem(entry, is_role=is_role) is None


@pytest.mark.parametrize(
    ("entry", "version"),
    [("a.b:6.0.0", "6.0.0"), ("a.b==6.0.0", "6.0.0"), ("a.b:>=6,<7", '">=6,<7"'), ({"a.b": "6.0.0"}, "6.0.0")],
)
@pytest.mark.parametrize("is_role", [True, False])
def test_the_version_is_said_as_it_must_be_written(entry: Any, version: str, is_role: bool) -> None:
    problem = entry_problem(entry, is_role=is_role)
    assert problem is not None and f"write 'name: a.b' and 'version: {version}'" in problem.reason


@pytest.mark.parametrize("entry", [None, 5, ["a.b"], True])
def test_an_entry_of_another_type(entry: Any) -> None:
    for is_role in (True, False):
        problem = entry_problem(entry, is_role=is_role)
        assert problem is not None and "a name or a dictionary" in problem.reason


def test_the_nearest_key_of_a_hostile_one_is_bounded() -> None:
    assert nearest_key("version" * 10**6, ["version"]) is None
    assert nearest_key(("a", "b"), ["version"]) is None
