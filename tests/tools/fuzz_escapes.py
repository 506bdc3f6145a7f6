# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the fuzzers have to notice, done on purpose: what no part may do with an archive or a store."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fuzzing

fuzzing.become_nobody(__file__)
fuzzing.CPU_SECONDS = 0.5


def through_a_link(work: Path, outside: Path) -> None:
    (work / "link").symlink_to(outside)
    (work / "link" / "file").read_text()


def below_a_descriptor(_work: Path, outside: Path) -> None:
    os.open("file", os.O_RDONLY | os.O_NOFOLLOW, dir_fd=os.open(outside, os.O_RDONLY | os.O_DIRECTORY))


def change_below_a_descriptor(work: Path, outside: Path) -> None:
    (work / "link").symlink_to(outside)
    os.unlink("link/file", dir_fd=os.open(work, os.O_RDONLY | os.O_DIRECTORY))


def too_long(_work: Path, _outside: Path) -> None:
    until = time.process_time() + 0.7
    while time.process_time() < until:
        pass


ESCAPES: dict[str, Callable[[Path, Path], object]] = {
    "write": lambda _work, outside: (outside / "new").touch(),
    "write unseen": lambda _work, outside: os.mkfifo(outside / "pipe2"),
    "remove": lambda _work, outside: (outside / "file").unlink(),
    "rename": lambda work, outside: (outside / "file").rename(work / "file"),
    "change mode": lambda _work, outside: (outside / "file").chmod(0o777),
    "link": lambda work, outside: os.link(outside / "file", work / "file"),
    "list": lambda _work, outside: os.listdir(outside),
    "read": lambda _work, outside: (outside / "file").read_text(),
    "through a link": through_a_link,
    "below a descriptor": below_a_descriptor,
    "change below a descriptor": change_below_a_descriptor,
    "start": lambda _work, _outside: subprocess.run(["true"], check=True),
    "other error": lambda work, _outside: (work / "none").read_text(),
    "memory": lambda _work, _outside: bytes(1 << 31),
    "too long": too_long,
}


def escape_case(kind: str, _rng: random.Random, work: Path, outside: Path) -> fuzzing.Case:
    """One of them."""

    def run() -> str:
        ESCAPES[kind](work, outside)
        return "done"

    return fuzzing.Case(kind, work, run)


if __name__ == "__main__":
    for kind in ESCAPES:
        for fault in fuzzing.faults(0, [partial(escape_case, kind)], Counter()):
            sys.stdout.write(f"{fault}\n")
    sys.stdout.write(f"{len(ESCAPES)} kinds of escapes\n")
