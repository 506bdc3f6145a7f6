# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The gate as a phone uses it: a plain ssh client with its own key, on a host with a real sshd and without systemd."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import environment
from hosts import Host
from phone import USER, Phone, set_up
from polling import wait_until

HOME = "/var/lib/phone-gate"
PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Make a directory
      ansible.builtin.file: {path: "{{ playbook_dir }}/results", state: directory, mode: "0700"}
    - name: Write a result
      ansible.builtin.copy:
        dest: "{{ playbook_dir }}/results/said.txt"
        content: "{{ 'from a phone' | replace('a', 'my') }}"
        mode: "0600"
    - name: Work in the background
      ansible.builtin.command: "true"
      async: 30
      poll: 1
    - name: Take a while
      ansible.builtin.pause: {seconds: %d}
"""
SHORT, LONG = (PLAY % 2).encode(), (PLAY % 600).encode()


@pytest.fixture(scope="module")
def host(make_hosts: Callable[..., list[Host]], wheelhouse: Path) -> Host:
    (made,) = make_hosts(1, share={str(wheelhouse): "/srv/wheelhouse"})
    return made


@pytest.fixture(scope="module")
def gate_controller(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    return Controller(venv=environment("controller"), home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def phones(
    host: Host, gate_controller: Controller, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Phone]]:
    """Keys by their names: all rights; runs outright; runs outright with one profile only; may only look."""
    directory = tmp_path_factory.mktemp("phones")
    made = {name: Phone.make(host, directory, name) for name in ("phone", "quick", "limited", "viewer")}
    policies: dict[str, dict[str, Any]] = {
        "phone": {"upload_mib": 3},
        "quick": {"confirm": False, "running": 1},
        "limited": {"confirm": False, "profiles": ["plain"]},
        "viewer": {"verbs": ["list", "status"]},
    }
    keys = [{"name": name, "public_key": one.public_key, **policies[name]} for name, one in made.items()]
    profiles = [directory / name for name in ("plain", "other", "broken")]
    for profile in profiles:
        profile.mkdir()
        definition = {"version": 3, "dependencies": {"python": ["jmespath"]}}
        (profile / "execution-environment.yml").write_text(json.dumps(definition))
    variables = {
        "phone_gate_phones": keys,
        "phone_gate_profiles": list(map(str, profiles)),
        "phone_gate_environment": {"OF_A_PROXY": "a-secret"},
    }
    predicted = set_up(gate_controller, host, directory, variables, "--check", "--diff")
    assert "a-secret" not in predicted.output
    assert predicted.returncode == 0 and "failed=0" in predicted.stdout, predicted.output
    assert "It is made when the role is applied without --check" in predicted.stdout
    assert _left_of_the_gate(host) == ""
    ended = set_up(gate_controller, host, directory, variables)
    assert ended.returncode == 0, ended.output
    copies = "/opt/phone-gate/collections"
    used = f"setsid su {USER} -s /bin/bash -c 'exec -a {copies}/used/x sleep 600' > /dev/null 2>&1 < /dev/null &"
    host.run(f"mkdir {copies}/used {copies}/old; {used}")
    again = set_up(gate_controller, host, directory, variables)
    assert "changed=1" in again.stdout, again.output
    kept = set(host.run(f"ls {copies}").stdout.split())
    assert (len(kept), "used" in kept, "old" in kept) == (2, True, False)
    yield made
    host.run(f"install -d -o {USER} /tmp/of-a-run; touch /tmp/of-a-run/of-root /tmp/of-root")
    there = _left_of_the_gate(host)
    absent = {**variables, "phone_gate_state": "absent"}
    predicted = set_up(gate_controller, host, directory, absent, "--check")
    assert predicted.returncode == 0 and HOME in there and _left_of_the_gate(host) == there, predicted.output
    removed = set_up(gate_controller, host, directory, absent)
    assert removed.returncode == 0, removed.output
    assert _left_of_the_gate(host) == ""
    assert "of-root" in host.run("ls /tmp").stdout.split() and "of-a-run" not in host.run("ls /tmp").stdout.split()


def _left_of_the_gate(host: Host) -> str:
    places = f"{HOME} /opt/phone-gate /var/lib/systemd/linger/{USER}"
    return host.run(f"id {USER}; ls -d {places}; ps -eo user | grep phone").stdout


def run_directory(host: Host, key: str) -> list[str]:
    return host.run(f"ls {HOME}/runs/{key}").stdout.split()


def tar_of(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]  # a mode that is a variable
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_from_a_playbook_to_its_result(phones: dict[str, Phone]) -> None:
    """Analysed, confirmed once, followed, fetched."""
    phone = phones["phone"]
    ident = phone.ask("run", SHORT)["id"]
    waiting = phone.wait(ident, frozenset({"waits"}))
    assert waiting["needs"]["refused"] is None and waiting["confirm"] == f"run --confirm {ident}"
    assert phone.refused(f"result {ident}")["code"] == phone.refused(f"report {ident}")["code"] == "state"
    assert phone.ask(f"run --confirm {ident}")["state"] in ("running", "starting")
    assert phone.refused(f"run --confirm {ident}")["code"] == "state"
    ended = phone.wait(ident)
    assert (ended["state"], ended["progress"]["percent"]) == ("succeeded", 100.0), ended
    events = [json.loads(line) for line in phone.raw(f"events {ident}").stdout.splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("start", "end")
    assert phone.raw(f"events {ident} {len(events) - 1}").stdout.count(b"\n") == 1
    with tarfile.open(fileobj=io.BytesIO(phone.raw(f"result {ident}").stdout)) as archive:
        file = "gatehost/artifacts/results/said.txt"
        said = archive.extractfile(file)
        assert said is not None and said.read() == b"from my phone"
        assert sorted(archive.getnames()) == ["gatehost/ansible.log", file, "gatehost/events.jsonl"]
    report = json.loads(phone.raw(f"report {ident} --format json").stdout)
    assert (report["state"], report["hosts"]["count"]) == ("succeeded", 1)
    assert "Write a result" in json.dumps(report["timeline"])
    assert (report["rc"], [one["path"] for one in report["files"]["items"]]) == (0, [file])
    assert report["venv"]["path"].startswith(HOME) and report["venv"]["packages"]
    page = phone.raw(f"report {ident}").stdout.decode()
    assert page.startswith("<!DOCTYPE html>") and "Write a result" in page
    assert file in page and "Virtual environment" in page and "exit code 0" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"- hosts: [\n", "playbook.yml"),
        (b"hosts: all\n", "playbook.yml"),
        (b"- hosts: all\n  roles: [nosuch]\n", "send the project again"),
        (b"- tasks: [{debug: {}}]\n", "playbook.yml:1: keyword hosts"),
        (b"- hosts: all\n  tasks: [{debug: {}, command: id}]\n", "the task has the action"),
    ],
    ids=["broken", "no playbook", "unresolved", "no hosts", "two actions"],
)
def test_what_cannot_run_is_refused(phones: dict[str, Phone], content: bytes, said: str) -> None:
    """With words of the gate, and a report that says the same."""
    phone = phones["phone"]
    ident = phone.ask("run --target here", content)["id"]
    told = phone.wait(ident)
    assert (told["state"], said in told["error"], "allow_unresolved" in told["error"]) == ("refused", True, False), told
    assert told["needs"]["refused"] == told["error"]
    report = json.loads(phone.raw(f"report {ident} --format json").stdout)
    assert (report["state"], report["message"], report["venv"]) == ("refused", told["error"], None)
    assert report["verdict"].startswith("Refused")
    assert "Why it was refused" in phone.raw(f"report {ident}").stdout.decode()


@pytest.mark.parametrize("pack", [tar_of, zip_of, lambda files: tar_of(files, "w")], ids=["tar.gz", "zip", "tar"])
def test_an_archive_says_what_it_holds(phones: dict[str, Phone], pack: Callable[[dict[str, bytes]], bytes]) -> None:
    files = {
        "it/site.yml": SHORT, "it/library/own.py": b"x = 1\n", "it/bin/go": b"#!/bin/sh\n", "it/README.md": b"hello\n",
    }  # fmt: skip
    told = phones["phone"].ask("run --target here", pack(files))
    assert told["playbook"] == "site.yml"
    assert (told["upload"]["files"], told["upload"]["own_code"]) == (4, ["bin/go", "library/own.py"])
    phones["phone"].wait(told["id"], frozenset({"waits"}))
    assert phones["phone"].ask(f"cancel {told['id']}")["state"] == "stopped"


def test_a_run_outlives_its_connection_and_is_cancelled_whole(phones: dict[str, Phone], host: Host) -> None:
    quick = phones["quick"]
    connection = subprocess.Popen(
        quick.argv("run"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert connection.stdin is not None and connection.stdout is not None
    connection.stdin.write(LONG)
    connection.stdin.close()
    wait_until(lambda: quick.ask("list")["runs"])
    connection.send_signal(signal.SIGKILL)
    connection.stdout.close()
    connection.wait()
    ident = quick.ask("list")["runs"][0]["id"]
    assert quick.refused("run", SHORT)["code"] == "quota"
    step = ""
    while "Take a while" not in step:
        told = quick.ask(f"status {ident}")
        assert told["state"] in ("analysing", "running"), told
        step = (told["progress"] or {}).get("step", "")
        time.sleep(0.5)
    assert quick.ask(f"cancel {ident}")["state"] == "stopping"
    assert quick.wait(ident)["state"] == "stopped"
    assert host.run(f"ps -u {USER} -o args= | grep -v 'sshd\\|^sh ' | grep ansible").stdout == ""


def test_a_run_that_is_cancelled_while_it_starts_does_not_begin(phones: dict[str, Phone], host: Host) -> None:
    """Its process is held before it does anything. The connection that starts it gets an answer."""
    quick = phones["quick"]
    known = {run["id"] for run in quick.ask("list")["runs"]}
    found = "pid=$(pgrep --full '[-]-phase analyse') && kill -STOP $pid && echo $pid && exit; sleep 0.01"
    with ThreadPoolExecutor() as pool:
        holding = pool.submit(host.run, f"for i in $(seq 3000); do {found}; done")
        time.sleep(1)
        starting = pool.submit(quick.ask, "run", LONG)
        process = holding.result().stdout.strip()
        try:
            (ident,) = {run["id"] for run in quick.ask("list")["runs"]} - known
            assert quick.ask(f"status {ident}")["state"] == "starting"
            assert quick.ask(f"cancel {ident}")["state"] == quick.ask(f"status {ident}")["state"] == "stopping"
            assert (starting.result()["id"], starting.result()["state"]) == (ident, "stopping")
            assert quick.ask(f"status {ident}")["state"] == "stopping"
        finally:
            host.run(f"kill -CONT {process}")
    told = quick.wait(ident)
    assert (told["state"], told["error"], told["needs"]) == ("stopped", None, None)


def test_a_process_that_is_killed_leaves_a_true_state(phones: dict[str, Phone], host: Host) -> None:
    quick = phones["quick"]
    ident = quick.ask("run", LONG)["id"]
    while (quick.ask(f"status {ident}")["progress"] or {}).get("percent", 0) < 30:
        time.sleep(0.5)
    state = json.loads(host.run(f"cat {HOME}/runs/quick/{ident}/state.json").stdout)
    host.run(f"kill -9 {state['pid']}")
    assert quick.wait(ident, seconds=5)["state"] == "died"
    quick.ask(f"cancel {ident}")
    assert host.run(f"ps -u {USER} -o args= | grep ansible-playbook | grep -v grep").stdout == ""


def test_what_the_playbook_started_is_ended_where_all_of_ansible_is_killed(
    phones: dict[str, Phone], host: Host
) -> None:
    quick = phones["quick"]
    play = [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.command": "sleep 4321"}]}]
    ident = quick.ask("run", json.dumps(play).encode())["id"]
    asked = f"pgrep --full --uid {USER} '^sleep 4321'"
    wait_until(lambda: host.run(asked).stdout)
    host.run(f"pkill -9 --uid {USER} python")
    assert host.run(asked).stdout, "it is not killed by that"
    assert quick.wait(ident, seconds=5)["state"] == "died"
    assert host.run(f"{asked}; ps -u {USER} -o args= | grep ansible-playbook | grep -v grep").stdout == ""


def test_a_run_uses_a_saved_profile(phones: dict[str, Phone], host: Host) -> None:
    phone, limited = phones["phone"], phones["limited"]
    saved = "/opt/phone-gate/profiles"
    host.run(f"rm {saved}/broken/execution-environment.yml; ln -s /etc/passwd {saved}/broken/execution-environment.yml")
    told = {one["name"]: one for one in phone.ask("profiles")["profiles"]}
    assert set(told) == {"broken", "other", "plain"}
    assert told["plain"] == {"name": "plain", "saved": None, "last_used": None, "problem": None}
    assert "is a link" in told["broken"]["problem"]
    assert [one["name"] for one in limited.ask("profiles")["profiles"]] == ["plain"]
    assert phones["viewer"].refused("profiles")["code"] == "forbidden"
    assert host.run(f"find {saved} ! -user root -o -perm /022 ! -type l").stdout == ""
    denied = host.run(f"su {USER} -s /bin/sh -c 'touch {saved}/x; rm {saved}/plain/*.yml; cat {saved}/plain/*.yml'")
    assert '"jmespath"' in denied.stdout and denied.stderr.count("Permission denied") == 2, denied
    before = run_directory(host, "limited")
    assert "add --profile NAME" in limited.refused("run", SHORT)["error"]
    for key, name, code in (
        (limited, "other", "forbidden"), (limited, "missing", "forbidden"), (phone, "missing", "profile"),
        (phone, "../plain", "command"), (phone, f"{saved}/plain", "command"), (phone, "{{x}}", "command"),
    ):  # fmt: skip
        assert key.refused(f"run --profile {name}", SHORT)["code"] == code, name
    assert run_directory(host, "limited") == before
    ident = limited.ask("run --profile plain", SHORT)["id"]
    ended = limited.wait(ident)
    assert (ended["state"], ended["profile"]) == ("succeeded", "plain"), ended
    (use,) = [one["last_used"] for one in limited.ask("profiles")["profiles"]]
    assert set(use) == {"at", "host"} and use["at"].startswith("20")
    noted = json.loads(host.run(f"cat {HOME}/.local/state/ansible-venvs/profiles/*.json").stdout)
    assert "jmespath" in host.run(f"ls {noted['venv']}/lib/python3*/site-packages").stdout


def test_others_have_nothing_of_it(phones: dict[str, Phone]) -> None:
    ident = phones["phone"].ask("run", SHORT)["id"]
    for verb in ("status", "events", "result", "cancel", "run --confirm"):
        assert phones["quick"].refused(f"{verb} {ident}")["code"] == "no_run", verb
    assert phones["viewer"].ask("list")["runs"] == []
    assert phones["viewer"].refused("run", SHORT)["code"] == "forbidden"


HOSTILE = (
    "", "sh", "run; id", "run `id`", "run $(id)", "list && id", "list|id", "list\nid", "status",
    "status ../../etc/passwd", "status 0123456789abcdeg",
    "status 0123456789abcdef/..", "events 0123456789abcdef -1", "run --target ../here",
    "run --playbook ../../x.yml", "run --playbook {{x}}.yml", "run --playbook /etc/x.yml", "run --confirm",
    "--key quick",
    "run --target here --target here", "doctor all", "result *", "cancel 0123456789ABCDEF", "scp -t /tmp", "x" * 5000,
    "run --target {{lookup('pipe','id')}}", "list --limit 99999999999", "run --config /tmp/x", "internal-sftp",
)  # fmt: skip


@pytest.mark.parametrize("command", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_command_is_refused_with_a_line(phones: dict[str, Phone], command: str) -> None:
    if not command:  # ssh would ask for a shell
        done = phones["phone"].raw("''")
        assert done.returncode == 2
        return
    assert phones["phone"].refused(command)["code"] in ("command", "no_run")


BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no input"),
    "binary": (b"\0\1\2" * 100, "neither a text"),
    "large": (b"# x\n" * (1 << 20), "larger than 3 MiB"),
    "out of it": (tar_of({"../../evil.yml": SHORT}), "outside of its directory"),
    "absolute": (zip_of({"/etc/cron.d/evil": SHORT}), "outside of its directory"),
    "a zip bomb": (zip_of({"site.yml": bytes(300 << 20)}), "unpacks to more than"),
    "a tar bomb": (tar_of({"site.yml": bytes(300 << 20)}), "unpacks to more than"),
    "many": (tar_of({f"f{number}": b"" for number in range(6000)}), "more than 5000"),
    "many in a zip": (zip_of({f"f{number}": b"" for number in range(6000)}), "more than 5000"),
    "cut off": (tar_of({"site.yml": os.urandom(1 << 16)})[:30000], "damaged"),
    "a cut zip": (zip_of({"site.yml": os.urandom(1 << 16)})[:30000], "damaged"),
    "xz": (b"\xfd7zXZ\0" + bytes(100), "is xz"),
    "no playbook": (tar_of({"a/readme": b"x", "b/readme": b"x"}), "--playbook"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_leaves_nothing(phones: dict[str, Phone], host: Host, case: str) -> None:
    content, said = BAD[case]
    before = run_directory(host, "phone")
    assert said in phones["phone"].refused("run", content)["error"]
    assert run_directory(host, "phone") == before
    assert phones["phone"].ask("list")["gate"] == 1


def test_a_gibibyte_is_not_received(phones: dict[str, Phone], host: Host) -> None:
    """The gate hears no more than the key may send, with the memory of a small text."""
    before = run_directory(host, "phone")
    with subprocess.Popen(
        phones["phone"].argv("run"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as sending:
        assert sending.stdin is not None and sending.stdout is not None
        sent = 0
        with suppress(BrokenPipeError):
            for _block in range(1024):
                sent += sending.stdin.write(bytes(1 << 20))
        answer = json.loads(sending.stdout.read())
        with suppress(BrokenPipeError):
            sending.stdin.close()
    assert answer["code"] == "upload" and "larger than 3 MiB" in answer["error"]
    assert (sent < 64 << 20, run_directory(host, "phone")) == (True, before)


@pytest.mark.destructive
def test_two_hundred_connections(phones: dict[str, Phone], host: Host) -> None:
    """Those that sshd admits are answered, and the next one is, too."""
    before = run_directory(host, "phone")
    opened = [
        subprocess.Popen(phones["phone"].argv("list"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _number in range(200)
    ]
    answers = [one.communicate(timeout=300)[0] for one in opened]
    answered = [json.loads(line) for line in answers if line]
    assert len(answered) >= 50 and all("runs" in one for one in answered)
    assert "runs" in phones["phone"].ask("list") and run_directory(host, "phone") == before


def test_no_other_way_leads_in(phones: dict[str, Phone]) -> None:
    """A terminal, a forwarded port and a subsystem come to the same command, or to nothing."""
    phone = phones["phone"]
    assert phone.raw("list", b"", "-tt").stdout == b""
    assert b'"code": "command"' in phone.raw("sftp", b"", "-s").stdout
    tunnel = phone.raw("list", b"", "-o", "ExitOnForwardFailure=yes", "-R", "12345:localhost:22")
    assert tunnel.returncode != 0 and b"gate" not in tunnel.stdout


def test_a_thousand_kept_runs(phones: dict[str, Phone], host: Host) -> None:
    """A new run removes the ended ones beyond the quota of 200, and answers stay cheap before that."""
    ident = phones["phone"].ask("run", SHORT)["id"]
    phones["phone"].wait(ident, frozenset({"waits"}))
    phones["phone"].ask(f"cancel {ident}")
    place = f"{HOME}/runs/phone"
    host.run(
        f"cd {place} && for i in $(seq 1000); do d=$(printf %016x $i); mkdir -m 700 $d;"
        f" cp -p {ident}/request.json {ident}/state.json $d; done; chown -R {USER} {place}"
    )
    command = (
        f"SSH_ORIGINAL_COMMAND='%s'; $(sed -n 's/.*command=\"\\([^\"]*phone\\)\".*/\\1/p' {HOME}/.ssh/authorized_keys)"
    )
    for verb in ("list", f"status {ident}"):
        timed = host.run(_timed(command % verb))
        seconds = sum(map(float, timed.stderr.split()[-2:]))
        assert seconds < 0.3, (verb, timed.stderr)
    phones["phone"].wait(phones["phone"].ask("run", SHORT)["id"], frozenset({"waits"}))
    copies = {f"{number:016x}" for number in range(1, 1001)}
    # The cancelled run is as old as its copies, so it may be one of the 200. Older runs that wait are kept beside them.
    assert 199 <= len(copies.intersection(run_directory(host, "phone"))) <= 200


def _timed(command: str) -> str:
    """The seconds of user and system that ``command`` takes for the user of the gate, on standard error."""
    script = f"TIMEFORMAT='%U %S'\ntime {{ {command} > /dev/null; }}\n"
    return f"cat > /tmp/timed <<'END'\n{script}END\nsu {USER} -c 'bash /tmp/timed'"
