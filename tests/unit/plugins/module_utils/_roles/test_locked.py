# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The roles of a lock: those that are asked for with what they depend on, in what is locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.locked import LockedRoles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import (
    LockedRole,
    RoleRequest,
    parse_roles,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import RoleSource
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import Galaxy, installer

COMMIT = "c" * 40
REPOSITORY = "git+https://example.org/db.git"


def locked(source: RoleSource, *entries: object) -> list[LockedRole]:
    return [
        LockedRole(one.name, one.version, one.sha256, one.src, one.scm, one.requested_revision)
        for one in source.deliver(parse_roles(list(entries)))
    ]


def test_roles_are_delivered_with_what_they_depend_on_and_nothing_is_asked_for_what_is_there(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {"dependencies": ["acme.base"]}, "acme.base": {}, "acme.db": {}})
    source = RoleSource(installer(tmp_path, galaxy))
    roles = LockedRoles(locked(source, "acme.web", "acme.db"), RoleSource(source.installer, upgrade=True))
    assert [one.name for one in roles.deliver(parse_roles(["acme.web"]))] == ["acme.base", "acme.web"]
    assert [one.name for one in roles.deliver(parse_roles(["acme.db"]))] == ["acme.db"]
    assert len(galaxy.asked) == 1


def test_a_commit_is_locked_with_the_branch_that_was_asked_for(tmp_path: Path) -> None:
    galaxy = Galaxy({"db": {"version": COMMIT, "src": "https://example.org/db.git", "scm": "git"}})
    source = RoleSource(installer(tmp_path, galaxy))
    (role,) = locked(source, f"{REPOSITORY},main")
    assert (role.version, role.requested_revision) == (COMMIT, "main")
    (taken,) = LockedRoles([role], source).deliver(parse_roles([f"{REPOSITORY},main"]))
    assert (taken.version, taken.requested_revision) == (COMMIT, "main")
    with pytest.raises(ResolutionError, match="the role db v2 is required, and the lock has main"):
        LockedRoles([role], source).deliver(parse_roles([f"{REPOSITORY},v2"]))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("acme.web", ""),
        ("acme.web,1.0", ""),
        ("acme.web,2.0", "the role acme.web 2.0 is required, and the lock has 1.0"),
        ({"name": "acme.web", "src": "https://x.org/w.tar.gz"}, "from https://x.org/w.tar.gz is required"),
    ],
)
def test_a_version_and_a_source_have_to_be_those_that_were_locked(entry: object, said: str) -> None:
    (request,) = parse_roles([entry])
    difference = LockedRole("acme.web", "1.0", "0" * 64, "acme.web").difference(request)
    assert said in difference and bool(said) == bool(difference)


def test_a_role_that_the_lock_does_not_have_is_an_error_if_somebody_has_it(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {}})
    source = RoleSource(installer(tmp_path, galaxy))
    roles = LockedRoles(locked(source, "acme.web"), source)
    galaxy.roles = {"acme.db": {}}
    with pytest.raises(ResolutionError, match="it does not have acme.db: run once without the option 'locked'"):
        roles.deliver([RoleRequest("acme.db", "acme.db")])
    with pytest.raises(SourceError, match="acme.none"):
        roles.deliver([RoleRequest("acme.none", "acme.none")])


def test_a_dependency_that_the_lock_does_not_have_is_an_error(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {"dependencies": ["acme.base"]}, "acme.base": {}})
    source = RoleSource(installer(tmp_path, galaxy))
    web = [one for one in locked(source, "acme.web") if one.name == "acme.web"]
    with pytest.raises(ResolutionError, match="it does not have acme.base, on which another role depends: run once"):
        LockedRoles(web, source).deliver(parse_roles(["acme.web"]))
