# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The module reads links and torrents in a real playbook: text in them is not evaluated, nothing is waited for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run

from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import (
    FILES,
    HASHES,
    TORRENTS,
    TRACKERS,
)

V1 = "0123456789abcdef0123456789abcdef01234567"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Read
      mobile_ansible.venv.magnet_info:
        {option}
      register: found
    - name: Show the name
      ansible.builtin.debug:
        msg: "The name is {{{{ found.name }}}}"
    - name: Use the name where templates are evaluated
      ansible.builtin.set_fact:
        again: "{{{{ found }}}}"
    - name: Write the result
      ansible.builtin.copy:
        content: "{{{{ again | to_json }}}}"
        dest: {result}
        mode: "0600"
      check_mode: false
"""


def play(controller: Controller, directory: Path, option: str, *arguments: str) -> tuple[Run, dict[str, Any]]:
    """Run the module with one option; returns its result, {} if it failed."""
    result = directory / "result.json"
    (directory / "site.yml").write_text(PLAYBOOK.format(option=option, result=result))
    done = controller.run("ansible-playbook", str(directory / "site.yml"), *arguments, cwd=directory)
    return done, json.loads(result.read_text()) if result.is_file() else {}


def test_the_canary_sings_where_a_template_is_evaluated(controller: Controller, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    play(controller, tmp_path, f"magnet: \"magnet:?xt=urn:btih:{V1}&dn={{{{ lookup('pipe', 'touch {canary}') }}}}\"")
    assert canary.exists()


@pytest.mark.parametrize(
    ("how", "is_escaped", "mode"),
    [("src", False, ()), ("src", False, ("--check", "--diff")), ("src", True, ()), ("lookup", False, ())],
)
def test_a_template_in_a_link_is_text(
    controller: Controller, tmp_path: Path, how: str, is_escaped: bool, mode: tuple[str, ...]
) -> None:
    canary = tmp_path / "canary"
    evil = f"{{{{ lookup('pipe', 'touch {canary}') }}}}{{% set x = lookup('pipe', 'touch {canary}') %}}{{# c #}}"
    name = evil.replace("%", "%25").replace("{", "%7B") if is_escaped else evil.replace("%", "%25")
    link = tmp_path / "link.magnet"
    link.write_text(f"magnet:?xt=urn:btih:{V1}&dn={name}\n")
    option = f"src: {link}" if how == "src" else f"magnet: \"{{{{ lookup('file', '{link}') }}}}\""
    done, found = play(controller, tmp_path, option, *mode)
    assert done.returncode == 0, done.output
    assert not canary.exists()
    assert found["name"] == evil and found["changed"] is False
    assert "touch" in done.stdout and "The name is {{ lookup" in done.stdout
    assert found["magnet"].startswith(f"magnet:?xt=urn:btih:{V1}&dn=%7B%7B%20lookup%28%27pipe%27")


@pytest.mark.parametrize("kind", sorted(TORRENTS))
def test_a_torrent_is_read(controller: Controller, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.torrent").write_bytes(TORRENTS[kind])
    done, found = play(controller, tmp_path, f"src: {tmp_path}/a.torrent")
    assert done.returncode == 0, done.output
    assert (found["kind"], found["info_hash_v1"], found["info_hash_v2"]) == ("torrent", *HASHES[kind])
    assert (found["name"], found["trackers"], found["size"]) == ("set", list(TRACKERS), sum(FILES.values()))
    assert {file["path"]: file["size"] for file in found["files"]} == FILES
    assert (found["piece_length"], found["private"], found["peers"]) == (16384, False, [])


def test_a_link_says_less(controller: Controller, tmp_path: Path) -> None:
    link = f"magnet:?xt=urn:btih:{V1}&x.pe=192.0.2.1:1&so=0,2-3&ws=http://192.0.2.1/"
    done, found = play(controller, tmp_path, f"magnet: '{link}'")
    assert done.returncode == 0, done.output
    assert (found["kind"], found["info_hash_v1"], found["info_hash_v2"], found["name"]) == ("magnet", V1, None, None)
    assert (found["peers"], found["selection"], found["left_out"]) == (["192.0.2.1:1"], [[0, 0], [2, 3]], ["ws"])
    assert [found[key] for key in ("size", "files", "piece_length", "private")] == [None] * 4


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("src: {directory}/fifo", "src: {directory}/fifo is not a regular file"),
        ("src: /dev/zero", "src: /dev/zero is not a regular file"),
        ("src: {directory}/none", "src: {directory}/none does not exist on the host of the task; correct the path"),
        ("src: {directory}/text", "src: {directory}/text is neither a .torrent file nor a text file"),
        ("magnet: hello", "magnet: 'hello' is not a magnet link, which begins with 'magnet:?'; copy the link again"),
        ("magnet: ''", "magnet: '' is not a magnet link"),
        ("src: {directory}/text\n        magnet: x", "mutually exclusive: src|magnet"),
        ("{{}}", "one of the following is required: src, magnet"),
    ],
)
def test_bad_input_is_one_error(controller: Controller, tmp_path: Path, option: str, message: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "text").write_text("hello")
    done, found = play(controller, tmp_path, option.format(directory=tmp_path))
    assert done.returncode == 2 and found == {}, done.output
    shown = " ".join(done.output.split())
    assert message.format(directory=tmp_path) in shown and "Traceback" not in shown
