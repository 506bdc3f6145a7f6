# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the module does with what the controller sends; which wheels it chooses is tried with a real uv elsewhere."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import LockedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import LockedRole
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import wheels
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.wheels import CarriedWheels
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import NoRunner

NAME = "six-1.17.0-py2.py3-none-any.whl"


def archive(directory: Path, files: dict[str, bytes]) -> str:
    with tarfile.open(directory / "wheels.tar", "w") as members:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return str(directory / "wheels.tar")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_wheels_are_kept_whole_under_their_names(tmp_path: Path) -> None:
    packed = archive(tmp_path, {NAME: b"six", "not-announced.whl": b"x", "../outside.whl": b"y"})
    wheels._unpack(packed, str(tmp_path / "kept"), {NAME: sha256(b"six")})
    assert {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == {NAME: b"six"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "wheels.tar"]


def test_a_wheel_that_did_not_arrive_whole_is_not_kept(tmp_path: Path) -> None:
    packed = archive(tmp_path, {NAME: b"six"})
    with pytest.raises(SourceError, match=f"^wheels: {NAME} was not transferred completely"):
        wheels._unpack(packed, str(tmp_path / "kept"), {NAME: sha256(b"seven")})
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_stub_has_the_name_and_the_metadata_of_its_wheel(tmp_path: Path) -> None:
    wheels._write_stubs({NAME: "Name: six\nVersion: 1.17.0\n"}, str(tmp_path))
    with zipfile.ZipFile(tmp_path / NAME) as stub:
        assert stub.read("six-1.17.0.dist-info/METADATA") == b"Name: six\nVersion: 1.17.0\n"
        assert {name.partition("/")[0] for name in stub.namelist()} == {"six-1.17.0.dist-info"}


SAID: dict[str, Any] = {
    "index": "/x",
    "archive": None,
    "sha256": {},
    "directory": None,
    "content": None,
    "content_archive": None,
    "local": [["/srv/a", "0"]],
}


def test_what_the_action_says_is_understood() -> None:
    carried = CarriedWheels.parse(SAID)
    assert (carried.index, carried.content, carried.local) == ("/x", None, (("/srv/a", "0"),))
    content = {"collections": [], "roles": [], "core": "ansible-core==2.19.5"}
    carried = CarriedWheels.parse({**SAID, "content": content})
    assert carried.content is not None and carried.content.announced() == content


@pytest.mark.parametrize("value", ["/srv/wheels", ["/srv/wheels"], {"index": "/x"}, {**SAID, "local": [["/srv/a"]]}])
def test_a_module_to_which_nothing_was_carried_says_so(value: Any) -> None:
    with pytest.raises(InputError, match="is a directory on the controller, but its wheels were not sent to this host"):
        CarriedWheels.parse(value)


def test_collections_and_roles_are_asked_for_with_the_versions_of_the_lock(tmp_path: Path) -> None:
    """Before anything else: no program is started, and no wheel is read."""
    carried = CarriedWheels.parse(SAID)
    collections = tuple(
        LockedCollection(f"acme.{name}", "1.0.0", "0" * 64, origin)
        for name, origin in (("tools", {}), ("git", {"type": "git", "source": "x", "version": "c" * 40}))
    )
    lock = Lockfile("", "3.12", (), collections, (LockedRole("web", "v1", "0" * 64, "x"),))
    versions = {"collections": {"acme.tools": "1.0.0", "acme.git": "c" * 40}, "roles": {"web": "v1"}}
    request = VenvRequest(None, None, (), (CollectionRequest("acme.tools"),), "galaxy")
    for locked, expected in ((None, {"collections": {}, "roles": {}}), (lock, versions)):
        told = wheels.needed_wheels(
            carried,
            request,
            store=Store(str(tmp_path / "store")),
            runner=NoRunner(),
            scratch=str(tmp_path),
            is_check=False,
            lock=locked,
        )
        assert (told["wanted"], told["complete"], told["needed"]) == (expected, False, [])
