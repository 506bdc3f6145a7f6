# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What of a home directory, or of a project, is on another host while a playbook runs there: what it uses, and no key.

The playbook looks itself on the host, and afterwards the host is searched from outside.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import Environment
from hosts import Host
from outer import Outer

#: Nothing else has it, such as a checkout that hosts see.
_CANARY = f"canary-{secrets.token_hex(8)}"
_SECRETS = (
    ".ssh/id_rsa", ".ssh/config", ".aws/credentials", ".gnupg/secring.gpg", ".kube/config", ".docker/config.json",
    ".netrc", ".pgpass", ".config/gcloud/credentials.db", ".azure/accessTokens.json", ".password-store/mail.gpg",
    ".mozilla/firefox/logins.json", ".local/share/keyrings/login.keyring", "passwords.kdbx",
)  # fmt: skip
_OTHERS = (".git/config", "token", "Documents/letter.txt", "other.yml", "roles/web/.git/config", "work/notes.txt")
_FILTER = "class FilterModule:\n    def filters(self):\n        return {'loud': str.upper}\n"
_LOCAL = {"hosts": "localhost", "gather_facts": False}
#: What the playbook uses, by name, with the role ``web`` in the directory ``{roles}``.
_USED: dict[str, Any] = {
    "more.yml": [{**_LOCAL, "tasks": [{"ansible.builtin.import_tasks": "tasks/part.yml"}]}],
    "tasks/part.yml": [{"ansible.builtin.script": "run.sh"}],
    "run.sh": "echo ran",
    "{roles}/web/tasks/main.yml": [{"ansible.builtin.copy": {"src": "w", "dest": "/tmp/made/w", "mode": "0600"}}],
    "{roles}/web/files/w": "web",
    "templates/page.j2": "{{ greeting }} {{ of_all }}",
    "files/plain.txt": "plain",
    "named/data.txt": "data",
    "own_vars.yml": {"own": "yes", "greeting": "hello"},
    "group_vars/all.yml": {"of_all": "world"},
    "filter_plugins/loud.py": _FILTER,
}


