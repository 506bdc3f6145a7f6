# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What people see, and which tasks are selected."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import display


class Screen:
    """Stands for Ansible's display."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, message: str, **options: Any) -> None:
        self.shown.append(message)


PROGRESS = {"percent": 42.7, "done": 3, "total": 7, "eta": 90, "step": "Install …"}


@pytest.mark.parametrize(("percent", "full"), [(0.0, 0), (4.9, 0), (5.0, 1), (50.0, 10), (99.9, 19), (100.0, 20)])
def test_the_bar_is_full_at_the_end_only(percent: float, full: int) -> None:
    assert display.drawn(percent) == f"[{'#' * full}{'.' * (20 - full)}]"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3540, "59 min"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_durations(seconds: int, words: str) -> None:
    assert display.duration(seconds) == words


def test_the_same_in_words() -> None:
    assert display.text(PROGRESS) == "42 % (3 of 7, 2 min left) Install …"
    assert display.text({**PROGRESS, "eta": None}) == "42 % (3 of 7) Install …"
    assert display.text({**PROGRESS, "done": 0, "total": 0}) == "42 % (2 min left) Install …"
    assert display.text({**PROGRESS, "done": 0, "total": 0, "eta": None}) == "42 % Install …"
    download = {**PROGRESS, "rate": 3_500_000, "peers": 12, "microdollars": 10_000}
    assert display.text(download) == "42 % (3 of 7, 2 min left, 3.3 MiB/s, 12 peers, $0.0100) Install …"


def test_the_display_of_ansible_is_as_before_when_the_bar_has_gone() -> None:
    screen = Screen()
    original = screen.display
    readable, writable = os.pipe()
    shown = display.Bar(writable, screen)
    shown.show(PROGRESS)
    screen.display("a line")
    shown.close()
    assert screen.display == original and screen.shown == ["a line"]
    os.close(writable)
    with os.fdopen(readable, "rb") as stream:
        told = stream.read().decode()
    line = f"\r\x1b[K\x1b[?7l{display.drawn(42.7)} {display.text(PROGRESS)}\x1b[?7h\r"
    assert told == f"{line}\r\x1b[K{line}\r\x1b[K"


def test_a_terminal_that_is_closed_is_no_error() -> None:
    readable, writable = os.pipe()
    os.close(readable)
    shown = display.Bar(writable, Screen())
    shown.show(PROGRESS)
    shown.close()
    os.close(writable)


@pytest.mark.parametrize(
    ("option", "terminals", "term", "asks", "kind"),
    [
        ("auto", {1, 2}, "xterm", False, display.Bar),
        ("auto", {1}, "xterm", False, display.Bar),
        ("auto", {2}, "xterm", False, display.Lines),
        ("auto", {1, 2}, "dumb", False, display.Lines),
        ("auto", {1, 2}, "xterm", True, display.Lines),
        ("auto", set(), "xterm", False, display.Lines),
        ("always", {1, 2}, "xterm", False, display.Lines),
        ("never", {1, 2}, "xterm", False, type(None)),
    ],
)
def test_what_is_chosen(
    monkeypatch: pytest.MonkeyPatch, option: str, terminals: set[int], term: str, asks: bool, kind: type
) -> None:
    monkeypatch.setattr(os, "isatty", lambda stream: stream in terminals)
    monkeypatch.setenv("TERM", term)
    assert isinstance(display.choose(option, Screen(), asks=asks), kind)


def test_each_step_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    lines = display.Lines()
    for step in ("one", "one", "two"):
        lines.show({**PROGRESS, "step": step})
    sys.stderr.flush()
    assert capfd.readouterr().err == "".join(f"progress: 42 % (3 of 7, 2 min left) {step}\n" for step in ("one", "two"))
