# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source ``galaxy``: the real ansible-galaxy against servers on loopback that lie, stall or refuse."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import environment
from galaxy_server import BROKEN, CUTS, LIES, STALLS, galaxy_server, manifest_of
from galaxy_trees import MODULE, build_tarballs, write_tree
from galaxy_user import GalaxyUser
from places import ROOT
from shared_venv_process import SharedVenvProcess, built

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_requests
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy import run as galaxy_run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

#: The Python that this one was made from; it has no Ansible.
BARE = str(getattr(sys, "_base_executable", ""))
#: Where nobody listens.
DOWN = "http://127.0.0.1:9"
TOKEN = "secret-0123456789"
SITE = "- name: Site\n  hosts: all\n  gather_facts: false\n  tasks:\n    - acme.tools.hello:\n    - acme.base.hello:\n"


def no_uv() -> Uv:
    raise AssertionError("uv is not needed")


@pytest.fixture(scope="module", name="tarballs")
def fixture_tarballs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build_tarballs(tmp_path_factory.mktemp("home"))


class User(GalaxyUser):
    """Who gets collections."""

    def gets(self, *entries: object, offline: bool = False, upgrade: bool = False) -> dict[str, str]:
        """See :class:`GalaxyUser`."""
        source = open_source(
            "galaxy", store=Store(str(self.store)), uv=no_uv, runner=self.runner, index=PackageIndex(offline=offline),
            upgrade=upgrade,
        )  # fmt: skip
        return {one.name: one.version for one in resolve(parse_requests(list(entries)), source)}


@pytest.fixture(name="user")
def fixture_user(store: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    return User(store, home, monkeypatch)


def test_what_was_answered_is_not_asked_again_until_an_upgrade(user: User, tarballs: dict[str, bytes]) -> None:
    with galaxy_server([tarballs["acme-tools-1.0.0"], tarballs["acme-base-1.1.0"]]) as server:
        user.has(SERVER=server.url)
        first = user.gets("acme.tools")
        assert first == {"acme.base": "1.1.0", "acme.tools": "1.0.0"}
        asked = len(server.asked)
        server.tarballs.append(tarballs["acme-tools-2.0.0"])
        assert user.gets("acme.tools") == user.gets("acme.tools:1.0.0") == first
        assert user.gets("acme.tools:1.0.0", "acme.base:1.1.0") == first
        assert (len(server.asked), len(user.runner.argvs)) == (asked, 1)
        assert user.gets("acme.tools", upgrade=True) == {**first, "acme.tools": "2.0.0"}
        server.fault = BROKEN
        assert user.gets("acme.tools", offline=True) == {**first, "acme.tools": "2.0.0"}


@pytest.mark.parametrize(
    ("entry", "fault", "said"),
    [
        ("acme.tools", LIES, "Mismatch artifact hash with downloaded file"),
        ("acme.tools", CUTS, "Mismatch artifact hash with downloaded file"),
        ("acme.tools", BROKEN, "HTTP Code: 500"),
        ("acme.tools:9.0.0", None, "not met: acme.tools:9.0.0"),
    ],
)
def test_each_fault_of_a_server_is_one_clear_error(
    user: User, tarballs: dict[str, bytes], entry: str, fault: str | None, said: str
) -> None:
    with galaxy_server(tarballs.values(), fault=fault) as server:
        user.has(SERVER=server.url)
        error = user.gets_an_error(entry)
    assert said in error.message and entry.partition(":")[0] in error.message
    assert list(user.store.glob(".collections/*")) == []


def test_a_server_that_stops_in_the_middle_is_not_waited_for_without_end(
    user: User, tarballs: dict[str, bytes]
) -> None:
    user.monkeypatch.setattr(galaxy_run, "FETCH_TIMEOUT", 4.0)
    with galaxy_server(tarballs.values(), fault=STALLS) as server:
        user.has(SERVER=server.url)
        error = user.gets_an_error("acme.tools")
    assert "ansible-galaxy cannot fetch acme.tools: it ran longer than 4 s" in error.message


def test_a_token_is_used_and_never_shown(user: User, tarballs: dict[str, bytes]) -> None:
    user.has(SERVER_LIST="hub", SERVER_HUB_TOKEN=TOKEN)
    with galaxy_server(tarballs.values(), token="another") as server:
        user.has(SERVER_HUB_URL=server.url)
        error = user.gets_an_error("acme.base")
        assert "HTTP Code: 401" in error.message
        server.token = TOKEN
        assert user.gets("acme.base") == {"acme.base": "1.1.0"}
    assert TOKEN not in str(error.details())
    assert TOKEN not in str(user.runner.argvs)
    written = [path for path in user.store.rglob("*") if path.is_file()]
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []


def test_of_two_servers_the_one_that_is_named_and_none_in_place_of_one_that_is_down(
    user: User, tarballs: dict[str, bytes]
) -> None:
    old, new = tarballs["acme-tools-1.0.0"], tarballs["acme-tools-2.0.0"]
    with galaxy_server([old, tarballs["acme-base-1.1.0"]]) as one, galaxy_server([new]) as two:
        user.has(SERVER_LIST="one,two", SERVER_ONE_URL=one.url, SERVER_TWO_URL=two.url)
        assert user.gets("acme.tools")["acme.tools"] == "2.0.0"
        assert user.gets({"name": "acme.tools", "source": "one"})["acme.tools"] == "1.0.0"
        assert "not met" in user.gets_an_error({"name": "acme.tools", "source": two.url, "version": "1.0.0"}).message
        user.has(SERVER_ONE_URL=DOWN)
        error = user.gets_an_error("acme.tools")
    assert f"Skipping Galaxy server {DOWN}" in error.message and "Connection refused" in error.message


def git(directory: Path, *arguments: str) -> None:
    names = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    subprocess.run(["git", *names, "-C", directory, *arguments], check=True, capture_output=True)


def repository(directory: Path) -> str:
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "x")
    git(directory, "tag", "v1")
    return f"git+file://{directory}"


