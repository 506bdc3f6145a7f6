# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The receipt for people says what the one for programs does, and nothing in it acts on a terminal."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.run_record import RunRecord, RunStep
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.receipt import (
    receipt_lines,
    receipt_of,
    write_receipt,
)

START = 1790000000.0
RECORD = RunRecord(
    run="3f1c5ad86cf1",
    provider="digitalocean",
    info_hash="a" * 40,
    name="set",
    dest="/srv/in",
    host="203.0.113.7",
    started=START,
    expires=1790003600,
    state="succeeded",
    pid=1,
    hourly=0.36,
    created=START + 10,
    destroyed=START + 70,
    steps=(RunStep("create", START + 1, START + 21), RunStep("bring home", START + 21, START + 61.5)),
    cost=0.01,
)
FILES = [{"path": "set/a", "size": 1 << 20, "sha256": "1" * 64, "unproven": []}]
FETCHED = {"files": FILES, "size": 1 << 20, "received": 1 << 19}
DOWNLOADED = {"files": FILES, "size": 1 << 20, "received": 3 << 20}


def receipt(record: RunRecord = RECORD, **changed: Any) -> dict[str, Any]:
    return receipt_of(record, **{"fetched": FETCHED, "downloaded": DOWNLOADED, **changed})


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    paths = write_receipt(str(tmp_path), receipt())
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in paths.values()} == {0o600}
    said = json.loads(Path(paths["json"]).read_text())
    assert (said["state"], said["cost"], said["currency"], said["seconds"]) == ("succeeded", 0.01, "USD", 61.5)
    assert said["steps"] == [{"name": "create", "seconds": 20.0}, {"name": "bring home", "seconds": 40.5}]
    assert said["files"] == [{"path": "set/a", "size": 1 << 20, "sha256": "1" * 64}]
    assert Path(paths["text"]).read_text().splitlines() == [
        "run 3f1c5ad86cf1 of 2026-09-21T14:13:20Z: succeeded after 61.5 s",
        f"torrent {'a' * 40} (set)",
        "1 files, 1.0 MiB; downloaded 3.0 MiB, brought home 0.5 MiB",
        "cost: $0.0100, for a droplet of $0.36000 an hour",
        "  create          20.0 s",
        "  bring home      40.5 s",
        "files in /srv/in:",
        f"  {'1' * 64}  set/a",
    ]


def test_a_host_of_ones_own_costs_nothing() -> None:
    record = replace(RECORD, provider="host", host="nas", hourly=None, created=None, destroyed=None, cost=None)
    assert receipt(record)["cost"] == 0.0
    assert "cost: none, on the host nas" in receipt_lines(receipt(record))


def test_a_run_that_failed_early_has_a_receipt_without_files() -> None:
    record = replace(RECORD, state="failed", error="no peer", steps=(), cost=0.0, name="")
    said = receipt(record, fetched={}, downloaded={})
    assert (said["files"], said["size"], said["downloaded"], said["seconds"]) == ([], 0, 0, 0.0)
    assert "(without a name)" in receipt_lines(said)[1]


def test_what_did_not_come_home_is_not_said_to_be_there() -> None:
    lines = receipt_lines(receipt(replace(RECORD, state="failed", error="cut"), fetched={}))
    assert not [line for line in lines if "/srv/in" in line]


def test_nothing_acts_on_a_terminal() -> None:
    files = [{"path": "set/\x1b[2Jx\u202e", "size": 1, "sha256": "1" * 64}]
    lines = receipt_lines(receipt(replace(RECORD, name="\x1b]0;x\x07"), fetched={**FETCHED, "files": files}))
    assert all(line.isprintable() for line in lines)


def test_many_files_are_only_in_the_json() -> None:
    files = [{"path": f"set/{number}", "size": 1, "sha256": "1" * 64} for number in range(41)]
    said = receipt(fetched={**FETCHED, "files": files})
    assert len(said["files"]) == 41
    assert receipt_lines(said)[-1] == "  … and 1 more"
