# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The gate with targets elsewhere, and in trouble: a run that hangs, a full disk, a restart. Without systemd."""

from __future__ import annotations

import io
import json
import os
import socket
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hosts as host_tools
import pytest
from controller import Controller
from environments import environment
from host_setup import Setup
from hosts import Host, Network
from phone import HERE, USER, Phone, set_up
from polling import found_at_last

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.logins import ALL_SECONDS

HOME = "/var/lib/phone-gate"
WHEELS = "/srv/wheelhouse"
SECONDS = 60
#: A port of this machine at which something listens that says nothing.
SILENT = 8022
#: It says where it ran.
ELSEWHERE = b"""\
- hosts: all
  gather_facts: false
  tasks:
    - name: Make a directory
      ansible.builtin.file: {path: "{{ playbook_dir }}/results", state: directory, mode: "0700"}
    - name: Say where it is
      ansible.builtin.command: {cmd: sh -c 'hostname > results/where; touch /srv/was-here', chdir: "{{ playbook_dir }}"}
"""
SLEEPS = b"- hosts: all\n  gather_facts: false\n  tasks: [{name: Sleep, command: sleep %d}]\n"
#: What ends only when it is killed.
HANGS = b"""\
- hosts: all
  gather_facts: false
  tasks: [{name: Hang, command: sh -c 'trap "" TERM HUP INT; while true; do sleep 1; done'}]
"""
FILLS = b"""\
- hosts: all
  gather_facts: false
  tasks:
    - name: Fill the disk
      ansible.builtin.shell: dd if=/dev/zero of=/var/lib/phone-gate/runs/fill bs=1M; true
    - name: Write more
      ansible.builtin.copy: {content: "{{ 'x' * 100000 }}", dest: /var/lib/phone-gate/runs/more, mode: "0600"}
"""


@dataclass(frozen=True)
class Gate:
    """The gate, a phone whose runs wait for a word, one whose runs do not, and the targets."""

    network: Network
    careful: Phone
    quick: Phone
    targets: list[Host]

    @property
    def host(self) -> Host:
        return self.quick.host

    def begun(self, playbook: bytes, task: str) -> str:
        """The id of a run on the gate that has come to the task."""
        ident: str = self.quick.ask("run --target here", playbook)["id"]
        deadline = time.monotonic() + 60
        while task not in str((told := self.quick.ask(f"status {ident}"))["progress"]):
            assert told["state"] in ("analysing", "running") and time.monotonic() < deadline, told
            time.sleep(0.3)
        return ident

    def left(self) -> str:
        """What still runs of playbooks, when the process that wrote the last state has had time to end."""
        look = f"ps -u {USER} -o args= | grep -E '[a]nsible|[t]rap|[d]d if'"
        return found_at_last(lambda: self.host.run(look).stdout, "")