def test_a_git_repository_is_a_source_with_its_tags(user: User, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tools", "acme.tools", "1.0.0")
    url = repository(tree)
    user.has(SERVER=DOWN)
    assert user.gets({"name": url, "version": "v1"}) == {"acme.tools": "1.0.0"}
    git(tree, "tag", "--delete", "v1")
    assert user.gets({"name": url, "version": "v1"}) == {"acme.tools": "1.0.0"}, "it is not asked again"
    error = user.gets_an_error({"name": "acme.tools", "source": url, "type": "git", "version": "v2"})
    assert f"{url.removeprefix('git+')} has no branch, tag or commit v2 (error: pathspec 'v2'" in error.message
    assert "keyring" not in error.message
    error = user.gets_an_error({"name": f"{url}-gone"})
    assert f"git cannot clone {url.removeprefix('git+')}-gone (fatal: " in error.message
    assert "keyring" not in error.message


def test_a_repository_with_a_name_that_leads_elsewhere_removes_and_writes_nothing(user: User, tmp_path: Path) -> None:
    tree, mine = write_tree(tmp_path / "tools", "acme.tools", "1.0.0"), tmp_path / "mine"
    described = json.loads((tree / "galaxy.yml").read_text())
    (tree / "galaxy.yml").write_text(json.dumps({**described, "name": str(mine)}))
    mine.mkdir()
    (mine / "kept").touch()
    error = user.gets_an_error(repository(tree))
    assert f"a collection has a name that leads to {mine}, which is not its place" in error.message
    assert os.listdir(mine) == ["kept"]


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_signatures_are_checked_with_the_keyring_of_the_user(
    user: User, tarballs: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("gpg")  # its sockets need a short path
    home.chmod(0o700)
    signed = tarballs["acme-base-1.1.0"]

    def gpg(*arguments: str, data: bytes = b"") -> bytes:
        argv = ["gpg", "--homedir", str(home), "--batch", "--quiet", *arguments]
        return subprocess.run(argv, input=data, check=True, capture_output=True).stdout

    gpg("--passphrase", "", "--quick-gen-key", "me@example.org", "ed25519", "sign", "never")
    gpg("--no-default-keyring", "--keyring", str(home / "ring"), "--import", data=gpg("--export"))
    right, wrong = (
        gpg("--armor", "--detach-sign", data=content).decode() for content in (manifest_of(signed), b"another")
    )
    gpg("--list-keys")
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
    user.has(GPG_KEYRING=str(home / "ring"))
    with galaxy_server([signed], signatures={"acme.base": wrong}) as server:
        user.has(SERVER=server.url)
        assert "signature verification failed" in user.gets_an_error("acme.base").message
        assert list(user.store.glob(".collections/*")) == []
        server.signatures = {"acme.base": right}
        assert user.gets("acme.base") == {"acme.base": "1.1.0"}


def test_a_venv_gets_them_on_a_host_without_ansible_and_the_second_run_asks_nothing(
    home: Path, store: Path, tarballs: dict[str, bytes], wheelhouse: Path, uv: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    options: dict[str, Any] = {
        "store": str(store), "collections": ["acme.tools:>=1,<2"], "collections_source": "galaxy",
        "find_links": [str(wheelhouse)], "index_url": f"{DOWN}/simple", "runs_in": BARE, "search": tuple(sys.path),
    }  # fmt: skip
    with galaxy_server(tarballs.values()) as server:
        options["environment"] = {"HOME": str(home), "ANSIBLE_GALAXY_SERVER": server.url}
        first = built(name="site", **options)
        asked = len(server.asked)
        second = built(name="site", **options)
        assert len(server.asked) == asked
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["collections"] == [
        {"name": "acme.base", "version": "1.1.0"}, {"name": "acme.tools", "version": "1.0.0"},
    ]  # fmt: skip
    (installed,) = (store / "site" / "lib").glob("python3*/site-packages/ansible_collections/acme/tools")
    assert (installed / "plugins" / "modules" / "hello.py").read_text() == MODULE.format("acme.tools 1.0.0")


def test_a_host_without_ansible_and_without_an_index_says_so_in_one_line(home: Path, store: Path, uv: str) -> None:
    environment = {"HOME": str(home), "PATH": f"{os.path.dirname(uv)}:/usr/bin:/bin"}
    answer = SharedVenvProcess.start(
        store=str(store), name="site", collections=["acme.tools"], collections_source="galaxy",
        index_url=f"{DOWN}/simple", runs_in=BARE, search=tuple(sys.path), environment=environment,
    ).result()  # fmt: skip
    assert answer["msg"].startswith(
        "collections_source galaxy: this host has no ansible-galaxy to fetch acme.tools with, and it cannot be "
        "installed: "
    )
    assert "\n" not in answer["msg"]


def test_an_analysis_takes_what_a_playbook_names_and_does_not_ask_twice(
    home: Path, store: Path, tarballs: dict[str, bytes]
) -> None:
    project = home / "project"
    project.mkdir()
    (project / "site.yml").write_text(SITE)
    options = {"path": str(project), "collections_source": "galaxy", "store": str(store)}
    look = [
        {"name": "Analyse", "mobile_ansible.venv.collection_deps": options, "register": "found"},
        {"name": "Show", "ansible.builtin.debug": {"msg": "{{ found.profile.dependencies.galaxy | to_json }}"}},
    ]
    (home / "look.yml").write_text(
        json.dumps([{"name": "Look", "hosts": "localhost", "gather_facts": False, "tasks": look}])
    )
    controller = Controller(venv=environment("controller"), home=home)
    with galaxy_server(tarballs.values()) as server:
        settings = f"[galaxy]\nserver_list = hub\n[galaxy_server.hub]\nurl = {server.url}\n"
        (home / "ansible.cfg").write_text(settings)
        first = controller.playbook(home / "look.yml", cwd=home)
        assert first.returncode == 0, first.output
        assert "acme.tools" in first.stdout and "2.0.0" in first.stdout and "1.1.0" in first.stdout
        asked = len(server.asked)
        assert asked > 0
        again = controller.playbook(home / "look.yml", cwd=home)
        assert again.returncode == 0, again.output
        assert len(server.asked) == asked
        (project / "site.yml").write_text(f"{SITE}    - acme.none.hello:\n")
        unknown = controller.playbook(home / "look.yml", cwd=home)
    assert "module acme.none.hello" in unknown.output and "Traceback" not in unknown.output


def test_a_playbook_is_run_with_them_by_the_command(
    controller: Controller, store: Path, tarballs: dict[str, bytes], wheelhouse: Path
) -> None:
    (controller.home / "site.yml").write_text(SITE.replace("all", "localhost"))
    program = str(ROOT / "bin" / "ansible-playbook-venv")
    options = ["--venv-source", "galaxy", "--venv-store", store, "--venv-find-links", wheelhouse]
    argv = ["site.yml", "-v", *map(str, options), "--venv-index-url", f"{DOWN}/simple"]
    with galaxy_server(tarballs.values()) as server:
        settings = {"ANSIBLE_GALAXY_SERVER": server.url}
        first = controller.run(program, *argv, cwd=controller.home, env=settings)
        asked = len(server.asked)
        second = controller.run(program, *argv, cwd=controller.home, env=settings)
        assert 0 < asked == len(server.asked)
    assert (first.returncode, second.returncode) == (0, 0), f"{first.output}{second.output}"
    assert "acme.tools 2.0.0" in first.stdout and "acme.base 1.1.0" in second.stdout
    assert "building the venv" in first.stderr and "building the venv" not in second.stderr


def test_other_content_under_the_analysed_version_is_not_built(
    controller: Controller, store: Path, tarballs: dict[str, bytes], wheelhouse: Path, tmp_path: Path
) -> None:
    """The server has replaced a release between the analysis, on one machine, and the build, on another."""
    (controller.home / "site.yml").write_text(SITE.replace("all", "localhost"))
    program = str(ROOT / "bin" / "ansible-playbook-venv")
    options = ["--venv-source", "galaxy", "--venv-store", store, "--venv-find-links", wheelhouse]
    argv = ["site.yml", *map(str, options), "--venv-index-url", f"{DOWN}/simple"]
    tree = write_tree(tmp_path / "base", "acme.base", "1.1.0")
    (tree / "README.md").write_text("other content\n")
    built = controller.run("ansible-galaxy", "collection", "build", "--output-path", tmp_path, tree)
    assert built.returncode == 0, built.output
    with galaxy_server(tarballs.values()) as server:
        settings = {"ANSIBLE_GALAXY_SERVER": server.url}
        analysed = controller.run(program, "--venv-json", *argv, cwd=controller.home, env=settings)
        assert analysed.returncode == 0, analysed.output
        (tmp_path / "profile.yml").write_text(json.dumps(analysed.json()["profile"]))
        server.tarballs.remove(tarballs["acme-base-1.1.0"])
        server.tarballs.append((tmp_path / "acme-base-1.1.0.tar.gz").read_bytes())
        told = ["--venv-profile", str(tmp_path / "profile.yml"), "--venv-store"]
        here = controller.run(program, *argv, *told, str(store), cwd=controller.home, env=settings)
        there = controller.run(program, *argv, *told, str(tmp_path / "other"), cwd=controller.home, env=settings)
    assert here.returncode == 0, here.output
    assert there.returncode != 0 and "Traceback" not in there.output
    said = " ".join(there.stderr.split())
    assert "The content of acme.base 1.1.0 from galaxy is not what is required: its sha256 is" in said, there.output
    assert list((tmp_path / "other" / ".generations").glob("*")) == []


@pytest.mark.parametrize("config", ["here", "home", "variable"])
@pytest.mark.parametrize("there", [True, False])
def test_analysis_and_build_ask_the_same_servers(
    controller: Controller, store: Path, tarballs: dict[str, bytes], wheelhouse: Path, config: str, there: bool
) -> None:
    """Those of the directory where the user stands, whatever lies beside the playbook that builds."""
    here, playbooks = controller.home / "here", controller.home / "playbooks"
    here.mkdir()
    playbooks.mkdir()
    (here / "site.yml").write_text(SITE.replace("all", "localhost"))
    sources = {"collections_source": "galaxy", "store": str(store)}
    index = {"find_links": [str(wheelhouse)], "index_url": f"{DOWN}/simple"}
    tasks = [
        {"mobile_ansible.venv.collection_deps": {"path": "{{ here }}/site.yml", **sources}, "register": "found"},
        {"mobile_ansible.venv.shared_venv": {"name": "x", "profile": "{{ found.profile }}", **sources, **index}},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"here": str(here)}, "tasks": tasks}
    (playbooks / "build.yml").write_text(json.dumps([play]))
    if there:
        (playbooks / "ansible.cfg").write_text(f"[galaxy]\nserver = {DOWN}/other\n")
    with galaxy_server(tarballs.values()) as server:
        place = {"here": here / "ansible.cfg", "home": controller.home / ".ansible.cfg", "variable": here / "my.cfg"}
        place[config].write_text(f"[galaxy]\nserver = {server.url}\n")
        variables = {"ANSIBLE_CONFIG": "my.cfg"} if config == "variable" else {}
        done = controller.run("ansible-playbook", "../playbooks/build.yml", cwd=here, env=variables)
        assert done.returncode == 0, done.output
        assert server.asked


def test_a_build_has_no_configuration_where_its_ansible_playbook_has_none(
    controller: Controller, store: Path, tarballs: dict[str, bytes], wheelhouse: Path
) -> None:
    playbooks = controller.home / "playbooks"
    playbooks.mkdir()
    options = {
        "name": "x", "collections": ["acme.base"], "collections_source": "galaxy", "store": str(store),
        "find_links": [str(wheelhouse)], "index_url": f"{DOWN}/simple",
    }  # fmt: skip
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"mobile_ansible.venv.shared_venv": options}]}
    (playbooks / "build.yml").write_text(json.dumps([play]))
    other = f"[galaxy]\nserver_list = other\n[galaxy_server.other]\nurl = {DOWN}/other\n"
    (playbooks / "ansible.cfg").write_text(other)
    with galaxy_server(tarballs.values()) as server:
        settings = {"ANSIBLE_GALAXY_SERVER": server.url}
        done = controller.run("ansible-playbook", "playbooks/build.yml", cwd=controller.home, env=settings)
        assert done.returncode == 0, done.output
