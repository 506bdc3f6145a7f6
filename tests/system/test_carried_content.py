# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections and roles of the controller for hosts without a network: what it fetched is sent, once and whole."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from galaxy_server import BROKEN, GalaxyServer, galaxy_server
from galaxy_trees import MODULE, build_tarballs, tarballs_of, write_tree
from host_task import STORE, HostTask
from hosts import Host
from run_site import RUN

TOKEN = "secret-0123456789"
TOOLS = ["acme.base 1.1.0", "acme.tools 2.0.0"]


def role(says: str, *dependencies: str) -> bytes:
    """As a forge makes it: one directory above all; its handlers are a link to its tasks."""
    stream = io.BytesIO()
    files = {
        "meta/main.yml": f"dependencies: {json.dumps(dependencies)}\n",
        "tasks/main.yml": f"- debug:\n    msg: {says}\n",
    }
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"role-1/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("role-1/handlers")
        link.type, link.linkname = tarfile.SYMTYPE, "./tasks"
        archive.addfile(link)
    return stream.getvalue()


@pytest.fixture(name="hosts", scope="module")
def fixture_hosts(make_hosts: Callable[..., list[Host]]) -> list[Host]:
    """They reach nothing but the controller's address on their bridge, where no server listens."""
    return make_hosts(2)


@pytest.fixture(name="tarballs", scope="module")
def fixture_tarballs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build_tarballs(tmp_path_factory.mktemp("home"))


@pytest.fixture(name="server")
def fixture_server(tarballs: Mapping[str, bytes]) -> Iterator[GalaxyServer]:
    """On loopback of the controller, with a token that only its user has."""
    with galaxy_server(tarballs.values(), token=TOKEN) as server:
        server.roles = {"acme.web": {"1.0.0": role("hello")}}
        yield server


@pytest.fixture(name="task")
def fixture_task(
    controller: Controller, hosts: list[Host], server: GalaxyServer, tmp_path: Path, wheelhouse: Path
) -> HostTask:
    """On the first host."""
    return task_on(hosts[:1], controller, server, tmp_path)


def task_on(hosts: list[Host], controller: Controller, server: GalaxyServer, directory: Path, **play: Any) -> HostTask:
    settings = f"[galaxy]\nserver_list = hub\n[galaxy_server.hub]\nurl = {server.url}\ntoken = {TOKEN}\n"
    (controller.home / ".ansible.cfg").write_text(settings)
    return HostTask(controller, hosts, directory, **play)


def sent(answer: Mapping[str, Any]) -> list[str]:
    assert not answer.get("failed"), answer["msg"]
    content: list[str] = answer["wheels"]["content"]
    return content


def test_what_the_controller_fetched_is_sent_once(
    task: HostTask, hosts: list[Host], server: GalaxyServer, wheelhouse: Path
) -> None:
    """Predicted, built, unchanged; then another venv, for which all is there, also when the server is gone."""
    host = hosts[0]
    asked: dict[str, Any] = {"wheels": str(wheelhouse), "collections": ["acme.tools"], "roles": ["acme.web"]}
    expected = sorted([*TOOLS, "acme.web 1.0.0"])
    predicted = task("--check", **asked)
    assert (predicted["changed"], sent(predicted)) == (True, expected)
    assert host.run(f"test -e {STORE}").returncode == 1
    first = task("-vvv", **asked)
    assert (first["changed"], sent(first)) == (True, expected)
    assert first["collections"] == [{"name": name, "version": version} for name, version in map(str.split, TOOLS)]
    installed = f"{STORE}/site/lib/python3*/site-packages/ansible_collections/acme/tools/plugins/modules/hello.py"
    assert host.run(f"cat {installed}").stdout == MODULE.format("acme.tools 2.0.0")
    assert host.run(f"readlink {STORE}/site/share/ansible/roles/acme.web/handlers").stdout == "./tasks\n"
    server.fault, asked_so_far = BROKEN, len(server.asked)
    again = task(**asked)
    assert (again["changed"], sent(again), again["wheels"]["bytes"]) == (False, [], 0)
    other = task(**{**asked, "name": "other", "packages": ["jmespath"]})
    assert (other["changed"], sent(other)) == (True, [])
    assert len(server.asked) == asked_so_far
    assert host.run("find / -xdev -name '.ansible' -prune -o -name 'galaxy_token' -print").stdout == ""
    assert TOKEN not in task.output and server.url not in json.dumps(first)
    assert host.run(f"grep -rl {TOKEN} /srv /root /tmp /var/tmp").stdout == ""
    assert host.run(f"ls -A {STORE}/.carried | grep -v whl").stdout == ""


def test_two_hosts_at_once_and_a_user_without_rights(
    controller: Controller, hosts: list[Host], server: GalaxyServer, tmp_path: Path, wheelhouse: Path
) -> None:
    for host in hosts:
        assert host.run("id worker || useradd --create-home worker").returncode == 0
    task = task_on(hosts, controller, server, tmp_path, become=True, become_user="worker", become_method="su")
    asked: dict[str, Any] = {"wheels": str(wheelhouse), "collections": ["acme.tools:1.0.0"]}
    for changed, content in ((True, ["acme.base 1.1.0", "acme.tools 1.0.0"]), (False, [])):
        answers = task.answers(**asked, store="/home/worker/venvs")
        assert [(one["changed"], sent(one)) for one in answers] == [(changed, content)] * 2
    for host in hosts:
        assert host.run("stat -c %U /home/worker/venvs/.collections/*").stdout == "worker\n" * 2


