# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One step of a gate: a program that checks something, how its result is counted, and the summary of them all."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
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


Step = Check | Skip


@dataclass(frozen=True)
class Result:
    """What came of a step; ``skipped`` are lines that name a test and the reason."""

    name: str
    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def run(step: Step) -> Result:
    """Run a step, its output going where ours goes."""
    if isinstance(step, Skip):
        return Result(step.name, skipped=(f"{step.name}: {step.reason}",))
    print(f"\n=== {step.name}", flush=True)
    if step.junit is not None:
        shutil.rmtree(step.junit, ignore_errors=True)
    start = time.monotonic()
    try:
        returncode = subprocess.run(step.argv, env=step.env, cwd=step.cwd, check=False).returncode
    finally:
        if step.after:
            subprocess.run(step.after, env=step.env, cwd=step.cwd, check=True)
    files = sorted(step.junit.glob("*.xml")) if step.junit else []
    counted = count(step.name, returncode=returncode, files=files)
    if step.junit and not files and not returncode:
        counted = Result(step.name, failed=(f"{step.name}: ended with 0 but left no results",))
    return replace(counted, seconds=time.monotonic() - start)


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
