# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source ``galaxy``: the real ansible-galaxy against servers on loopback that lie, stall, refuse or are not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import environment
from galaxy_server import BROKEN, CUTS, LIES, STALLS, galaxy_server, manifest_of
from shared_venv_process import built

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections import galaxy_install
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_requests
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    ResolutionError,
    SourceError,
    VenvError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._process import SubprocessRunner

#: The Python that this one was made from; it has no Ansible.
BARE = str(getattr(sys, "_base_executable", ""))
#: Where nobody listens.
DOWN = "http://127.0.0.1:9"
TOKEN = "secret-0123456789"


def no_uv() -> Uv:
    raise AssertionError("uv is not needed")


def write_tree(directory: Path, name: str, version: str, dependencies: dict[str, str] | None = None) -> Path:
    namespace, short = name.split(".")
    (directory / "plugins" / "modules").mkdir(parents=True)
    (directory / "README.md").touch()
    (directory / "plugins" / "modules" / "hello.py").write_text(f"# {name} {version}\n")
    described = {"namespace": namespace, "name": short, "version": version, "readme": "README.md", "authors": ["me"]}
    (directory / "galaxy.yml").write_text(json.dumps({**described, "dependencies": dependencies or {}}))
    return directory


@pytest.fixture(scope="module", name="tarballs")
def fixture_tarballs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What ansible-galaxy builds: ``acme.tools`` requires ``acme.base``."""
    home = tmp_path_factory.mktemp("home")
    trees = [
        write_tree(home / "tools1", "acme.tools", "1.0.0", {"acme.base": ">=1.0.0"}),
        write_tree(home / "tools2", "acme.tools", "2.0.0", {"acme.base": ">=1.0.0"}),
        write_tree(home / "base", "acme.base", "1.1.0"),
    ]
    developer = Controller(venv=environment("dev"), home=home)
    run = developer.run("ansible-galaxy", "collection", "build", "--output-path", home, *map(str, trees))
    assert run.returncode == 0, run.output
    return {path.name.removesuffix(".tar.gz"): path.read_bytes() for path in home.glob("*.tar.gz")}


@dataclass
class Noted:
    """A runner that notes what it started."""

    argvs: list[Sequence[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        self.argvs.append(argv)
        return SubprocessRunner().run(argv, **options)


@dataclass
class User:
    """Somebody with settings for servers, whose requests are resolved in this process."""

    store: Path
    monkeypatch: pytest.MonkeyPatch
    runner: Noted = field(default_factory=Noted)

    def has(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(f"ANSIBLE_GALAXY_{name}", value)

    def gets(self, *entries: object, offline: bool = False, upgrade: bool = False) -> dict[str, str]:
        """The versions, by name, of what is taken."""
        source = open_source(
            "galaxy", store=Store(str(self.store)), uv=no_uv, runner=self.runner, index=PackageIndex(offline=offline),
            upgrade=upgrade,
        )  # fmt: skip
        return {one.name: one.version for one in resolve(parse_requests(list(entries)), source)}

    def gets_an_error(self, *entries: object, offline: bool = False) -> VenvError:
        with pytest.raises((SourceError, ResolutionError)) as caught:
            self.gets(*entries, offline=offline)
        message = caught.value.message
        assert "\n" not in message and "Traceback" not in message and len(message) < 1500
        assert list(self.store.glob(".galaxy/.incoming-*")) == []
        return caught.value


@pytest.fixture(name="user")
def fixture_user(store: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    for name in list(os.environ):
        if name.startswith(("ANSIBLE_", "GNUPG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return User(store, monkeypatch)


def test_what_was_answered_is_not_asked_again_until_an_upgrade(user: User, tarballs: dict[str, bytes]) -> None:
    offered = [tarballs["acme-tools-1.0.0"], tarballs["acme-base-1.1.0"]]
    with galaxy_server(offered) as server:
        user.has(SERVER=server.url)
        first = user.gets("acme.tools")
        asked = len(server.asked)
        assert asked > 0
        assert user.gets("acme.tools") == user.gets("acme.tools:1.0.0") == first
        assert user.gets("acme.tools:1.0.0", "acme.base:1.1.0") == first
        assert len(server.asked) == asked
        assert len(user.runner.argvs) == 1
    with galaxy_server([*offered, tarballs["acme-tools-2.0.0"]]) as server:
        user.has(SERVER=server.url)
        assert user.gets("acme.tools") == {"acme.base": "1.1.0", "acme.tools": "2.0.0"}, "another server is asked"
    assert first == {"acme.base": "1.1.0", "acme.tools": "1.0.0"}
    with galaxy_server(offered) as server:
        user.has(SERVER=server.url)
        user.gets("acme.tools")
    # The same address is needed, so that it is the same server.


def test_smoke(user: User, tarballs: dict[str, bytes]) -> None:
    for fault in (LIES, CUTS, BROKEN):
        with galaxy_server(list(tarballs.values()), fault=fault) as server:
            user.has(SERVER=server.url)
            print(user.gets_an_error("acme.tools").message)
    with galaxy_server(list(tarballs.values()), token=TOKEN) as server:
        user.has(SERVER=server.url)
        print(user.gets_an_error("acme.tools").message)
        print(user.gets_an_error("acme.tools:9.0.0").message)
    with galaxy_server(list(tarballs.values())) as server:
        user.has(SERVER=server.url)
        print(user.gets_an_error("acme.tools:9.0.0").message)
        print(user.gets_an_error("acme.nope").message)
        print(user.gets_an_error("acme.tools:1.0.0", offline=True).message)
        print(user.gets("acme.tools:1.0.0"))
        print(user.gets("acme.tools:1.0.0", offline=True))
        print(user.gets("acme.tools", offline=True))
        print(user.gets_an_error("acme.tools:>1", offline=True).message)
        print(user.gets_an_error("acme.tools", "acme.x", offline=True).message)
    user.has(SERVER=DOWN)
    print(user.gets_an_error("acme.tools").message)
    user.has(SERVER_LIST="one,two", SERVER_ONE_URL=DOWN, SERVER_TWO_URL=server.url)
    print(user.gets_an_error("acme.tools").message)
