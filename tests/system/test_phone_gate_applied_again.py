# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A gate whose role is applied with less: what is gone is removed, and cannot be used by what waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from controller import Controller
from hosts import Host
from phone import HERE, USER, Phone, set_up
from polling import wait_until

HOME, DIRECTORY = "/var/lib/phone-gate", "/opt/phone-gate"
PLAY = b"- hosts: all\n  gather_facts: false\n  tasks: [{name: Say something, debug: }]\n"
LONG = b"- hosts: all\n  gather_facts: false\n  tasks: [{name: Take long, command: sleep 4242}]\n"


def test_the_installation_uses_the_environment_of_the_gate(
    make_hosts: Callable[..., list[Host]], wheelhouse: Path, controller: Controller, tmp_path: Path
) -> None:
    """A gate that reaches the index through a proxy only can be installed; the error has names that the role knows."""
    (host,) = make_hosts(1, share={str(wheelhouse): "/srv/wheelhouse"})
    phone = Phone.make(host, tmp_path, "phone")
    variables = {
        "phone_gate_phones": [{"name": "phone", "public_key": phone.public_key}],
        "phone_gate_offline": False,
        "phone_gate_find_links": [],
        "phone_gate_index_url": "http://index.invalid/simple",
        "phone_gate_environment": {"http_proxy": "http://127.0.0.1:1"},
    }
    ended = set_up(controller, host, tmp_path, variables)
    assert ended.returncode != 0 and "through the proxy http://127.0.0.1:1" in ended.output, ended.output
    assert "correct phone_gate_index_url, or the network" in ended.output


def test_what_is_taken_out_of_the_variables_is_gone(
    make_hosts: Callable[..., list[Host]], wheelhouse: Path, controller: Controller, tmp_path: Path
) -> None:
    (host,) = make_hosts(1, share={str(wheelhouse): "/srv/wheelhouse"})
    phone, lost = (Phone.make(host, tmp_path, name) for name in ("phone", "lost"))
    key = {"name": "phone", "public_key": phone.public_key, "running": 4}
    gone = {"name": "lost", "public_key": lost.public_key, "confirm": False}
    for name in ("plain", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "execution-environment.yml").write_text(json.dumps({"version": 3}))
        (tmp_path / name / "requirements.txt").write_text("jmespath\n")
    token = tmp_path / "token"
    token.write_text("secret")
    targets = dict.fromkeys(("here", "forbidden", "removed"), HERE)
    variables = {
        "phone_gate_phones": [key, gone],
        "phone_gate_targets": targets,
        "phone_gate_profiles": [str(tmp_path / "plain"), str(tmp_path / "other")],
        "phone_gate_torrent": {"provider": "host"},
        "phone_gate_torrent_hosts": HERE,
        "phone_gate_api_token_file": str(token),
    }
    ended = set_up(controller, host, tmp_path, variables)
    assert ended.returncode == 0, ended.output
    options = {"forbidden": "--target forbidden", "removed": "--target removed", "profile": "--profile plain"}
    options = {**options, "kept": "--profile other"}
    for name in ("profile", "kept"):
        options[name] += " --target here"
    waiting = {name: phone.ask(f"run {words}", PLAY)["id"] for name, words in options.items()}
    for ident in waiting.values():
        phone.wait(ident, frozenset({"waits"}))

    used = phone.ask("run --target here --profile plain", PLAY)["id"]
    phone.wait(used, frozenset({"waits"}))
    phone.ask(f"run --confirm {used}")
    assert phone.wait(used)["state"] == "succeeded"
    uses = f"ls -A {HOME}/.local/state/ansible-venvs/profiles"
    assert len(host.run(uses).stdout.split()) == 1

    running = lost.ask("run --target here", LONG)["id"]
    lost.wait(running, frozenset({"running"}))
    sleeping = f"ps -u {USER} -o args= | grep '^sleep 4242'"
    wait_until(lambda: host.run(sleeping).stdout, seconds=120)

    profiles = f"{DIRECTORY}/profiles"
    (tmp_path / "other" / "requirements.txt").unlink()
    less = {
        "phone_gate_phones": [{**key, "targets": ["here"]}],
        "phone_gate_targets": dict.fromkeys(("here", "forbidden"), HERE),
        "phone_gate_profiles": [str(tmp_path / "other")],
    }
    there = f"ls -A {DIRECTORY} {DIRECTORY}/targets {profiles} {profiles}/* {HOME}"
    there += f" {HOME}/runs; {sleeping}"
    before = host.run(there).stdout
    predicted = set_up(controller, host, tmp_path, less, "--check")
    assert host.run(there).stdout == before
    ended = set_up(controller, host, tmp_path, less)
    assert ended.returncode == 0, ended.output
    assert _changed(predicted.stdout) == _changed(ended.stdout)
    assert host.run(f"ls -A {DIRECTORY}/targets").stdout.split() == ["forbidden.json", "here.json"]
    assert host.run(f"ls -A {profiles} {profiles}/other").stdout.split() == [
        f"{profiles}:", "other", f"{profiles}/other:", "execution-environment.yml",
    ]  # fmt: skip
    assert host.run(f"ls {HOME}/api-token; {uses}").stdout == ""
    # The key that was lost has no process, no file and no way in any more.
    assert host.run(f"{sleeping}; ls {HOME}/runs").stdout == "phone\n"
    assert lost.raw("list").returncode == 255
    again = set_up(controller, host, tmp_path, less)
    assert "changed=0" in again.stdout, again.output

    for name, code in (("forbidden", "target"), ("removed", "target"), ("profile", "profile")):
        told = phone.refused(f"run --confirm {waiting[name]}")
        assert told["code"] == code and (code != "profile" or f"(cancel {waiting[name]})" in told["error"]), told
        assert phone.ask(f"status {waiting[name]}")["state"] == "waits"
    phone.ask(f"run --confirm {waiting['kept']}")
    assert phone.wait(waiting["kept"])["state"] == "succeeded"


