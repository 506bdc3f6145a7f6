# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The torrent flow on hosts of the inventory, over loopback: whose machine downloads, and where the files end."""

from __future__ import annotations

import filecmp
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pexpect
import pytest
import swarm
from controller import Controller, Run
from torrent_flow import NAME, SIZES, Flow

DEAD = f"magnet:?xt=urn:btih:{'5a' * 20}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store with the venv of the client; the first run of this module builds it."""
    return tmp_path_factory.mktemp("client") / "store"


@pytest.fixture
def flow(controller: Controller, client: Path, tmp_path: Path) -> Iterator[Flow]:
    (directory := tmp_path / "cwd").mkdir()
    swarm.fill(tmp_path / "shared" / NAME, SIZES)
    options = {"torrent_host": "localhost", "torrent_wheels": None, "torrent_port": "0"}
    with swarm.peer(tmp_path / "shared" / NAME, kind="hybrid") as peer:
        yield Flow(controller, directory, peer.magnet, options=options, store=client)


def refused(flow: Flow, *said: str, **how: Any) -> Run:
    """It fails, says this, and brings nothing home."""
    run = flow.run(**how)
    assert run.returncode == 2, run.output
    for text in said:
        assert text in run.output, run.output
    assert not list(flow.dest.rglob("*.bin"))
    return run


def test_the_files_come_home_and_the_download_is_removed(flow: Flow) -> None:
    (above := flow.directory / "above").mkdir(mode=0o755)
    above.chmod(0o755)
    (temporary := flow.directory / "temporary").mkdir()
    run = flow.run(torrent_host_dest=str(above / "download"), env={"TMPDIR": str(temporary)})
    assert run.returncode == 0, run.output
    flow.assert_home()
    assert (list(above.iterdir()), stat.S_IMODE(above.stat().st_mode)) == ([], 0o755)
    assert list(temporary.glob("torrent.*")) == []
    assert flow.receipt()["cost"] == 0


def test_a_link_is_asked_for_on_a_terminal(flow: Flow, tmp_path: Path) -> None:
    """What is typed is no template, wherever it appears later."""
    canary = tmp_path / "canary"
    name = quote(f"{{{{ lookup('pipe', 'touch {canary}') }}}}", safe="")
    program, *arguments = flow.argv(torrent_magnet_file=None)
    child = pexpect.spawn(
        flow.controller.venv.program(program), [*arguments, "-v"], cwd=str(flow.directory), encoding="utf-8",
        env={**flow.controller.environment(), "TERM": "dumb"}, timeout=120,
    )  # fmt: skip
    child.expect("Magnet link")
    child.sendline(flow.magnet.replace(f"dn={NAME}", f"dn={name}"))
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    assert "lookup(" in flow.receipt()["name"]
    assert not canary.exists()
    flow.assert_home()


def test_without_a_terminal_nobody_is_asked(flow: Flow) -> None:
    refused(flow, "torrent_magnet_file: there is no link", torrent_magnet_file=None)


def test_any_strategy_of_the_user(flow: Flow) -> None:
    run = flow.run(env={"ANSIBLE_STRATEGY": "free"})
    assert run.returncode == 0, run.output
    flow.assert_home()


@pytest.mark.parametrize("below", [("", ""), ("", "in"), ("in", "")], ids=["same", "above", "below"])
def test_the_download_is_not_where_the_files_come(flow: Flow, below: tuple[str, str]) -> None:
    """It is removed at the end."""
    download, home = (str(flow.dest / part).rstrip("/") for part in below)
    flow.dest.mkdir(mode=0o700)
    refused(flow, "torrent_host_dest", torrent_host_dest=download, torrent_dest=home)


def inventory(flow: Flow, **variables: Any) -> Flow:
    path = flow.directory / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": {"seedbox": variables}}}))
    return replace(flow, inventory=path, options={**flow.options, "torrent_host": "seedbox"})


