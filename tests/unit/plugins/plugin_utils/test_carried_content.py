# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the controller fetches for a host, and what a host can make it fetch and send: nothing that nobody asked for."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    ResolutionError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import RoleRequest
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._carried_content import (
    ControllerContent,
    _at_commit,
    _pinned,
    missing_of,
    write_archive,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    built,
    write_tarball,
)


@pytest.fixture(name="options")
def fixture_options(tmp_path: Path) -> dict[str, Any]:
    """A directory with two releases of ``acme.tools``, what that needs, and one that nobody asks for."""
    place = tmp_path / "tarballs"
    place.mkdir()
    for name, version, needs in (
        ("acme.tools", "1.0.0", {"acme.base": "*"}),
        ("acme.tools", "2.0.0", {"acme.base": "*"}),
        ("acme.base", "1.1.0", {}),
        ("acme.secret", "1.0.0", {}),
    ):
        write_tarball(place / f"{name}-{version}.tar.gz", built(name=name, version=version, dependencies=needs))
    return {
        "name": "site",
        "controller_store": str(tmp_path / "store"),
        "collections": ["acme.tools"],
        "collections_source": str(place),
    }


def found(options: dict[str, Any], locked: dict[str, dict[str, str]] | None = None) -> list[str]:
    content = ControllerContent.of(options, wheels="/wheels").fetch(locked or {})
    return [f"{one.name} {one.version}" for one in content.collections]


def test_all_that_is_asked_for_is_there_with_what_it_needs(options: dict[str, Any]) -> None:
    assert found(options) == ["acme.base 1.1.0", "acme.tools 2.0.0"]
    assert found({**options, "collections": ["acme.base"]}) == ["acme.base 1.1.0"]
    profile = {"version": 3, "dependencies": {"galaxy": {"collections": [{"name": "acme.base", "version": "1.1.0"}]}}}
    assert found({**options, "collections": [], "profile": profile}) == ["acme.base 1.1.0"]


def test_what_is_sent_is_what_was_analysed_or_it_is_said(options: dict[str, Any]) -> None:
    (base, _tools) = ControllerContent.of(options, wheels="/wheels").fetch({}).collections
    entry = {"name": "acme.base", "version": "1.1.0", "sha256": base.sha256}
    assert found({**options, "collections": [entry]}) == ["acme.base 1.1.0"]
    with pytest.raises(ResolutionError, match="The content of acme.base 1.1.0 from .* is not what is required"):
        found({**options, "collections": [{**entry, "sha256": "0" * 64}]})


def test_a_host_chooses_versions_with_its_lock_and_no_names(options: dict[str, Any]) -> None:
    assert found(options, {"collections": {"acme.tools": "1.0.0"}}) == ["acme.base 1.1.0", "acme.tools 1.0.0"]
    assert found(options, {"collections": {"acme.secret": "1.0.0"}}) == found(options)
    for version in ("9.9.9", "1.0.0,git+file:///x", "{{ x }}"):
        with pytest.raises(VenvError):
            found(options, {"collections": {"acme.tools": version}})


@pytest.mark.parametrize(
    ("version", "expected"), [("v2", "v2"), ("", "v1"), ("--upload-pack=x", "v1"), ("a b", "v1"), ("a\nb", "v1")]
)
def test_the_version_of_a_role_is_that_of_a_lock_if_it_can_be_one(version: str, expected: str) -> None:
    request = RoleRequest("web", "https://example.org/web.git", "git", "v1")
    assert _pinned(request, {"web": version, "db": "v9"}) == RoleRequest("web", request.src, "git", expected)


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        ({"acme.git": "c" * 40}, ("c" * 40, "main")),
        ({"acme.git": "--upload-pack=x"}, ("main", "")),
        ({"acme.git": "other"}, ("main", "")),
    ],
)
def test_a_git_collection_is_that_of_the_commit_in_a_lock(locked: dict[str, str], expected: tuple[str, str]) -> None:
    """A host names a commit, of a repository that the task names."""
    address = "https://example.org/x.git"
    request = CollectionRequest(address, "main", "git")
    origin = {"type": "git", "source": address, "version": "d" * 40}
    brought = [CachedCollection("acme.git", "1.0.0", "0" * 64, "", {}, None, origin)]
    found = _at_commit(request, brought, locked)
    assert (found.name, found.version, found.requested_revision) == (address, *expected)
    other = CollectionRequest("https://example.org/y.git", "main", "git")
    assert _at_commit(other, brought, locked) == other


def test_only_content_is_sent_and_nothing_that_is_not_in_it(options: dict[str, Any], tmp_path: Path) -> None:
    content = ControllerContent.of(options, wheels="/wheels").fetch({})
    wanted = missing_of(content, {"collections": ["acme.tools", "acme.secret", "../../x"], "roles": ["acme.base"]})
    assert [one.name for one in wanted] == ["acme.tools"]
    write_archive(wanted, tmp_path / "content.tar.gz")
    with tarfile.open(tmp_path / "content.tar.gz") as archive:
        members = archive.getmembers()
    assert {"/".join(one.name.split("/")[:2]) for one in members} == {"collections/acme.tools"}
    assert "collections/acme.tools/MANIFEST.json" in [one.name for one in members]
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}
    assert options["collections_source"] not in json.dumps(content.announced())


def test_what_the_controller_has_at_a_path_counts_for_the_request(options: dict[str, Any]) -> None:
    first = ControllerContent.of(options, wheels="/wheels").request.local
    assert [path for path, _digest in first] == [options["collections_source"]]
    write_tarball(Path(options["collections_source"], "new.tar.gz"), built(name="acme.new"))
    assert ControllerContent.of(options, wheels="/wheels").request.local != first


def test_options_that_the_module_refuses_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="mutually exclusive"):
        ControllerContent.of({**options, "wheels": "/x", "index_url": "https://x"}, wheels="/x")
