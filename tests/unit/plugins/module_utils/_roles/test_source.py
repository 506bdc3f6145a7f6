# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""When roles are fetched, and when they are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import LockedRole, parse_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import RoleSource, is_outside
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import (
    ROLE,
    Galaxy,
    installer,
    write_role,
)

COMMIT = "c" * 40


def delivered(source: RoleSource, *entries: Any) -> dict[str, str]:
    return {one.name: one.version for one in source.deliver(parse_roles(list(entries)))}


def test_the_same_question_and_exact_versions_are_not_asked_again(tmp_path: Path) -> None:
    repository = {"version": COMMIT, "src": "https://example.org/db.git", "scm": "git"}
    galaxy = Galaxy({"acme.web": {"dependencies": ["acme.base"]}, "acme.base": {}, "db": repository})
    source = RoleSource(installer(tmp_path, galaxy))
    everything = {"acme.base": "1.0", "acme.web": "1.0", "db": COMMIT}
    url = "git+https://example.org/db.git"
    assert delivered(source, "acme.web", url) == delivered(source, url, "acme.web") == everything
    assert delivered(source, "acme.web,1.0", "acme.base,1.0", f"{url},{COMMIT}") == everything
    assert delivered(replace(source, offline=True), "acme.base,1.0") == {"acme.base": "1.0"}
    assert len(galaxy.asked) == 1
    delivered(source, "acme.web,1.0")
    assert len(galaxy.asked) == 2, "a role that it depends on is missing"
    delivered(replace(source, upgrade=True), "acme.web", url)
    delivered(source, f"{url},v1")
    assert len(galaxy.asked) == 4


def test_a_required_content_is_delivered_or_it_is_said_and_changes_no_question(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {}})
    source = RoleSource(installer(tmp_path, galaxy))
    (web,) = source.deliver(parse_roles(["acme.web"]))
    for entry in ({"name": "acme.web"}, {"name": "acme.web", "version": "1.0"}):
        assert delivered(source, {**entry, "sha256": web.sha256}) == {"acme.web": "1.0"}
        with pytest.raises(ResolutionError) as error:
            delivered(source, {**entry, "sha256": "0" * 64})
        said = f"its sha256 is {web.sha256}, and {'0' * 64} is required"
        assert f"The content of the role acme.web 1.0 is not what is required: {said}" in error.value.message
    assert len(galaxy.asked) == 1


def test_other_servers_are_another_question(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {}})
    one = installer(tmp_path, galaxy)
    delivered(RoleSource(one), "acme.web")
    delivered(RoleSource(replace(one, settings=replace(one.settings, digest="others"))), "acme.web", "acme.web")
    assert len(galaxy.asked) == 2


def test_a_directory_is_asked_again_when_it_has_changed(tmp_path: Path) -> None:
    galaxy = Galaxy({"web": {"version": ""}})
    source = RoleSource(installer(tmp_path, galaxy))
    role = write_role(tmp_path / "web")
    for _time in range(2):
        assert delivered(source, str(role)) == {"web": ""}
    assert len(galaxy.asked) == 1
    write_role(role, {"tasks/more.yml": "[]"})
    delivered(source, str(role))
    assert len(galaxy.asked) == 2


def test_offline_names_what_is_missing(tmp_path: Path) -> None:
    source = RoleSource(installer(tmp_path, Galaxy()), offline=True)
    with pytest.raises(SourceError, match="the store does not have acme.web as requested, and the option 'offline'"):
        delivered(source, "acme.web")
    assert source.deliver([]) == []


def test_a_lock_takes_what_is_there_and_refuses_other_content(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {}})
    source = RoleSource(installer(tmp_path, galaxy))
    (web,) = source.deliver(parse_roles(["acme.web"]))
    locked = LockedRole(web.name, web.version, web.sha256, web.src)
    assert RoleSource(source.installer, offline=True).locked([locked]) == [web]
    assert len(galaxy.asked) == 1
    galaxy.roles = {"acme.web": {"files": {**ROLE, "tasks/main.yml": "- x:\n"}}}
    with pytest.raises(ResolutionError, match=r"The content of roles differs from the lock: acme.web 1.0 \(its sha256"):
        RoleSource(source.installer, upgrade=True).locked([replace(locked, sha256="0" * 64)])


def test_paths_of_this_host_outside_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "link").symlink_to("../secret")
    root = str(tmp_path / "project")
    outside = [f"{root}/link", f"{root}/../secret", "/etc", "file:///etc/x.tar.gz", "file:/etc/x"]
    assert all(is_outside(src, root) for src in outside)
    assert not any(is_outside(src, root) for src in (f"{root}/web", root, "acme.web", "https://example.org/x"))
