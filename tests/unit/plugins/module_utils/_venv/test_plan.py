# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which ansible-core a plan asks the installer for, and what decides the id of a generation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import LockedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.interpreter import Interpreter
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import LockedRole, RoleRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import CachedRole
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import RoleSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import json_sha256
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import plan
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.carried_content import CarriedContent
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.plan import VenvPlan, make_plan, plan_from_lock
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest

PYTHON = Interpreter("/python", "cpython", "3.12.1", "cpython-312", "x86_64", "glibc")


def test_roles_decide_it_and_without_any_it_is_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def noted(content: dict[str, Any]) -> str:
        seen.append(content)
        return json_sha256(content)

    monkeypatch.setattr(plan, "json_sha256", noted)
    role = CachedRole("acme.web", "1.0", "acme.web", sha256="0" * 64)
    plain = VenvPlan(interpreter=PYTHON, packages=(), collections=())
    assert plain.digest != VenvPlan(interpreter=PYTHON, packages=(), collections=(), roles=(role,)).digest
    assert sorted(seen[0]) == ["collections", "interpreter", "ours", "packages", "schema"]
    assert seen[1]["roles"] == [("acme.web", "1.0", "0" * 64)]


class Installer:
    """Notes what it is to resolve, and finds nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def compile(self, lines: Sequence[str], **_options: Any) -> list[Any]:
        self.asked += lines
        return []


class Source:
    """Collections with what they require of ansible-core; a source that ``pins`` one, or not."""

    spec = "these"

    def __init__(self, requires: dict[str, str | None], pins: str | None) -> None:
        self._requires = requires
        self._pins = pins

    def core_requirement(self) -> str | None:
        return self._pins

    def prepare(self, requests: Sequence[CollectionRequest], given: Sequence[Any] = ()) -> Sequence[CollectionRequest]:
        return requests

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        cached = partial(CachedCollection, name, "1.0.0", "", "/x", {}, self._requires[name])
        return [CollectionCandidate(name, "1.0.0", {}, cached)]


@pytest.mark.parametrize(
    ("asked", "pins", "requires", "core"),
    [
        (None, None, [">=2.15.0", ">=2.16,<2.20"], "ansible-core<2.20,>=2.16"),
        ("ansible-core", None, [">=2.16", None], "ansible-core>=2.16"),
        ("ansible-core==2.19.5", None, [">=2.16"], "ansible-core==2.19.5"),
        (None, "ansible-core~=2.19.5", [">=2.16"], "ansible-core~=2.19.5"),
        (None, None, [None], "ansible-core"),
        (None, None, [">=2.18", "<2.17"], "ansible-core"),
        (None, None, ["latest"], "ansible-core"),
    ],
)
def test_an_open_core_is_one_that_all_collections_allow(
    asked: str | None, pins: str | None, requires: list[str | None], core: str
) -> None:
    versions = {f"acme.c{number}": one for number, one in enumerate(requires)}
    names, source = list(versions), Source(versions, pins)
    installer = Installer()
    make_plan(
        VenvRequest(None, asked, (), tuple(map(CollectionRequest, names)), "these"),
        interpreter=PYTHON,
        source=cast(CollectionSource, source),
        uv=lambda: cast(Uv, installer),
        offline=True,
    )
    assert installer.asked == [core]


def carried(core: str | None = None) -> CarriedContent:
    collection = CachedCollection("acme.tools", "1.0.0", "0" * 64, "", {}, ">=2.16")
    return CarriedContent((collection,), (CachedRole("web", "1.0", "web", sha256="1" * 64),), core)


@pytest.mark.parametrize(
    ("pins", "core"), [(None, "ansible-core>=2.16"), ("ansible-core~=2.19.5", "ansible-core~=2.19.5")]
)
def test_carried_content_is_planned_as_what_a_source_delivers(pins: str | None, core: str) -> None:
    content, installer = carried(pins), Installer()
    planned = make_plan(
        VenvRequest(None, None, (), (CollectionRequest("acme.tools"),), "galaxy"),
        interpreter=PYTHON,
        source=None,
        uv=lambda: cast(Uv, installer),
        offline=True,
        carried=content,
    )
    assert (planned.collections, planned.roles) == (content.collections, content.roles)
    assert installer.asked == [core]


CORE = ("ansible-core", "2.19.5", "0" * 64)
TOOLS = LockedCollection("acme.tools", "1.0.0", "0" * 64)
WEB = LockedRole("web", "1.0", "1" * 64, "web")


@pytest.mark.parametrize(
    ("collections", "roles", "said"),
    [
        ((TOOLS,), (WEB,), ""),
        (
            (replace(TOOLS, sha256="2" * 64),),
            (WEB,),
            "collections differs from the lock: acme.tools 1.0.0 (its sha256 is 0",
        ),
        (
            (replace(TOOLS, version="1.1.0"),),
            (WEB,),
            "collections differs from the lock: acme.tools 1.0.0 (the lock has 1.1",
        ),
        ((), (WEB,), "collections differs from the lock: acme.tools 1.0.0 (not in the lock)"),
        ((TOOLS,), (replace(WEB, version="2.0"),), "roles differs from the lock: web 1.0 (the lock has 2.0)"),
        ((TOOLS,), (replace(WEB, sha256="2" * 64),), "roles differs from the lock: web 1.0 (its sha256 is 1111"),
        ((TOOLS,), (), "roles differs from the lock: web 1.0 (not in the lock)"),
        ((TOOLS,), (WEB, replace(WEB, name="db")), "roles differs from the lock: db 1.0 (only in the lock)"),
    ],
)
def test_carried_content_is_that_of_the_lock_or_it_is_said(
    collections: tuple[LockedCollection, ...], roles: tuple[LockedRole, ...], said: str
) -> None:
    content = carried()
    request = VenvRequest(None, None, (), (CollectionRequest("acme.tools"),), "galaxy")
    lock = Lockfile(request.locked_digest, "3.12", (CORE,), collections, roles)
    message = f"^The content of {re.escape(said)}.*; find out why, then run once without the option 'locked'"
    with pytest.raises(ResolutionError, match=message) if said else nullcontext():
        planned = plan_from_lock(request, lock, interpreter=PYTHON, source=None, carried=content)
        assert (planned.collections, planned.roles) == (content.collections, content.roles)


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        (("Netaddr>=1",), "Netaddr>=1"),
        (("six", "netaddr; python_version > '3'"), ""),
        (("six", "netaddr[x]"), r"netaddr\[x\]"),
        (("six",), ""),
    ],
)
def test_a_lock_that_lost_what_is_required_is_refused(lines: tuple[str, ...], lost: str) -> None:
    request = VenvRequest(None, None, lines, (), None)
    lock = Lockfile(request.locked_digest, "3.12", (("six", "1.0", "0" * 64),), (), ())
    message = f"The lock does not have what is required, {lost}: run once without the option 'locked'"
    with pytest.raises(ResolutionError, match=message) if lost else nullcontext():
        assert plan_from_lock(request, lock, interpreter=PYTHON, source=None).packages[0].name == "six"


class Roles:
    """A source of roles that has them, each with the roles that it depends on."""

    def __init__(self, dependencies: dict[str, tuple[str, ...]]) -> None:
        self._dependencies = dependencies

    def locked(self, locked: Sequence[LockedRole]) -> list[CachedRole]:
        return [
            CachedRole(one.name, one.version, one.src, dependencies=self._dependencies[one.name], sha256=one.sha256)
            for one in locked
        ]


@pytest.mark.parametrize(
    ("packages", "roles", "lost"),
    [
        ((CORE,), ("web", "base"), ""),
        ((), ("web", "base"), "ansible-core"),
        ((CORE,), ("web",), "the role base"),
        ((CORE,), ("base",), "the role web"),
        ((), (), "ansible-core, the role web"),
    ],
)
def test_what_collections_and_roles_imply_is_required_as_well(
    packages: tuple[tuple[str, str, str], ...], roles: tuple[str, ...], lost: str
) -> None:
    request = VenvRequest(
        None, None, (), (CollectionRequest("acme.tools"),), "galaxy", roles=(RoleRequest("web", "web"),)
    )
    locked = tuple(replace(WEB, name=name) for name in roles)
    source = cast(RoleSource, Roles({"web": ("base",), "base": ()}))
    lock = Lockfile(request.locked_digest, "3.12", packages, (), locked)
    message = f"The lock does not have what is required, {lost}: run once without the option 'locked'"
    with pytest.raises(ResolutionError, match=message) if lost else nullcontext():
        assert plan_from_lock(request, lock, interpreter=PYTHON, source=None, roles=source).roles


@pytest.mark.parametrize(
    ("asked", "constraint", "requires", "said"),
    [
        ("ansible-core==2.19.14", "ansible-core>=2.20", [">=2.20", ">=2.16"], "==2.19.14 does not go with acme.c0"),
        ("ansible-core~=2.19.5", "ansible-core>=2.20", [">=2.20"], "acme.c0 1.0.0 requires >=2.20"),
        ("ansible-core==2.21.0", "ansible-core~=2.19.5", [">=2.16"], "is not what the profile and the"),
        ("ansible-core==2.19.14", "ansible-core>=2.17", [">=2.17"], ""),
        ("ansible-core==2.19.14", None, [">=2.20", "<2.19"], ""),
        ("ansible-core==2.19.14", None, ["<2.10", "latest"], ""),
    ],
)
def test_a_core_that_was_chosen_and_does_not_fit_is_an_error_that_names_the_collection(
    asked: str, constraint: str | None, requires: list[str | None], said: str
) -> None:
    """Before uv is asked, which does not know collections. What no core meets is only warned of by Ansible."""
    versions = {f"acme.c{number}": one for number, one in enumerate(requires)}
    installer = Installer()
    request = VenvRequest(
        None, asked, (), tuple(map(CollectionRequest, versions)), "these",
        constraints=(constraint,) if constraint is not None else (),
    )  # fmt: skip
    plan_it = partial(
        make_plan, request, interpreter=PYTHON, source=cast(CollectionSource, Source(versions, None)),
        uv=lambda: cast(Uv, installer), offline=True,
    )  # fmt: skip
    if not said:
        plan_it()
        assert installer.asked == [asked]
        return
    with pytest.raises(ResolutionError, match=f"^ansible_core: .*{re.escape(said)}.*Choose another ansible_core"):
        plan_it()
    assert installer.asked == []
