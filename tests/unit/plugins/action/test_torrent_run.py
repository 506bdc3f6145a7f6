# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run begins with what the user means, or with one error that names it; it ends with a receipt."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.action.torrent_run import ActionModule
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import HASHES, TORRENTS

HASH = "0a" * 20
LINK = f"magnet:?xt=urn:btih:{HASH}&dn=a+name"
Act = Callable[..., dict[str, Any]]


@pytest.fixture(name="act")
def fixture_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Act:
    """Run the action as a task does, in a current directory with a link."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Path("link.magnet").write_text(f"{LINK}\n")

    def act(*, check: bool = False, **arguments: Any) -> dict[str, Any]:
        given = {name: value for name, value in arguments.items() if value is not None}
        task = SimpleNamespace(args=given, check_mode=check, async_val=0, action="torrent_run", diff=False)
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
        parts = {"play_context": None, "loader": None, "templar": None, "shared_loader_obj": None}
        return ActionModule(task=task, connection=connection, **parts).run(task_vars={})

    return act


def begin(act: Act, **changed: Any) -> dict[str, Any]:
    given = {"provider": "digitalocean", "magnet_file": "link.magnet", "state_directory": "../state"}
    return act(state="begun", **{**given, **changed})


def test_a_relative_link_starts_at_the_current_directory(act: Act, tmp_path: Path) -> None:
    begun = begin(act)
    assert (begun["info_hash"], begun["spent"], begun["unfinished"]) == (HASH, 0.0, [])
    assert begun["directory"] == str(tmp_path / "state" / "runs" / begun["run"])
    assert begun["dest"] == str(tmp_path / "home" / "torrents" / HASH)
    assert Path(begun["link"]).read_text() == f"magnet:?xt=urn:btih:{HASH}&dn=a%20name\n"
    assert begun["public_key"].startswith("ssh-ed25519 ")
    assert begun["mark"] == f"mobile-ansible-torrent-{begun['run']}-{begun['expires']}"
    record = RunRecord.read(str(Path(begun["directory"], "run.json")))
    assert (record.pid, record.state, record.name) == (os.getppid(), "running", "a name")


def test_the_link_of_a_prompt(act: Act) -> None:
    assert begin(act, magnet_file=None, magnet=f" {LINK}\r\n")["info_hash"] == HASH


@pytest.mark.parametrize("kind", sorted(TORRENTS))
def test_a_torrent_file(act: Act, kind: str) -> None:
    Path("x.torrent").write_bytes(TORRENTS[kind])
    begun = begin(act, magnet_file="x.torrent")
    assert begun["info_hash"] == (HASHES[kind][0] or HASHES[kind][1])
    kept = read_source(begun["link"])
    assert (kept.info_hash_v1, kept.info_hash_v2) == HASHES[kind]


def test_a_host_of_ones_own_needs_no_keys(act: Act) -> None:
    begun = begin(act, provider="host", host="nas")
    assert begun["public_key"] is None
    assert sorted(os.listdir(begun["directory"])) == ["link", "run.json"]


def test_check_mode_writes_nothing(act: Act, tmp_path: Path) -> None:
    begun = begin(act, check=True)
    assert (begun["changed"], begun["info_hash"]) == (True, HASH)
    assert not (tmp_path / "state").exists()


def test_the_second_run_of_a_torrent_is_refused(act: Act, tmp_path: Path) -> None:
    first = begin(act)
    second = begin(act)
    assert (second["failed"], second["error_code"], second["changed"]) == (True, "running", False)
    assert f"the run {first['run']}" in second["msg"]
    assert os.listdir(tmp_path / "state" / "runs") == [first["run"]]


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a page": ({"magnet_file": None, "magnet": "https://example.org/"}, "magnet", "is not a magnet link"),
    "no answer": ({"magnet_file": None, "magnet": "  "}, "bad_input", "magnet_file: there is no link"),
    "nothing": ({"magnet_file": None}, "bad_input", "magnet_file: there is no link"),
    "not there": ({"magnet_file": "nowhere"}, "magnet", "does not exist"),
    "a directory": ({"magnet_file": "."}, "magnet", "magnet_file: "),
    "a host for a droplet": ({"host": "nas"}, "bad_input", "host: "),
    "no host": ({"provider": "host"}, "bad_input", "host: "),
    "no time": ({"deadline": 0}, "bad_input", "deadline: 0 must be at least 1"),
    "no provider": ({"provider": None}, "bad_input", "provider"),
    "another provider": ({"provider": "nas"}, "bad_input", "provider"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_meant_is_one_error_and_writes_nothing(act: Act, tmp_path: Path, case: str) -> None:
    options, code, said = BAD[case]
    refused = begin(act, **options)
    assert (refused["failed"], refused["changed"], refused["error_code"]) == (True, False, code)
    assert said in refused["msg"] and "\n" not in refused["msg"]
    assert not (tmp_path / "state").exists()


def test_a_template_stays_a_text(act: Act) -> None:
    Path("link.magnet").write_text(f"magnet:?xt=urn:btih:{HASH}&dn={{{{ 1 * 1 }}}}")
    begun = begin(act)
    assert RunRecord.read(str(Path(begun["directory"], "run.json"))).name == "{{ 1 * 1 }}"


def test_steps_and_the_end(act: Act) -> None:
    begun = begin(act)
    directory = begun["directory"]
    assert act(state="step", directory=directory, step="create", hourly=0.36) == {"changed": False}
    ended = act(state="ended", directory=directory, cost=0.01, error="no peer", error_code="no_metadata")
    assert ended["receipt"]["state"] == "failed"
    assert (ended["receipt"]["error"], ended["receipt"]["error_code"]) == ("no peer", "no_metadata")
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in ended["paths"].values()} == {0o600}
    assert not {"key", "user_data"} & set(os.listdir(directory))
    assert begin(act)["unfinished"] == []
    assert begin(act, magnet_file=None, magnet=f"magnet:?xt=urn:btih:{'0b' * 20}")["spent"] == 0.01