@pytest.fixture(scope="module")
def gate(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    if reason := host_tools.missing():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("gate")
    network = Network(directory / "hosts", owner=os.getpid())
    try:
        share = {str(wheelhouse): WHEELS}
        host = network.add("gate", Setup(share=share))
        targets = [network.add(name, Setup(share=share, disk="1g")) for name in ("web1", "web2")]
        phones = [Phone.make(host, directory, name) for name in ("careful", "quick")]
        policies: list[dict[str, Any]] = [{"targets": ["web"]}, {"confirm": False}]
        keys = [
            {
                "name": name,
                "public_key": f"{{{{ lookup('file', '{phone.key}.pub') }}}}",
                "running": 4,
                "upload_mib": 1,
                **more,
            }
            for name, phone, more in zip(("careful", "quick"), phones, policies, strict=True)
        ]
        web = {
            target.name: {
                "ansible_host": target.address, "ansible_user": "root", "ansible_python_interpreter": "/usr/bin/python3"
            }
            for target in targets
        }  # fmt: skip
        gone = {"gone": {**web["web1"], "ansible_host": str(network.address), "ansible_port": 9}}
        doubtful = {
            "no_shell": {**web["web1"], "ansible_user": "daemon"},
            "no_sshd": gone["gone"],
            "silent": {**web["web1"], "ansible_host": str(network.address), "ansible_port": SILENT},
            "unknown": {**web["web1"], "ansible_host": host.address},
            "changed": {**web["web1"], "ansible_ssh_common_args": f"-o HostKeyAlias={targets[1].address}"},
            "no_python": {**web["web1"], "ansible_python_interpreter": "/nowhere/python3"},
            "fine": web["web2"],
        }
        known = [line for target in targets for line in Path(target.known_hosts).read_text().splitlines()]
        variables = {
            "phone_gate_phones": keys,
            "phone_gate_targets": {
                "here": HERE,
                "web": web,
                "partly": {"web1": web["web1"], **gone},
                "doubtful": doubtful,
            },
            "phone_gate_known_hosts": known,
            "phone_gate_seconds": SECONDS,
        }
        ended = set_up(
            Controller(venv=environment("controller"), home=tmp_path_factory.mktemp("home")), host, directory, variables
        )
        assert ended.returncode == 0, ended.output
        key = host.run(f"cat {HOME}/.ssh/id_ed25519.pub").stdout.strip()
        for target in targets:
            target.run(f"echo '{key}' >> /etc/venv-test-host/authorized_keys")
        yield Gate(network, phones[0], phones[1], targets)
    finally:
        network.close()


def test_a_playbook_runs_on_the_hosts_of_its_target_and_not_on_the_gate(gate: Gate) -> None:
    """Confirmed by id; each host brings its file back, and the report has the tasks on all hosts."""
    phone = gate.careful
    assert phone.refused("run --target here", ELSEWHERE)["code"] == "target"
    ident = phone.ask("run", ELSEWHERE)["id"]
    waiting = phone.wait(ident, frozenset({"waits"}))
    assert (waiting["target"], waiting["needs"]["refused"]) == ("web", None)
    assert [target.run("ls /srv/was-here").stdout for target in gate.targets] == ["", ""]
    assert phone.ask(f"run --confirm {ident}")["state"] in ("running", "starting")
    told = phone.wait(ident)
    assert told["state"] == "succeeded", "\n".join(told["output"])
    with tarfile.open(fileobj=io.BytesIO(phone.raw(f"result {ident}").stdout)) as archive:
        names = {name.split("/")[0]: name for name in archive.getnames() if name.endswith("/where")}
        said = {host: (archive.extractfile(name) or io.BytesIO()).read() for host, name in names.items()}
    assert said == {"web1": b"web1\n", "web2": b"web2\n"}
    assert [host.run("ls /srv/was-here").returncode for host in (*gate.targets, gate.host)] == [0, 0, 2]
    report = json.loads(phone.raw(f"report {ident} --format json").stdout)
    tasks = [(row["name"], sum(row["results"].values())) for row in report["timeline"]["tasks"]]
    assert tasks == [("Make a directory", 2), ("Say where it is", 2)]
    assert {row["host"] for row in report["hosts"]["items"]} == {"web1", "web2"}
    assert (report["rc"], {one["host"]: one["rc"] for one in report["exit_codes"]}) == (0, {"web1": 0, "web2": 0})
    assert {one["path"] for one in report["files"]["items"]} == set(names.values())
    venvs = [report["venv"], *report["other_venvs"]]
    assert sorted(host for venv in venvs for host in venv["hosts"]) == ["web1", "web2"]
    assert all(venv["path"] and venv["ansible_core"] and venv["packages"] for venv in venvs)


def test_the_report_says_which_host_has_not_run_it(gate: Gate) -> None:
    ident = gate.quick.ask("run --target partly", ELSEWHERE)["id"]
    assert gate.quick.wait(ident)["state"] == "failed"
    report = json.loads(gate.quick.raw(f"report {ident} --format json").stdout)
    assert {row["host"]: row["unreachable"] for row in report["hosts"]["items"]} == {"web1": 0, "gone": 1}
    assert "Say where it is" in [row["name"] for row in report["timeline"]["tasks"]]
    assert [(one["host"], one["unreachable"]) for one in report["failures"]["items"]] == [("gone", True)]
    assert report["failures"]["count"] == 1
    assert (report["rc"], {one["host"]: one["rc"] for one in report["exit_codes"]}) == (None, {"web1": 0, "gone": None})
    assert {one["path"] for one in report["files"]["items"]} == {"web1/artifacts/results/where"}
    assert report["venv"]["hosts"] == ["web1"]


def test_a_run_goes_on_when_the_one_that_was_first_on_its_hosts_ends(gate: Gate) -> None:
    short, long = (gate.quick.ask("run --target web", SLEEPS % seconds)["id"] for seconds in (8, 25))
    assert gate.quick.wait(short)["state"] == "succeeded"
    assert gate.quick.ask(f"status {long}")["state"] == "running"
    ended = gate.quick.wait(long)
    assert ended["state"] == "succeeded", "\n".join(ended["output"])
    assert gate.host.run("ls /tmp").stdout == ""


def test_the_doctor_logs_in_to_the_hosts_that_a_key_can_use(gate: Gate) -> None:
    """In seconds, although one of them is silent; each failure has its reason and its remedy, and nothing is left."""
    with socket.create_server((gate.network.address, SILENT)):
        begun = time.monotonic()
        found = {check["name"]: check for check in gate.quick.ask("doctor")["checks"]}
        seconds = time.monotonic() - begun
    assert seconds < ALL_SECONDS, seconds
    for name, said, fix in (
        ("no_shell", "Failed to create temporary directory", "a shell"),
        ("no_sshd", "Connection refused", "that its sshd runs"),
        ("silent", "timed out", "that its sshd runs"),
        ("unknown", "Host key verification failed", "ssh-keyscan"),
        ("changed", "Host key verification failed", "another key than phone_gate_known_hosts"),
        ("no_python", "/nowhere/python3", "install Python"),
    ):
        check = found.pop(f"login to doubtful: {name}")
        assert (check["ok"], said in check["found"], fix in check["fix"]) == (False, True, True), check
    assert not found.pop("login to partly: gone")["ok"]
    logins = {name: check["ok"] for name, check in found.items() if name.startswith("login")}
    assert logins == {"login to here": True, "login to web": True}
    assert gate.host.run(f"ps -u {USER} -o args= | grep -E '[a]nsible|[s]sh: '; ls /tmp").stdout == ""


def test_the_doctor_of_a_key_tries_its_targets_only(gate: Gate) -> None:
    """A key of a target that was taken away is missed at once."""
    keys = "/etc/venv-test-host/authorized_keys"
    names = {check["name"] for check in gate.careful.ask("doctor")["checks"] if check["name"].startswith("login")}
    assert names == {"login to web"}
    assert gate.careful.refused("doctor --target here")["code"] == "target"
    gate.targets[0].run(f"cp {keys} {keys}.all; sed -i '$d' {keys}")
    try:
        told = gate.quick.ask("doctor --target web")
    finally:
        gate.targets[0].run(f"mv {keys}.all {keys}")
    (check,) = [check for check in told["checks"] if check["name"].startswith("login")]
    assert (told["ok"], check["ok"], check["name"]) == (False, False, "login to web: web1")
    public_key = gate.host.run(f"cat {HOME}/.ssh/id_ed25519.pub").stdout.strip()
    assert "root@" in check["found"] and "Permission denied" in check["found"] and check["fix"].endswith(public_key)


def test_a_restart_ends_a_run_truly(gate: Gate) -> None:
    ident = gate.begun(HANGS, "Hang")
    gate.network.stop(gate.host)
    gate.network.start(gate.host)
    gate.network.wait(gate.host)
    told = gate.quick.ask(f"status {ident}")
    assert (told["state"], "start it again" in told["error"], gate.left()) == ("died", True, "")
    assert gate.quick.raw(f"report {ident}").stdout.startswith(b"<!DOCTYPE html>")


def test_a_full_disk_leaves_true_states_and_a_gate_that_answers(gate: Gate) -> None:
    """A run that hangs goes on meanwhile, and ends with its time."""
    gate.host.run(f"mount -t tmpfs -o size=300m,mode=0700 tmpfs {HOME}/runs; chown {USER}: {HOME}/runs")
    hangs = gate.begun(HANGS, "Hang")
    cancelled = gate.begun(HANGS, "Hang")
    waiting, other = (gate.careful.ask("run", ELSEWHERE)["id"] for _number in range(2))
    for ident in (waiting, other):
        gate.careful.wait(ident, frozenset({"waits"}))
    fills = gate.quick.ask("run --target here", FILLS)["id"]
    ended = gate.quick.wait(fills)
    assert (ended["state"], "the disk of the gate is full" in ended["error"]) == ("failed", True), ended
    before = gate.host.run(f"ls -A {HOME}/runs/*").stdout
    for phone in (gate.careful, gate.quick):
        assert phone.refused("run --target web", ELSEWHERE)["code"] == "no_room"
    assert gate.careful.refused(f"run --confirm {waiting}")["code"] == "no_room"
    assert gate.careful.ask(f"status {waiting}")["state"] == "waits"
    assert gate.careful.ask(f"cancel {other}")["state"] == "stopped"
    assert gate.host.run(f"ls -A {HOME}/runs/*").stdout == before
    assert json.loads(gate.quick.raw(f"events {fills}").stdout.splitlines()[-1])["event"] == "end"
    assert gate.quick.raw(f"report {fills}").stdout.startswith(b"<!DOCTYPE html>")
    assert gate.quick.ask(f"cancel {cancelled}")["state"] == "stopping"
    assert gate.quick.wait(cancelled)["state"] == "stopped"
    checks = {check["name"]: check["ok"] for check in gate.quick.ask("doctor --target here")["checks"]}
    assert not checks["disk of runs"]
    gate.host.run(f"rm {HOME}/runs/fill")
    assert gate.careful.ask(f"run --confirm {waiting}")["state"] in ("running", "starting")
    assert gate.careful.wait(waiting)["state"] == "succeeded"
    told = gate.quick.wait(hangs, seconds=2 * SECONDS)
    remedy = "let the owner of the gate increase phone_gate_seconds"
    assert (told["state"], told["error"]) == ("failed", f"the run was ended: it took longer than {SECONDS} s; {remedy}")
    assert gate.left() == ""
