# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A managed host that attacks its controller: its Python answers in place of the module, its archive is the attacker's.

The host is a real one over SSH. What counts is what is on the disks afterwards.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import Environment
from hosts import Host
from outer import Outer

# Runs the module for real, then lets ATTACK change `answer`, `said` (raw, in place of the answer) and `archive`.
_PYTHON = """\
#!/usr/bin/python3
import gzip, io, json, os, pathlib, subprocess, sys, tarfile
real = "/usr/bin/python3"
if "AnsiballZ_venv_playbook" not in " ".join(sys.argv):
    os.execv(real, [real, *sys.argv[1:]])
ran = subprocess.run([real, *sys.argv[1:]], stdin=subprocess.DEVNULL, capture_output=True, text=True)
answer, said = json.loads(ran.stdout), None
archive = next(iter(pathlib.Path("/root/.ansible/tmp").rglob("results.tar.gz")))
def pack(*members):
    with tarfile.open(archive, "w:gz") as packed:
        for name, kind, text in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, text if kind == tarfile.SYMTYPE else "", 0o777
            content = text.encode() if kind == tarfile.REGTYPE else b""
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
LINK, FILE, DIRECTORY = tarfile.SYMTYPE, tarfile.REGTYPE, tarfile.DIRTYPE
"""
_ANSWERS = """
sys.stdout.write(json.dumps(answer) if said is None else said)
"""


@pytest.fixture(scope="module")
def host(make_hosts: Callable[..., list[Host]], whole_ansible: Environment) -> Host:
    """A host with the whole `ansible` package at the path that it has here."""
    argv = [whole_ansible.program("python"), "-c", "import sys; print(sys.base_prefix)"]
    base = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    shared = {str(whole_ansible.path)} | ({base} if not base.startswith("/usr") else set())
    return make_hosts(1, share={place: place for place in shared})[0]


class HostileHost(Host):
    """The host as the controller knows it: Python is the attacker's."""

    def inventory(self) -> dict[str, str]:
        return {**super().inventory(), "ansible_python_interpreter": "/usr/local/bin/evil"}


class Attacker:
    """The host's owner, with a play that trusts it."""

    def __init__(self, outer: Outer, host: Host, project: Path) -> None:
        self.outer, self.host, self.project = outer, host, project

    def attack(self, code: str, **options: Any) -> dict[str, Any]:
        """The result of the task, after the host has answered with ``code``."""
        argv = ["ssh", "-i", self.host.key, "-o", f"UserKnownHostsFile={self.host.known_hosts}"]
        argv += [f"root@{self.host.address}", "cat > /usr/local/bin/evil && chmod 755 /usr/local/bin/evil"]
        subprocess.run(argv, input=_PYTHON + code + _ANSWERS, text=True, check=True)
        return self.outer.run({"playbook": "site.yml", **options}, stands_in=self.project)

    def on_controller(self) -> set[str]:
        """Every path around the results, those of Ansible's own left out."""
        found = (str(path.relative_to(self.outer.directory)) for path in self.outer.directory.rglob("*"))
        return {
            path
            for path in found
            if not path.startswith(("home/", "outer.", "hosts.json", "answer.json", "filter_plugins"))
        }


@pytest.fixture
def attacker(controller: Controller, whole_ansible: Environment, host: Host, tmp_path: Path) -> Iterator[Attacker]:
    project = tmp_path / "project"
    project.mkdir()
    play = {"name": "Play", "hosts": "localhost", "gather_facts": False}
    (project / "site.yml").write_text(json.dumps([{**play, "tasks": [{"ansible.builtin.ping": {}}]}]))
    hostile = HostileHost(**vars(host))
    # Other tests may import something from a directory that this host shares.
    listing = "find /root/.ansible/tmp /tmp /var/tmp -mindepth 1 -not -path '*/__pycache__*'"
    before = host.run(listing).stdout
    yield Attacker(Outer(controller, whole_ansible, tmp_path, hostile), host, project)
    assert host.run(listing).stdout == before


_CHAINED = """
pack(
    ("ansible.log", FILE, "fine"), ("a/b/c/d", DIRECTORY, ""), ("a/b/c/d/z", LINK, "../../../.."),
    ("h", LINK, "a/b/c/d/z/.."), ("h/planted", LINK, "artifacts"), ("artifacts/up", LINK, "../a/b/c/d/z/.."),
    ("artifacts/x", FILE, "kept"),
)
"""
_THROUGH = """
pack(("ansible.log", FILE, "second"), ("h/planted", FILE, "evil"), ("artifacts/up/planted", FILE, "evil"))
"""


