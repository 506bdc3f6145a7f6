# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A log is shown while it is written, and all of it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.live import FollowedLog, shown_while_written

_ENDS = 30
LIMIT = 10_000_000


def wait_for(shown: list[str], lines: int) -> None:
    deadline = time.monotonic() + _ENDS
    while len("\n".join(shown).splitlines()) < lines and time.monotonic() < deadline:
        time.sleep(0.01)


def test_lines_come_before_the_end(tmp_path: Path) -> None:
    log, shown = tmp_path / "log", list[str]()
    with shown_while_written(FollowedLog.here(str(log)), shown.append, limit=LIMIT):
        with log.open("w") as stream:
            print("one\ntwo", file=stream, flush=True)
            wait_for(shown, 2)
            assert "\n".join(shown) == "one\ntwo"
            stream.write("thr")
            stream.flush()
            time.sleep(0.3)
            assert "\n".join(shown) == "one\ntwo"  # half a line is not shown
            stream.write("ee\nfour")
    assert "\n".join(shown) == "one\ntwo\nthree\nfour"


def test_a_log_that_never_comes(tmp_path: Path) -> None:
    shown = list[str]()
    with shown_while_written(FollowedLog.here(str(tmp_path / "log")), shown.append, limit=LIMIT):
        pass
    assert shown == []


def test_a_large_log_is_shown_whole_and_nothing_acts_on_a_terminal(tmp_path: Path) -> None:
    log, shown = tmp_path / "log", list[str]()
    lines = [f"{number} \x1b[2J \t ü" for number in range(20_000)]
    log.write_text("\n".join(lines))
    with shown_while_written(FollowedLog.here(str(log)), shown.append, limit=LIMIT):
        pass
    assert "\n".join(shown).split("\n") == [line.replace("\x1b", "\\x1b") for line in lines]


def test_a_log_without_an_end_is_cut(tmp_path: Path) -> None:
    shown = list[str]()
    with shown_while_written(FollowedLog(lambda offset: b"x" * 100, 0), shown.append, limit=1000):
        pass
    assert sum(map(len, shown)) == 1000


def shell(command: str) -> dict[str, str]:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    return {"stdout": f"Welcome!\n{done.stdout}Bye\n", "stderr": done.stderr}


def test_a_log_on_a_host_with_a_greeting(tmp_path: Path) -> None:
    log, shown = tmp_path / "the log", list[str]()
    with shown_while_written(FollowedLog.there(str(log), shell), shown.append, limit=LIMIT):
        log.write_text("one\n" * 200_000 + "end")
    assert "\n".join(shown) == "one\n" * 200_000 + "end"
