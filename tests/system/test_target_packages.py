# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A package that only a module requires: on other hosts, here with a wheel, and here without one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from hosts import Host
from installed_command import Command
from package_index import wheel

RUN = "mobile_ansible.venv.run"
WAYS = ("command", "role")
#: As modules of collections are: what is missing is said on use.
_MODULE = """\
DOCUMENTATION = '''
module: entry
requirements: [python-ldap >= 3.0]
'''
import traceback
from ansible.module_utils.basic import AnsibleModule, missing_required_lib
try:
    import ldap
    PROBLEM = None
except ImportError:
    PROBLEM = traceback.format_exc()

def main():
    module = AnsibleModule({})
    if PROBLEM is not None:
        module.fail_json(msg=missing_required_lib("python-ldap"), exception=PROBLEM)
    module.exit_json(found="ldap of " + ldap.ORIGIN)

if __name__ == "__main__":
    main()
"""
_ENTRY: dict[str, Any] = {"mine.own.entry": {}}
_SHOW = {"ansible.builtin.debug": {"msg": "the run went on"}}
_PLAY = {"gather_facts": False}


@dataclass(frozen=True)
class Site:
    """A project with a collection of its own, whose module ``entry`` requires python-ldap, and the ways to run it."""

    command: Command
    wheels: Path

    @property
    def directory(self) -> Path:
        return self.command.directory

    def write(self, *plays: dict[str, Any], inventory: dict[str, Any] | None = None) -> None:
        self.command.write("site.yml", json.dumps([{**_PLAY, **play} for play in plays]))
        hosts = {"hosts": inventory or {}}
        self.command.write("hosts.json", json.dumps({"all": {"children": {"directory_servers": hosts}}}))

    def run(self, way: str, choice: str | None = None) -> Run:
        links = [str(self.wheels), str(self.command.wheelhouse)]
        if way == "command":
            own = ["--venv-find-links", str(self.wheels)]
            own += ["--venv-target-packages", choice] if choice else []
            return self.command.run("site.yml", "-i", "hosts.json", *own)
        given = {
            "path": "site.yml", "collections_source": "community_package", "find_links": links, "offline": True,
            "store": str(self.command.store),
        }  # fmt: skip
        variables = {f"run_playbook_{name}": value for name, value in given.items()}
        arguments = ["-i", "hosts.json", "-e", json.dumps(variables)]
        # As people type it.
        arguments += ["-e", f"run_playbook_target_packages={choice}"] if choice else []
        return self.command.controller.playbook(RUN, *arguments, cwd=self.directory)

    def has_ldap(self) -> bool:
        """Whether any venv in the store has the package."""
        return bool(list(self.command.store.glob(".generations/*/lib/python3*/site-packages/ldap.py")))


@pytest.fixture(name="site")
def fixture_site(controller: Controller, store: Path, wheelhouse: Path, wheels: Path, tmp_path: Path) -> Site:
    (wheels / "python_ldap-3.4.4.tar.gz").write_bytes(b"not looked at")
    command = Command.installed(controller, store, wheelhouse, tmp_path / "work")
    collection = "collections/ansible_collections/mine/own"
    command.write(f"{collection}/galaxy.yml", "{namespace: mine, name: own, version: 1.0.0, readme: x, authors: [x]}\n")
    command.write(f"{collection}/plugins/modules/entry.py", _MODULE)
    command.write(f"{collection}/bindep.txt", "python3-ldap [platform:dpkg]\nlibldap2-dev [compile platform:dpkg]\n")
    return Site(command, wheels)


def said(run: Run) -> str:
    return " ".join(run.output.split())


