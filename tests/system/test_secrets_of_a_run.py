# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Secrets of a run are in no argument list, log, event, result or shipped archive, on no host, in any way to run it."""

from __future__ import annotations

import gzip
import secrets
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from controller import Controller
from hosts import Host
from installed_command import Command
from run_site import Site

#: Asks for a password, and otherwise does what sudo does.
_SUDO = """\
#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in -p) printf %s "$2" >&2; shift 2;; -u) shift 2;; -*) shift;; *) break;; esac
done
read -r line
test -n "$line" && exec "$@"
"""
_WAYS = ("command", "here", "elsewhere", "each")


@dataclass(frozen=True)
class Canaries:
    """Nothing else on a host can have these."""

    vault: str
    become: str
    token: str
    key: str

    def in_text(self, text: str) -> list[str]:
        return [name for name, value in vars(self).items() if value in text]

    def in_files(self, directory: Path) -> list[str]:
        """Those in the files below a directory, archives unpacked, each with its file."""
        found = []
        for path in (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()):
            content = path.read_bytes()
            if content.startswith(b"\x1f\x8b"):
                content = gzip.decompress(content)
            found += [f"{name} in {path}" for name in self.in_text(content.decode("utf-8", "replace"))]
        return found

    def open_on(self, host: Host, directories: Iterable[str]) -> str:
        """The files on a host that have one, and that others can read or that belong to the project."""
        words = " ".join(f"-e {value}" for value in vars(self).values())
        listing = f"grep -rlF {words} {' '.join(directories)} 2>/dev/null"
        return host.run(f'for f in $({listing}); do find "$f" -perm /077 -o -path "*/project/*"; done').stdout


@pytest.fixture(scope="module")
def three_hosts(make_hosts: Callable[..., list[Host]], wheelhouse: Path) -> list[Host]:
    return make_hosts(3, share={str(wheelhouse): str(wheelhouse)})


@pytest.fixture
def canaries() -> Canaries:
    return Canaries(*(f"canary{secrets.token_hex(8)}" for _name in range(4)))


def _prepare(site: Site, canaries: Canaries, private: Path, *, go: str) -> list[str]:
    """A playbook that has used all secrets when it waits for the file ``go``; returns what is typed for it."""
    vault = VaultLib([("prod", VaultSecret(canaries.vault.encode()))])
    secret = vault.encrypt(f"token: {canaries.token}\n".encode(), vault_id="prod")
    (site.directory / "secrets.yml").write_bytes(secret)
    (site.directory / "sudo").write_text(_SUDO)
    (site.directory / "sudo").chmod(0o755)
    private.mkdir()
    for name, text in {"key": canaries.key, "more.yml": f"more: {canaries.token}\n"}.items():
        (private / name).write_text(text)
        (private / name).chmod(0o600)
    waits = ["timeout", "300", "sh", "-c", f"until test -e {go}; do sleep 0.2; done"]
    tasks = [
        {"ansible.builtin.command": "true", "become": True},
        # A result that is a failure, of a task that has the token; the run has to go on to where it waits.
        {"ansible.builtin.command": "false", "environment": {"TOKEN": "{{ token }}"}, "ignore_errors": True},
        {"name": "Say", "ansible.builtin.debug": {"msg": "now {{ token | length }} {{ more | length }}"}},
        {"name": "Wait", "ansible.builtin.command": {"argv": waits}},
    ]
    become = {"ansible_become_exe": "{{ playbook_dir }}/sudo", "ansible_become_method": "sudo"}
    play = {"hosts": "localhost", "connection": "local", "vars": become, "vars_files": ["secrets.yml"], "tasks": tasks}
    site.write("site.yml", play)
    return ["--vault-id", "prod@prompt", "-K", "-e", f"@{private}/more.yml", "--private-key", f"{private}/key"]


