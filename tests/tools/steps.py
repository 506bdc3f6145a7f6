# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One step of a gate: a program that checks something, how its result is counted, and the summary of them all.

Steps run side by side where there are processors for them. One alone writes to the terminal; of several the output of
each is shown in one piece, when it has ended.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree


@dataclass(frozen=True)
class Check:
    """A program that ends with 0 when all is well.

    ``junit`` is a directory where it leaves JUnit files: each test in them is counted; without, the program is one
    test. ``after`` is a program that runs whatever happens, to clean up.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    junit: Path | None = None
    after: Sequence[str] = ()


@dataclass(frozen=True)
class Skip:
    """A part that cannot run on this machine."""

    name: str
    reason: str


@dataclass(frozen=True)
class NotSetUp:
    """A gate whose environment could not be made: a failure."""

    name: str
    reason: str


Step = Check | Skip | NotSetUp


@dataclass(frozen=True)
class Result:
    """What came of a step; ``skipped`` are lines that name a test and the reason."""

    name: str
    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def run_all(steps: Iterator[Step], *, jobs: int, logs: Path) -> list[Result]:
    """Run steps, ``jobs`` at a time, each prepared when its turn comes; their results in the order of ``steps``."""
    first, second = next(steps, None), next(steps, None)
    if first is None:
        return []
    if second is None:
        return [run(first)]
    futures: list[Future[Result]] = []
    free = threading.Semaphore(jobs)
    remaining = chain((first, second), steps)
    with ThreadPoolExecutor(jobs) as pool:
        while True:
            free.acquire()
            step = next(remaining, None)
            if step is None:
                break
            futures.append(pool.submit(_run_apart, step, logs))
            futures[-1].add_done_callback(lambda _future: free.release())
    return [future.result() for future in futures]


_terminal = threading.Lock()


def _run_apart(step: Step, logs: Path) -> Result:
    """Run a step beside others, its output going to a file of ``logs`` until it has ended."""
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{re.sub('[^a-z0-9.]+', '-', step.name.lower())}.txt"
    with log.open("w", encoding="utf-8") as stream:
        result = run(step, stream)
    with _terminal:
        print(log.read_text(encoding="utf-8", errors="replace"), end="", flush=True)
    return result


def run(step: Step, output: TextIO | None = None) -> Result:
    """Run a step, its output going to the file ``output``, or where ours goes."""
    if isinstance(step, Skip):
        return Result(step.name, skipped=(f"{step.name}: {step.reason}",))
    if isinstance(step, NotSetUp):
        return Result(step.name, failed=(f"{step.name}: set-up failed: {step.reason}",))
    print(f"\n=== {step.name}", file=output, flush=True)
    if step.junit is not None:
        shutil.rmtree(step.junit, ignore_errors=True)  # it need not be there
    start = time.monotonic()
    try:
        returncode = _run(step.argv, step, output)
    finally:
        if step.after and _run(step.after, step, output):
            raise RuntimeError(f"{step.name}: cleaning up failed")
    files = sorted(step.junit.glob("*.xml")) if step.junit else []
    counted = count(step.name, returncode=returncode, files=files)
    if step.junit and not files and not returncode:
        counted = Result(step.name, failed=(f"{step.name}: ended with 0 but left no results",))
    return replace(counted, seconds=time.monotonic() - start)


def _run(argv: Sequence[str], step: Check, output: TextIO | None) -> int:
    """Run a program with nothing to read; several at once would take each other's input."""
    stderr = subprocess.STDOUT if output is not None else None
    done = subprocess.run(
        argv, env=step.env, cwd=step.cwd, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=stderr
    )
    return done.returncode


def count(name: str, *, returncode: int, files: Sequence[Path]) -> Result:
    """The result of a program that ended with ``returncode`` and left these JUnit ``files``.

    A program that fails without a failed test, or is not one that leaves files, counts as one test of its own.
    """
    passed, failed, skipped = 0, [], []
    for case in (case for file in files for case in ElementTree.parse(file).iter("testcase")):
        label = f"{name}: {case.get('classname', '')}::{case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(label)
        elif (reason := case.find("skipped")) is not None:
            why = (reason.get("message") or reason.text or "no reason given").strip()
            # ansible-test says so of a test that has no file to look at, which is no part left out.
            skipped += [] if why == "No tests applicable." else [f"{label}: {why}"]
        else:
            passed += 1
    if returncode and not failed:
        failed.append(f"{name}: ended with {returncode}")
    if not returncode and not files:
        passed = 1
    return Result(name, passed, tuple(failed), tuple(skipped))


def summary(results: Sequence[Result]) -> str:
    """A table of the steps, what was skipped and what failed, and the totals alone on the last line."""
    lines = ["", "=== Summary"]
    for result in results:
        figures = f"{result.passed:5} passed {len(result.failed):3} failed {len(result.skipped):3} skipped"
        lines.append(f"{result.name:32} {figures} {result.seconds:7.1f} s")
    # One line for all parameters of a test that are skipped for the same reason.
    skipped_lines = Counter(re.sub(r"\[[^]]*\]: ", ": ", line) for result in results for line in result.skipped)
    lines += [f"SKIPPED {line}" + (f" ({times} times)" if times > 1 else "") for line, times in skipped_lines.items()]
    lines += [f"FAILED {line}" for result in results for line in result.failed]
    passed = sum(result.passed for result in results)
    failed = sum(len(result.failed) for result in results)
    skipped = sum(len(result.skipped) for result in results)
    return "\n".join([*lines, f"{passed} passed, {failed} failed, {skipped} skipped"])