def test_links_that_lead_out_one_after_another(attacker: Attacker) -> None:
    """Row 1: links that lead out of the results when they are resolved, and files that are written through them."""
    before = attacker.on_controller()
    result = attacker.attack(_CHAINED)
    results = attacker.outer.results
    assert attacker.on_controller() - before == {
        "results", "results/ansible.log", "results/artifacts", "results/artifacts/x",
        "results/.mobile_ansible_venv_results",
    }  # fmt: skip
    assert (results / "ansible.log").read_text() == "fine"
    assert "a/b/c/d/z (a link to ../../../..)" in result["left_out"]
    assert "left out, because only regular files are returned" in result["outer_output"]
    attacker.attack(_THROUGH)
    assert [path for path in attacker.outer.directory.rglob("planted") if results not in path.parents] == []
    assert [path for path in results.rglob("*") if path.is_symlink()] == []
    assert (results / "ansible.log").read_text() == "second"


@pytest.mark.parametrize("key", ["log", "events", "results"])
def test_a_path_in_an_answer_is_not_removed(attacker: Attacker, key: str) -> None:
    """Row 2: what the controller removes on the host is what it chose itself."""
    attacker.host.run("mkdir -p /victim && echo precious > /victim/file")
    attacker.attack(f"answer[{key!r}] = '/victim/{key}'")
    assert attacker.host.run("cat /victim/file").stdout == "precious\n"


_SPARSE = """
header = bytearray(tarfile.TarInfo("artifacts/holes").tobuf(tarfile.GNU_FORMAT))
header[156:157], header[483:495] = b"S", b"%011o\\0" % (1 << 28)
header[148:156] = b" " * 8
header[148:156] = f"{sum(header):06o}\\0 ".encode()
archive.write_bytes(gzip.compress(bytes(header) + bytes(1024)))
"""
_BOMB = """
with gzip.open(archive, "wb") as packed:
    info = tarfile.TarInfo("artifacts/zeros")
    info.size = 1 << 28
    packed.write(info.tobuf())
    for _ in range(256):
        packed.write(bytes(1 << 20))
    packed.write(bytes(1024))
"""
_ENDLESS = "os.truncate(archive, 1 << 40)"
_LIMITS = {"artifacts_limit": 1, "artifacts_files_limit": 100, "log_limit": 1}


@pytest.mark.parametrize("code", [_SPARSE, _BOMB, _ENDLESS], ids=["sparse", "bomb", "endless"])
def test_the_disk_of_the_controller_is_not_filled(attacker: Attacker, code: str) -> None:
    """Row 3: limits hold for what is written, whatever the archive says about itself; nothing partial stays."""
    before = attacker.on_controller()
    result = attacker.attack(code, **_LIMITS)
    assert attacker.on_controller() == before
    assert code == _SPARSE or result["failed"]
    assert code == _SPARSE or result["msg"].startswith("log, events and artifacts of the run were not stored: the ")


def test_results_of_a_run_before_survive_an_attack(attacker: Attacker) -> None:
    attacker.attack("")
    log = (attacker.outer.results / "ansible.log").read_text()
    before = attacker.on_controller()
    for code in (_BOMB, "archive.write_bytes(b'no archive')"):
        assert attacker.attack(code, **_LIMITS)["failed"]
        assert attacker.on_controller() == before
        assert (attacker.outer.results / "ansible.log").read_text() == log


@pytest.mark.parametrize(
    "code",
    [
        "answer = {'changed': False, 'log': 5}",
        "said = 'no JSON at all'",
        "said = '\\x1b[2J{'",
        "said = '{\"a\":' * 100000",
    ],
)
def test_an_answer_of_another_shape_is_one_error(attacker: Attacker, code: str) -> None:
    """Row 4."""
    before = attacker.on_controller()
    result = attacker.attack(code)
    assert result["failed"]
    assert result["msg"].startswith(f"{attacker.host.name} ")
    assert "Traceback" not in result["outer_output"]
    assert "\x1b[2J" not in result["msg"]
    assert attacker.on_controller() == before


def test_an_answer_makes_no_host_and_sets_no_fact(attacker: Attacker) -> None:
    added = "{'host_name': 'planted', 'groups': ['all'], 'host_vars': {'ansible_connection': 'local'}}"
    result = attacker.attack(f"answer['add_host'] = {added}; answer['ansible_facts'] = {{'planted': 1}}")
    assert not result.get("failed")
    assert not {"add_host", "ansible_facts"} & set(result)


@pytest.mark.destructive
def test_an_answer_without_end_is_one_error(attacker: Attacker) -> None:
    """Row 3: Ansible collects an answer before anybody can look at it; the memory for that is bounded."""
    before = attacker.on_controller()
    result = attacker.attack("while True: sys.stdout.write('x' * 1048576)")
    assert result["failed"]
    assert result["msg"] == "the host returned more than 256 MiB"
    assert attacker.on_controller() == before