@pytest.mark.parametrize("way", _WAYS)
def test_no_secret_is_seen(
    way: str,
    canaries: Canaries,
    controller: Controller,
    three_hosts: list[Host],
    wheelhouse: Path,
    command_store: Path,
    tmp_path: Path,
) -> None:
    site = Site.below(tmp_path, controller, wheelhouse, three_hosts)
    hosts = {"elsewhere": three_hosts[:1], "each": three_hosts[:2]}.get(way, [])
    go = "/srv/go" if hosts else str(tmp_path / "go")
    typed = _prepare(site, canaries, tmp_path / "private", go=go)
    temporary, progress, reports = tmp_path / "temporary", tmp_path / "progress", tmp_path / "reports"
    reports.mkdir()
    environment = {
        "ANSIBLE_LOCAL_TEMP": str(temporary),
        "ANSIBLE_CALLBACKS_ENABLED": "mobile_ansible.venv.progress",
        "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": str(progress),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    screen = _start(way, site, command_store, [*typed, *_report(way, reports)], environment)
    screen.expect("BECOME password.*: ")
    screen.sendline(canaries.become)
    screen.expect(r"Vault password \(prod\): ")
    screen.sendline(canaries.vault)
    said = ""
    for _host in range(max(1, len(hosts))):
        screen.expect_exact(f'"now {len(canaries.token)} {len(canaries.token)}"')
        said += str(screen.before)

    arguments = [host.run("cat /proc/[0-9]*/cmdline").stdout for host in hosts]
    arguments += [subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout]
    assert [canaries.in_text(text) for text in arguments] == [[]] * len(arguments)
    archives = list(temporary.rglob("*.tar.gz"))
    assert len(archives) == len(hosts)
    assert [leak for archive in archives for leak in canaries.in_files(archive.parent) if ".tar.gz" in leak] == []
    assert [canaries.open_on(host, ("/root", "/srv", "/tmp", "/var/tmp")) for host in hosts] == [""] * len(hosts)

    for host in hosts:
        host.run(f"touch {go}")
    (tmp_path / "go").touch()
    screen.expect(pexpect.EOF)
    screen.close()
    said += str(screen.before)
    assert screen.exitstatus == 0, said
    for host in hosts:
        host.run(f"rm {go}")
        left = " ".join(f"-e {value}" for value in vars(canaries).values())
        assert host.run(f"grep -rlF {left} /root /srv /tmp /var/tmp").stdout == ""
    assert canaries.in_text(said) == []
    written = [reports, progress, tmp_path / "state", temporary, controller.home, site.directory, command_store]
    assert [leak for directory in written for leak in canaries.in_files(directory)] == []
    # The command leaves no files of its own: the screen is all that there is.
    assert way == "command" or list((tmp_path / "state").rglob("ansible.log"))
    assert way == "command" or (progress / "events.jsonl").stat().st_size > 0
    pages = [path.read_text() for path in reports.glob("*.html")]
    assert ["Succeeded on" in page for page in pages] == [True] * max(1, len(hosts))


def _report(way: str, directory: Path) -> list[str]:
    return ["--venv-report", str(directory)] if way == "command" else ["-e", f"run_playbook_report={directory}"]


def _start(
    way: str, site: Site, command_store: Path, typed: list[str], environment: dict[str, str]
) -> pexpect.spawn[str]:
    if way == "command":
        program = Command.installed(site.controller, command_store, site.wheelhouse, site.directory.parent / "work")
        argv = program.argv(str(site.directory / "site.yml"), *typed)
        env = program.environment(**environment)
        return pexpect.spawn(
            str(program.program), argv, cwd=str(site.directory), encoding="utf-8", env=env, timeout=300
        )
    own: dict[str, dict[str, Any]] = {
        "here": {"store": str(command_store)},
        "elsewhere": {"hosts": "a"},
        "each": {"hosts": "a,b", "each": True},
    }
    return site.on_terminal(site.arguments("site.yml", *typed, **own[way]), **environment)