@pytest.fixture(scope="module", name="other_host")
def fixture_other_host(make_hosts: Callable[..., list[Host]], tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A host that has what the module requires, as the package of its system would bring it."""
    directory = tmp_path_factory.mktemp("of-system")
    (directory / "ldap.py").write_text("ORIGIN = 'the other host'\n")
    (host,) = make_hosts(1, share={str(directory): "/srv/of-system"})
    return host


@pytest.mark.parametrize(("way", "has_wheel"), [("command", False), ("role", True)])
def test_for_other_hosts_it_runs_and_names_what_they_require(
    site: Site, other_host: Host, way: str, *, has_wheel: bool
) -> None:
    if has_wheel:
        wheel(site.wheels, "python_ldap", {"ldap.py": "ORIGIN = 'the venv'\n"}, version="3.5")
    entry = {**_ENTRY, "environment": {"PYTHONPATH": "/srv/of-system"}, "register": "answer"}
    show = {"ansible.builtin.debug": {"var": "answer.found"}}
    play = {"hosts": "directory_servers", "tasks": [entry, show]}
    local = {"hosts": "localhost", "tasks": [_SHOW]}
    site.write(play, local, inventory={"one": {**other_host.inventory(), "ansible_python_interpreter": "auto_silent"}})
    ended = site.run(way)
    assert ended.returncode == 0, ended.output
    assert "ldap of the other host" in said(ended) and "the run went on" in said(ended)
    line = (
        "Modules require packages on their hosts that are not in the venv: "
        "python-ldap>=3.0 (system package: python3-ldap [platform:dpkg]) on directory_servers"
    )
    assert said(ended).count(line) == 1, ended.output
    assert not site.has_ldap()


@pytest.mark.parametrize("way", WAYS)
def test_here_it_is_installed_where_there_is_a_wheel(site: Site, way: str) -> None:
    wheel(site.wheels, "python_ldap", {"ldap.py": "ORIGIN = 'the venv'\n"}, version="3.5")
    show = {"ansible.builtin.debug": {"var": "answer.found"}}
    site.write({"hosts": "localhost", "tasks": [{**_ENTRY, "register": "answer"}, show]})
    ended = site.run(way)
    assert ended.returncode == 0, ended.output
    assert "ldap of the venv" in said(ended)
    assert "not in the venv" not in said(ended)


@pytest.mark.parametrize(("way", "hosts"), [("command", "directory_servers"), ("role", "localhost")])
def test_here_without_a_wheel_it_is_left_out_and_the_run_goes_on(site: Site, way: str, hosts: str) -> None:
    """The module itself says what is missing; also where a group has a host with a local connection."""
    site.write(
        # The module fails without its package; what is tried is that the run goes on.
        {"hosts": hosts, "tasks": [_SHOW, {**_ENTRY, "ignore_errors": True}]},
        inventory={
            "here": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        },
    )
    ended = site.run(way)
    assert ended.returncode == 0, ended.output
    assert "the run went on" in said(ended)
    assert "Failed to import the required Python library (python-ldap)" in said(ended)
    assert "python-ldap>=3.0 (there is no wheel of python-ldap for this Python and platform; the network" in said(ended)
    assert f"python3-ldap [platform:dpkg]) on {hosts}" in said(ended)
    again = site.run(way)
    assert again.returncode == 0 and "the run went on" in said(again), again.output


@pytest.mark.parametrize("way", WAYS)
def test_all_of_them_or_an_error(site: Site, way: str) -> None:
    site.write({"hosts": "directory_servers", "tasks": [_ENTRY]}, {"hosts": "localhost", "tasks": [_SHOW]})
    ended = site.run(way, "all")
    assert ended.returncode != 0 and "the run went on" not in said(ended)
    option = "--venv-find-links" if way == "command" else "run_playbook_find_links"
    assert "python-ldap" in said(ended) and f"put a wheel into {option}" in said(ended)
    assert not site.has_ldap()
    wheel(site.wheels, "python_ldap", {"ldap.py": "ORIGIN = 'the venv'\n"}, version="3.5")
    site.write({"hosts": "directory_servers,localhost", "tasks": [_SHOW]}, {"hosts": "one", "tasks": [_ENTRY]})
    subprocess.run(["touch", "-d", "2023-11-15", site.directory / "site.yml"], check=True)
    ended = site.run(way, "all")
    assert "the run went on" in said(ended) and site.has_ldap(), ended.output


@pytest.mark.parametrize("way", WAYS)
def test_none_of_them(site: Site, way: str) -> None:
    wheel(site.wheels, "python_ldap", {"ldap.py": "ORIGIN = 'the venv'\n"}, version="3.5")
    # As above.
    site.write({"hosts": "localhost", "tasks": [_SHOW, {**_ENTRY, "ignore_errors": True}]})
    ended = site.run(way, "none")
    assert ended.returncode == 0 and "the run went on" in said(ended), ended.output
    assert "python3-ldap [platform:dpkg]) on localhost" in said(ended)
    assert not site.has_ldap()


@pytest.mark.parametrize("way", WAYS)
def test_another_choice_is_one_error(site: Site, way: str) -> None:
    site.write({"hosts": "localhost", "tasks": [_SHOW]})
    ended = site.run(way, "nonsense")
    assert ended.returncode != 0 and "the run went on" not in said(ended)
    name = "--venv-target-packages" if way == "command" else "run_playbook_target_packages"
    assert name in said(ended) and "nonsense" in said(ended), ended.output
    assert all(choice in said(ended) for choice in ("auto", "all", "none"))
    assert not site.command.store.exists()


def test_what_is_required_otherwise_is_an_error_without_a_wheel(site: Site) -> None:
    site.write({"hosts": "localhost", "tasks": [_SHOW]})
    ended = site.command.run("site.yml", "--venv-find-links", str(site.wheels), "--venv-package", "python-ldap")
    assert ended.returncode == 1 and "put a wheel into --venv-find-links" in said(ended), ended.output


def test_the_explanation_names_where(site: Site) -> None:
    site.write({"hosts": "directory_servers", "tasks": [_ENTRY]}, inventory={"one": {}})
    shown = site.command.run("site.yml", "-i", "hosts.json", "--venv-explain")
    assert "target (directory_servers)" in shown.stdout, shown.output
    told = site.command.run("site.yml", "-i", "hosts.json", "--venv-json").json()
    assert told["profile"]["dependencies"]["python"] == told["optional_packages"] == []
    (one,) = told["target_packages"]
    assert (one["hosts"], one["on_venv_host"]) == (["directory_servers"], False)
