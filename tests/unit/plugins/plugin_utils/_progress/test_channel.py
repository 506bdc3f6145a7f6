# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a task in a worker tells the main process while it runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import progress_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.channel import Channel, TaskProgress

TASK = SimpleNamespace(_uuid="the task", no_log=False)
KNOWN = {"task": "the task", "host": "web"}


class Heard:
    """What the main process heard."""

    def __init__(self) -> None:
        self.messages: list[Mapping[str, Any]] = []
        self.channel = Channel(self.messages.append)

    def wait(self, number: int) -> list[Mapping[str, Any]]:
        deadline = time.monotonic() + 60
        while len(self.messages) < number and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.messages


@pytest.fixture(name="heard")
def fixture_heard() -> Iterator[Heard]:
    heard = Heard()
    yield heard
    heard.channel.close()


def progress() -> TaskProgress:
    found = progress_of(TASK, "web")
    assert found is not None
    return found


def in_a_worker(act: Callable[[], None]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_a_worker_is_heard(heard: Heard) -> None:
    in_a_worker(lambda: progress().tell({"percent": 41.5, "step": "Resolve", "done": 3, "total": 7, "eta": 9}))
    assert heard.wait(1) == [{"percent": 41.5, "step": "Resolve", "done": 3, "total": 7, "eta": 9, **KNOWN}]


def test_a_part_of_a_task_has_its_share(heard: Heard) -> None:
    part = progress().part(20, 60)
    part.tell({"done": 1, "total": 4, "eta": 5})
    part.tell({"percent": 100})
    part.tell({"step": "more"})
    told = [(one["percent"], one.get("eta")) for one in heard.wait(3)]
    assert told == [(30.0, None), (60.0, None), (None, None)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"percent": "40"}, {"percent": None}),
        ({"percent": -1}, {"percent": None}),
        ({"done": True, "total": 4}, {"percent": None, "done": True, "total": 4}),
        ({"done": 9, "total": 4}, {"percent": 100.0, "done": 9, "total": 4}),
        ({"percent": 1, "state": "x", "task": "other", "host": "db", "secret": "x"}, {"percent": 1.0}),
        ({"percent": 1, "step": "x" * 9000}, {"percent": 1.0, "step": "x" * 200}),
    ],
)
def test_what_a_host_says_is_data(heard: Heard, said: dict[str, Any], told: dict[str, Any]) -> None:
    progress().tell(said)
    (message,) = heard.wait(1)
    if "step" in message:
        message = {**message, "step": message["step"][:200].replace("…", "x")}
    assert message == {**told, **KNOWN}


def test_what_does_not_fit_is_dropped_and_nothing_waits() -> None:
    """Also where nobody reads: the thread of the channel is at its first message."""
    received: list[Mapping[str, Any]] = []

    def receive(message: Mapping[str, Any]) -> None:
        received.append(message)
        time.sleep(0.3)

    channel = Channel(receive)
    teller = progress()
    for _number in range(5000):
        teller.tell({"percent": 1, "step": "x" * 150})
    channel.close()
    teller.tell({"percent": 2})
    assert len(received) < 5000


def test_where_nobody_listens_nobody_tells(heard: Heard) -> None:
    heard.channel.close()
    assert progress_of(TASK, "web") is None


def test_what_is_not_to_be_logged_is_not_told(heard: Heard) -> None:
    assert progress_of(SimpleNamespace(_uuid="x", no_log=True), "web") is None


def test_a_download_is_told_now_and_then(heard: Heard) -> None:
    told = progress().fetching("Fetch")
    for number in range(100):
        told(number, 100)
    assert heard.wait(1)[0] == {"percent": 0.0, "step": "Fetch", "done": 0, "total": 100, **KNOWN}
    assert len(heard.messages) < 100