@pytest.fixture(scope="module")
def host(make_hosts: Callable[..., list[Host]], whole_ansible: Environment) -> Host:
    """A host with the whole `ansible` package at the path that it has here."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    base = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    shared = {str(whole_ansible.path)} | ({base} if not base.startswith("/usr") else set())
    return make_hosts(1, share={place: place for place in shared})[0]


@pytest.fixture
def far(controller: Controller, whole_ansible: Environment, tmp_path: Path, host: Host) -> Outer:
    return Outer(controller, whole_ansible, tmp_path, host)


def write(directory: Path, name: str, content: Any) -> None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def fill_with_secrets(directory: Path) -> None:
    for name in (*_SECRETS, *_OTHERS):
        write(directory, name, _CANARY)


def write_playbook(directory: Path, *, roles: str = "roles", **copied: str) -> set[str]:
    """A playbook that uses what is beside it and tells what it finds where it runs; returns the names of its files."""
    for name, content in _USED.items():
        write(directory, name.replace("{roles}", roles), content)
    checks = [
        "own == 'yes'",
        "lookup('ansible.builtin.file', 'named/data.txt') | loud == 'DATA'",
        "lookup('ansible.builtin.file', '/tmp/made/page') == 'hello world'",
    ]
    search = f"grep -rl {_CANARY[:6]}'{_CANARY[6:]}' /root /tmp /home /var/tmp || true"
    sent = "cd '{{ playbook_dir }}' && find . -type f -not -name '*.pyc' -printf '%P\\n'"
    told = {"found": "{{ found.stdout_lines }}", "sent": "{{ sent.stdout_lines }}"}
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.file": {"path": "/tmp/made", "state": "directory", "mode": "0700"}},
        {"ansible.builtin.template": {"src": "page.j2", "dest": "/tmp/made/page", "mode": "0600"}},
        *(
            {"ansible.builtin.copy": {"src": source, "dest": f"/tmp/made/{name}", "mode": "0600"}}
            for name, source in {"plain": "plain.txt", **copied}.items()
        ),
        {"ansible.builtin.include_role": {"name": "web" if roles == "roles" else f"{roles}/web"}},
        {"ansible.builtin.assert": {"that": checks}},
        {"ansible.builtin.shell": search, "register": "found"},
        {"ansible.builtin.shell": sent, "register": "sent"},
        {"ansible.builtin.set_stats": {"data": told}},
        {"ansible.builtin.file": {"path": "/tmp/made", "state": "absent"}},
    ]
    play = {**_LOCAL, "name": "Use", "vars_files": ["own_vars.yml"], "tasks": tasks}
    write(directory, "site.yml", [play, {"import_playbook": "more.yml"}])
    return {"site.yml", *(name.replace("{roles}", roles) for name in _USED)}


def found_on(host: Host | None) -> str:
    assert host is not None
    return host.run(f"grep -rl {_CANARY} /root /tmp /home /var/tmp; true").stdout


@pytest.mark.parametrize(
    ("below", "roles", "config"), [(".", "roles", False), (".", "roles", True), ("plays", "parts", False)]
)
def test_of_a_home_only_what_the_playbook_uses_is_sent(
    far: Outer, home: Path, below: str, roles: str, config: bool
) -> None:
    """Row 1: beside ``~/site.yml`` are marks of a project and keys; beside ``~/plays/site.yml`` is no mark."""
    fill_with_secrets(home)
    fill_with_secrets(home / below / "unused")
    used = write_playbook(home / below, roles=roles)
    with (home / below / "big.iso").open("wb") as stream:
        stream.truncate(300 * 1024 * 1024)
    if config:
        write(home, "ansible.cfg", "[defaults]\n")
        used.add("ansible.cfg")
    result = far.run({"playbook": f"{below}/site.yml"}, stands_in=home)
    assert not result.get("failed"), result["msg"]
    told = result["custom_stats"]["_run"]
    assert told["found"] == []
    assert set(told["sent"]) == used
    assert found_on(far.host) == ""
    assert result["shipped_files"] == len(used)
    assert f"sending {len(used)} files of {(home / below).resolve()} to " in result["outer_output"]


def test_of_a_project_no_credentials_are_sent_but_those_that_are_named(far: Outer, tmp_path: Path) -> None:
    project = tmp_path / "project"
    fill_with_secrets(project)
    for name in _OTHERS:
        write(project, name, "")
    used = write_playbook(project, ssh=".ssh/config")
    write(project, "ansible.cfg", "[defaults]\n")
    write(project, "files/.ssh/config", "named by the playbook")
    write(project, "keys/id_rsa", "not in a directory of credentials")
    result = far.run({"playbook": "site.yml", "private_key_file": ".pgpass"}, stands_in=project)
    assert not result.get("failed"), result["msg"]
    told = result["custom_stats"]["_run"]
    assert [name.rpartition("/beside/")[2] for name in told["found"]] == ["private_key_file/.pgpass"]
    assert {*used, "files/.ssh/config", "keys/id_rsa", "Documents/letter.txt"} <= set(told["sent"])
    assert {".ssh", ".aws", ".netrc", ".config/gcloud", "passwords.kdbx"} <= set(result["not_shipped"])
    assert "not sent, because credentials are kept there" in result["outer_output"]
    assert found_on(far.host) == ""


@pytest.mark.parametrize("project", ["~", "/", "/tmp", "..", "team"])
def test_a_home_and_a_store_are_never_sent_whole(far: Outer, home: Path, tmp_path: Path, project: str) -> None:
    write_playbook(home)
    team = tmp_path / "team"
    (team / "venvs").mkdir(parents=True)
    given = {"..": str(home.parent), "team": str(team)}.get(project, project)
    options = {"playbook": "site.yml", "project": given, "store": str(team / "venvs")}
    result = far.run(options, stands_in=home)
    assert result["failed"]
    assert result["msg"].startswith(f"project: {given.replace('~', str(home))} contains ")
    assert ("the venvs of the store" in result["msg"]) == (project == "team")
    assert "name that one instead" in result["msg"]


def test_a_project_above_the_limit_says_what_is_large(far: Outer, home: Path) -> None:
    used = write_playbook(home)
    with (home / "files" / "big.iso").open("wb") as stream:
        stream.truncate(3 * 1024 * 1024)
    result = far.run({"playbook": "site.yml", "project_limit": 2}, stands_in=home)
    assert result["failed"]
    assert f"has {len(used) + 1} files of 3.0 MiB, more than the limit of 2 MiB" in result["msg"]
    assert "project/files (3.0 MiB), project/files/big.iso (3.0 MiB) are the largest" in result["msg"]


def test_by_links_to_the_project_and_to_the_playbook(far: Outer, home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    used = write_playbook(project)
    write(project, "ansible.cfg", "[defaults]\n")
    (home / "by_link").symlink_to(project)
    (home / "linked.yml").symlink_to(project / "site.yml")
    for options, stands_in in (
        ({"playbook": "site.yml", "project": "."}, home / "by_link"),
        ({"playbook": "by_link/site.yml"}, home),
        ({"playbook": "linked.yml"}, home),
    ):
        result = far.run(options, stands_in=stands_in, env={"PWD": str(stands_in)})
        assert not result.get("failed"), result["msg"]
        assert used <= set(result["custom_stats"]["_run"]["sent"])


@pytest.mark.parametrize("marked", [True, False])
def test_what_links_lead_to_is_on_the_host(far: Outer, home: Path, tmp_path: Path, marked: bool) -> None:
    """Roles, files and the configuration are elsewhere; a venv that nobody built yet is nowhere."""
    project, shared = home / "project", tmp_path / "shared"
    used = write_playbook(project)
    for name in ("roles/web", "files", "named/data.txt"):
        (shared / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).rename(shared / name)
        (project / name).symlink_to(shared / name)
    (project / "venv").symlink_to("../parent/venv")
    if marked:
        write(shared, "ansible.cfg", "[defaults]\nstdout_callback = ansible.builtin.minimal\n")
        (project / "ansible.cfg").symlink_to(shared / "ansible.cfg")
        used |= {"ansible.cfg"}
    write(shared, "roles/web/.netrc", _CANARY)
    result = far.run({"playbook": "site.yml"}, stands_in=project)
    assert not result.get("failed"), result["msg"]
    assert set(result["custom_stats"]["_run"]["sent"]) == used
    assert result["custom_stats"]["_run"]["found"] == []
    names = ["roles/web", "files", "named/data.txt", *(["ansible.cfg"] if marked else [])]
    assert sorted(result["shipped_outside"]) == sorted(str(shared / name) for name in names)
    assert found_on(far.host) == ""


def test_links_bring_no_credentials_and_take_no_name(far: Outer, home: Path, tmp_path: Path) -> None:
    """One leads above credentials, one to a directory that leads back to the playbook, one is switched off."""
    project, outside = home / "project", tmp_path / "outside"
    used = write_playbook(project)
    write(project, "ansible.cfg", "[defaults]\n")
    for name in (".config/gh/hosts.yml", ".config/git/credentials", ".ansible/galaxy_token"):
        write(home, name, _CANARY)
    write(home, ".config/plain", "plain")
    write(home, ".ansible/roles/own/tasks/main.yml", "[]")
    outside.mkdir()
    for link, target in {
        project / "linked": home / ".config",
        project / "dot_ansible": home / ".ansible",
        project / "aaa": outside,
        outside / "play.yml": project / "site.yml",
        project / "off.yml": Path("/dev/null"),
    }.items():
        link.symlink_to(target)
    result = far.run({"playbook": "site.yml"}, stands_in=project)
    assert not result.get("failed"), result["msg"]
    told = result["custom_stats"]["_run"]
    assert told["found"] == []
    assert set(told["sent"]) == {*used, "ansible.cfg", "linked/plain", "dot_ansible/roles/own/tasks/main.yml"}
    assert {"../.config/gh", "../.config/git/credentials", "../.ansible/galaxy_token"} == set(result["not_shipped"])
    assert sorted(result["shipped_outside"]) == sorted(map(str, (home / ".config", home / ".ansible", outside)))
    assert found_on(far.host) == ""


def test_without_a_mark_links_beside_the_playbook_are_followed(far: Outer, home: Path, tmp_path: Path) -> None:
    """As Ansible finds them here: variables, files and plugins of the playbook are elsewhere."""
    project, shared = home / "plain", tmp_path / "shared"
    used = write_playbook(project, roles="parts")
    shared.mkdir()
    for name in ("group_vars", "files", "templates", "filter_plugins", "tasks"):
        (project / name).rename(shared / name)
        (project / name).symlink_to(shared / name)
    result = far.run({"playbook": "site.yml"}, stands_in=project)
    assert not result.get("failed"), result["msg"]
    assert set(result["custom_stats"]["_run"]["sent"]) == used
    assert result["not_shipped"] == []