def test_an_error_of_the_server_is_one_of_the_controller_and_sends_nothing(
    task: HostTask, hosts: list[Host], server: GalaxyServer, wheelhouse: Path
) -> None:
    server.fault = BROKEN
    answer = task(wheels=str(wheelhouse), collections=["acme.tools"], store="/srv/none")
    assert answer["failed"] and answer["error_code"] == "source"
    assert "ansible-galaxy cannot fetch acme.tools" in answer["msg"] and "HTTP Code: 500" in answer["msg"]
    assert hosts[0].run("ls /srv/none/.collections/*").stdout == ""
    offline = task(wheels=str(wheelhouse), collections=["acme.tools"], store="/srv/none", offline=True)
    assert "the store does not have acme.tools in a version that is required" in offline["msg"]


def test_a_lock_on_the_host_decides_the_versions(
    task: HostTask, hosts: list[Host], server: GalaxyServer, tarballs: Mapping[str, bytes], wheelhouse: Path
) -> None:
    """The controller finds a newer one, and sends the one of the lock."""
    hosts[0].run("mkdir -p /srv/locks")
    server.tarballs.remove(tarballs["acme-tools-2.0.0"])
    asked = {"wheels": str(wheelhouse), "collections": ["acme.tools"], "lock": "/srv/locks"}
    assert sent(task(**asked, store="/srv/first")) == ["acme.base 1.1.0", "acme.tools 1.0.0"]
    server.tarballs.append(tarballs["acme-tools-2.0.0"])
    newer = {**asked, "controller_store": str(task.playbook.parent / "another")}
    locked = task(**newer, store="/srv/second", locked=True)
    assert sent(locked) == ["acme.base 1.1.0", "acme.tools 1.0.0"]
    other = task(**{**newer, "collections": ["acme.tools:2.0.0"]}, store="/srv/second", locked=True)
    assert other["failed"] and "The lock on the host does not meet the requirements: it has acme.tools" in other["msg"]
    del newer["lock"]
    assert sent(task(**newer, store="/srv/third")) == TOOLS


def test_a_lock_on_the_host_decides_the_versions_of_what_only_others_depend_on(
    task: HostTask, hosts: list[Host], server: GalaxyServer, tarballs: Mapping[str, bytes], wheelhouse: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    """The newest collection depends on nothing any more; a role depends on one that has a newer release."""
    trees = [write_tree(tmp_path / "tools", "acme.tools", "3.0.0"), write_tree(tmp_path / "base", "acme.base", "1.2.0")]
    later = tarballs_of(trees, tmp_path)
    hosts[0].run("mkdir -p /srv/of-dependencies")
    server.roles["acme.site"] = {"1.0.0": role("site", "acme.web")}
    asked: dict[str, Any] = {"wheels": str(wheelhouse), "lock": "/srv/of-dependencies"}
    asked.update(collections=["acme.tools"], roles=["acme.site"])
    expected = sorted([*TOOLS, "acme.site 1.0.0", "acme.web 1.0.0"])
    assert sent(task(**asked, store="/srv/fourth")) == expected
    server.tarballs.extend(later.values())
    server.roles["acme.web"]["1.1.0"] = role("later")
    newer = {**asked, "controller_store": str(task.playbook.parent / "later")}
    assert sent(task(**newer, store="/srv/fifth", locked=True)) == expected


def test_paths_are_those_of_the_controller_and_a_change_there_is_sent(
    task: HostTask, hosts: list[Host], tarballs: Mapping[str, bytes], wheelhouse: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "tarballs"
    directory.mkdir()
    for name in ("acme-tools-1.0.0", "acme-base-1.1.0"):
        (directory / f"{name}.tar.gz").write_bytes(tarballs[name])
    web = tmp_path / "web"
    for name, text in {"meta/main.yml": "dependencies: []\n", "tasks/main.yml": "- debug:\n"}.items():
        (web / name).parent.mkdir(parents=True)
        (web / name).write_text(text)
    asked: dict[str, Any] = {
        "wheels": str(wheelhouse), "collections": ["acme.tools"], "collections_source": str(directory),
        "roles": [{"src": str(web)}], "store": "/srv/paths",
    }  # fmt: skip
    assert sent(task(**asked)) == ["acme.base 1.1.0", "acme.tools 1.0.0", "web"]
    assert sent(task(**asked)) == []
    (web / "tasks" / "main.yml").write_text("- fail:\n")
    changed = task(**asked)
    assert (changed["changed"], sent(changed)) == (True, ["web"])
    assert hosts[0].run("cat /srv/paths/site/share/ansible/roles/web/tasks/main.yml").stdout == "- fail:\n"


def test_a_playbook_runs_with_them_on_a_host_without_a_network(
    controller: Controller, task: HostTask, server: GalaxyServer, wheelhouse: Path, hosts: list[Host]
) -> None:
    """What its analysis fetched on the controller is what its venv on the host has."""
    project = task.playbook.parent / "project"
    project.mkdir()
    copied = {"ansible.builtin.copy": {"content": "{{ said.msg }}", "dest": "/srv/said", "mode": "0600"}}
    play = {
        "hosts": "localhost", "gather_facts": False, "roles": ["acme.web"],
        "tasks": [{"acme.tools.hello": {}, "register": "said"}, copied],
    }  # fmt: skip
    (project / "site.yml").write_text(json.dumps([play]))
    given = {"path": "site.yml", "hosts": hosts[0].name, "store": "/srv/run", "wheels": str(wheelhouse)}
    own = json.dumps({f"run_playbook_{name}": value for name, value in given.items()})
    for _time in range(2):
        done = controller.run("ansible-playbook", RUN, "-i", task.inventory, "-e", own, cwd=project)
        assert done.returncode == 0, done.output
        assert hosts[0].run("cat /srv/said; rm /srv/said").stdout == "acme.tools 2.0.0"
        server.fault = BROKEN
