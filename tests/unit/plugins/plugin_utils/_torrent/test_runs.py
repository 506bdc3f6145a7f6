# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a run keeps is for its owner only; a torrent has one run at a time; what runs cost is added by month."""

from __future__ import annotations

import calendar
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import parse_magnet
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.metainfo import Metainfo
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.source import read_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.torrent_file import read_torrent
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.runs import (
    RunningError,
    TorrentRun,
    TorrentRuns,
    new_record,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._torrent.samples import HASHES, TORRENTS

HASH = "0a" * 20
LINK = parse_magnet(f"magnet:?xt=urn:btih:{HASH}")
NOW = float(calendar.timegm((2026, 11, 15, 12, 0, 0)))
#: Higher than the number of any process.
NOBODY = 1 << 30


def record(**changed: Any) -> RunRecord:
    known = {"provider": "digitalocean", "info_hash": HASH, "name": "", "dest": "/srv/in", "host": ""}
    given = {**known, "pid": os.getpid(), "deadline": 3600, "now": NOW}
    made = new_record(**{name: changed.pop(name, value) for name, value in given.items()})
    return replace(made, **changed)


@pytest.fixture(name="runs")
def fixture_runs(tmp_path: Path) -> Iterator[TorrentRuns]:
    before = os.umask(0)
    yield TorrentRuns(str(tmp_path / "state"))
    os.umask(before)


def modes(directory: Path) -> set[tuple[bool, int]]:
    paths = [directory, *directory.rglob("*")]
    return {(path.is_dir(), stat.S_IMODE(path.lstat().st_mode)) for path in paths}


def test_others_can_neither_read_nor_enter_anything(runs: TorrentRuns) -> None:
    run = runs.begin(record(), LINK)
    run.write_keys(RunMark(Path(run.path).name, int(NOW) + 3600))
    assert modes(Path(runs.path)) == {(True, 0o700), (False, 0o600)}


def test_the_keys_of_a_killed_run_are_removed_by_the_next(runs: TorrentRuns) -> None:
    """Those of one that goes on are not."""
    mark = RunMark("0" * 12, 1)
    killed, running = runs.begin(record(pid=NOBODY), LINK), runs.begin(record(), LINK)
    killed.write_keys(mark)
    running.write_keys(mark)
    runs.begin(record(), LINK)
    assert [Path(run.path, "key").exists() for run in (killed, running)] == [False, True]


def test_the_host_gets_the_checked_link_or_torrent(runs: TorrentRuns) -> None:
    assert Path(runs.begin(record(), LINK).link).read_text() == f"{LINK.link()}\n"
    source = read_torrent(TORRENTS["hybrid"], source="x")
    kept = read_source(runs.begin(record(), source).link)
    assert isinstance(kept, Metainfo)
    assert (kept.info_hash_v1, kept.info_hash_v2) == HASHES["hybrid"]


def test_each_run_has_an_id_and_a_deadline_of_its_own() -> None:
    one, other = record(), record(deadline=60)
    assert one.run != other.run
    assert (one.expires, other.expires) == (int(NOW) + 3600, int(NOW) + 60)


def test_a_run_that_goes_on_refuses_the_second_of_its_torrent_only(runs: TorrentRuns) -> None:
    first = record()
    runs.begin(first, LINK)
    with pytest.raises(RunningError, match=rf"the run {first.run} \(process {os.getpid()}\).*/srv/in"):
        runs.check_alone(HASH)
    runs.check_alone("0b" * 20)


@pytest.mark.parametrize("changed", [{"pid": NOBODY}, {"pid_started": 1}, {"state": "failed"}, {"state": "succeeded"}])
def test_a_run_that_was_killed_or_is_over_refuses_nothing(runs: TorrentRuns, changed: dict[str, Any]) -> None:
    runs.begin(record(**changed), LINK)
    runs.check_alone(HASH)


def test_only_killed_runs_of_this_torrent_can_have_left_a_droplet(runs: TorrentRuns) -> None:
    killed = record(pid=NOBODY)
    others: list[dict[str, Any]] = [
        {"state": "failed"},
        {"info_hash": "0b" * 20, "pid": NOBODY},
        {"provider": "host", "pid": NOBODY},
    ]
    for one in (killed, *(record(**changed) for changed in others)):
        runs.begin(one, LINK)
    assert runs.unfinished(HASH) == [killed.run]


LAST_MONTH = float(calendar.timegm((2026, 10, 31, 23, 59, 59)))
SPENT: dict[str, tuple[list[dict[str, Any]], float]] = {
    "nothing": ([], 0.0),
    "of this month": ([{"state": "succeeded", "cost": 0.02}, {"state": "failed", "cost": 0.03}], 0.05),
    "not of the last": ([{"state": "succeeded", "cost": 0.5, "now": LAST_MONTH}], 0.0),
    "refused before it cost": ([{"state": "failed", "cost": None}], 0.0),
    "killed before a droplet": ([{"pid": NOBODY}], 0.0),
    "killed: up to its deadline": ([{"pid": NOBODY, "hourly": 0.36, "deadline": 7200}], 0.72),
    "from the creation on": ([{"pid": NOBODY, "hourly": 0.36, "deadline": 7200, "created": NOW + 3600}], 0.36),
    "the minimum": ([{"pid": NOBODY, "hourly": 0.006, "deadline": 60}], 0.01),
    "all together": ([{"state": "succeeded", "cost": 0.1}, {"pid": NOBODY, "hourly": 0.36}], 0.46),
}


@pytest.mark.parametrize("case", SPENT)
def test_what_runs_of_a_month_have_cost(runs: TorrentRuns, case: str) -> None:
    records, cost = SPENT[case]
    for changed in records:
        runs.begin(record(**changed), LINK)
    assert runs.spent(NOW) == pytest.approx(cost)


def test_a_damaged_record_hides_no_other(runs: TorrentRuns) -> None:
    damaged, whole = runs.begin(record(), LINK), runs.begin(record(state="succeeded", cost=0.02), LINK)
    Path(damaged.record).write_text("{")
    assert [Path(whole.path).name] == [one.run for one in runs.records()]
    assert runs.spent(NOW) == 0.02


def test_steps_follow_each_other_and_the_end_removes_what_is_secret(runs: TorrentRuns) -> None:
    run = TorrentRun(runs.begin(record(), LINK).path)
    run.write_keys(RunMark(Path(run.path).name, int(NOW) + 3600))
    run.step("create", NOW + 1, hourly=0.36)
    run.step("download", NOW + 5)
    before = {path.name for path in Path(run.path).iterdir()}
    ended = run.end(NOW + 9, error="no peer", cost=0.01)
    assert [(step.name, step.started, step.ended) for step in ended.steps] == [
        ("create", NOW + 1, NOW + 5),
        ("download", NOW + 5, NOW + 9),
    ]
    assert (ended.state, ended.error, ended.hourly, ended.cost) == ("failed", "no peer", 0.36, 0.01)
    assert RunRecord.read(run.record) == ended
    assert before - {path.name for path in Path(run.path).iterdir()} == {"key", "user_data"}
    assert run.end(NOW + 9, error=None).state == "succeeded"  # also where they are gone already