FOREIGN = f"mkdir -p {HOME}/docs && touch {HOME}/docs/mine"
OF_ANOTHER = f"install -d -o daemon {HOME}/runs"
ELSEWHERE = f"mkdir -p {HOME}/.ssh && echo 'x --config /srv/gate/gate.json --key a' > {HOME}/.ssh/authorized_keys"


def test_what_is_not_of_this_gate_is_neither_taken_nor_removed(
    make_hosts: Callable[..., list[Host]], controller: Controller, tmp_path: Path
) -> None:
    """Nor is one of its gates lost because a variable has another value than when it was made."""
    (host,) = make_hosts(1)
    key = {"name": "phone", "public_key": Phone.make(host, tmp_path, "phone").public_key}
    for state in ("present", "absent"):
        variables = {"phone_gate_phones": [key], "phone_gate_state": state}
        for there, said in (
            (FOREIGN, f"{HOME} has what is not of the gate (docs), and would be removed with it"),
            (FOREIGN.replace(HOME, DIRECTORY), f"{DIRECTORY} has what is not of the gate (docs)"),
            (OF_ANOTHER, f"the gate in {HOME} has the user daemon; use this name"),
            (ELSEWHERE, f"the gate of {USER} is in /srv/gate; use this directory"),
        ):
            host.run(f"rm -rf {HOME} {DIRECTORY}; {there}")
            before = host.run(f"ls -lR {HOME} {DIRECTORY}").stdout
            ended = set_up(controller, host, tmp_path, variables)
            assert ended.returncode != 0 and said in ended.output, ended.output
            assert before and host.run(f"ls -lR {HOME} {DIRECTORY}; id {USER}").stdout == before


def _changed(output: str) -> list[str]:
    """The tasks that changed something."""
    tasks = [part.splitlines() for part in output.split("TASK [")[1:]]
    return [lines[0].split("]")[0] for lines in tasks if any(line.startswith("changed:") for line in lines)]
