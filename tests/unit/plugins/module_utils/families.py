# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A program that starts a child in each way in which one can get out of reach."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

#: Starts a process of each kind, which writes its pid into a file called like the kind, and then does as it is told.
_PROGRAM = """
import os, signal, subprocess, sys, time
directory, then = sys.argv[1:]
def born(kind):
    with open(os.path.join(directory, "staged-" + kind), "w") as stream:
        stream.write(str(os.getpid()))
    os.rename(stream.name, os.path.join(directory, kind))
def child(kind, *changes):
    if os.fork() == 0:
        for change in changes:
            change()
        born(kind)
        while True:
            time.sleep(1)
def orphan():
    if os.fork():
        os._exit(0)
def deaf():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
def chatty():
    if os.fork() == 0:
        while True:
            os.write(1, b"still here\\n")
            time.sleep(0.1)
child("child")
child("session", os.setsid)
child("deaf", deaf)
child("daemon", os.setsid, orphan, deaf)
child("chatty", chatty)
kinds = {"child", "session", "deaf", "daemon", "chatty"}
while not kinds <= set(os.listdir(directory)):
    time.sleep(0.01)
born("itself")
print("started", flush=True)
if then == "fall asleep":
    time.sleep(600)
"""
KINDS = {"child", "session", "deaf", "daemon", "chatty", "itself"}


def family(directory: Path, then: str) -> list[str]:
    return [sys.executable, "-I", "-c", _PROGRAM, str(directory), then]


def alive(directory: Path) -> list[str]:
    """The kinds that run; all of them must have been there."""
    assert {path.name for path in directory.iterdir()} >= KINDS
    return [kind for kind in sorted(KINDS) if runs((directory / kind).read_text())]


def runs(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