ASTRAY: dict[str, tuple[dict[str, Any], list[str], dict[str, str]]] = {
    "a variable of the host": ({"ansible_connection": "local"}, [], {}),
    "an extra variable": ({"ansible_host": "203.0.113.77"}, ["-e", "ansible_connection=local"], {}),
    "the environment": ({"ansible_host": "203.0.113.77"}, [], {"ANSIBLE_TRANSPORT": "local"}),
}


@pytest.mark.parametrize("case", ASTRAY)
def test_this_machine_does_not_share_by_mistake(flow: Flow, case: str) -> None:
    variables, arguments, env = ASTRAY[case]
    run = inventory(flow, **variables).run(*arguments, env=env)
    assert (run.returncode, "is this machine" in run.output) == (2, True), run.output
    assert not flow.dest.joinpath(NAME).exists()


def test_a_host_that_is_not_there_is_said(flow: Flow) -> None:
    away = inventory(flow, ansible_host="127.0.0.1", ansible_port=1, ansible_connection="ssh")
    refused(away, "The host seedbox cannot be reached", "Connection refused")


WRONG = {
    "torrent_max_size": "foo",
    "torrent_stall_timeout": "0",
    "torrent_metadata_timeout": "0",
    "torrent_deadline": "0",
    "torrent_upload_limit": "-1",
    "torrent_port": "70000",
    "torrent_wheels": "/nope",
    "torrent_host_dest": "relative",
    "torrent_state_directory": "/proc/x",
    "torrent_host": "unknown",
    "torrent_magnet_file": "nope.magnet",
    "torrent_provider": "other",
    "torrent_dset": "typo",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_and_nothing_is_done(flow: Flow, name: str) -> None:
    refused(flow, name, **{name: WRONG[name]})
    assert not flow.dest.joinpath(NAME).exists()


def test_two_torrents_in_one_play(flow: Flow, tmp_path: Path) -> None:
    """Nothing of one use of the role counts for the next, whatever that came to."""
    (flow.directory / "junk").write_text("junk\n")
    (flow.directory / "dead").write_text(f"{DEAD}\n")
    argv = flow.argv(torrent_magnet_file=None, torrent_dest=None, torrent_metadata_timeout="2")
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.include_tasks": "one.yml", "loop": ["junk", "link.magnet", "dead", "junk"]}],
        }
    ]
    variables = {"torrent_magnet_file": "{{ item }}", "torrent_dest": f"{tmp_path}/home/{{{{ item }}}}"}
    use = {"ansible.builtin.include_role": {"name": "mobile_ansible.venv.torrent"}, "vars": variables}
    told = {
        "ansible.builtin.copy": {"dest": f"{tmp_path}/{{{{ item }}}}.json", "content": "{{ torrent_result | to_json }}"}
    }
    nothing = {"ansible.builtin.debug": {"msg": "went on"}}
    (flow.directory / "one.yml").write_text(json.dumps([{"block": [use], "rescue": [nothing], "always": [told]}]))
    (flow.directory / "site.yml").write_text(json.dumps(play))
    run = flow.controller.run("ansible-playbook", "site.yml", *argv[2:], cwd=flow.directory)
    assert run.returncode == 0, run.output
    results = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("junk", "link.magnet", "dead")}
    assert results["link.magnet"]["receipt"]["state"] == "succeeded"
    assert len(results["link.magnet"]["receipt"]["files"]) == len(SIZES)
    dead = results["dead"]["receipt"]
    assert (dead["state"], dead["error_code"], dead["files"]) == ("failed", "no_metadata", [])
    assert (results["junk"]["run"], results["junk"]["receipt"], "junk" in results["junk"]["error"]) == (None, {}, True)
    shared, home = tmp_path / "shared" / NAME, tmp_path / "home" / "link.magnet" / NAME
    assert filecmp.cmpfiles(shared, home, sorted(SIZES), shallow=False) == (sorted(SIZES), [], [])
