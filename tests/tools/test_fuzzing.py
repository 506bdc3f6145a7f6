# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A few random hostile archives, wheels, answers and stores; the tools run for as long as one likes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import another_user
import fuzzing
import pytest

HERE = Path(__file__).parent
needs_another_user = pytest.mark.skipif(
    os.geteuid() == 0 and another_user.missing() is not None, reason="never as root, and nobody else can be had"
)


def fuzzed(what: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(HERE / f"fuzz_{what}.py"), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@needs_another_user
@pytest.mark.parametrize("what", ["archives", "wheels", "answers", "stores"])
def test_random_hostile(what: str) -> None:
    done = fuzzed(what, "600", "1", "6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"6 {what} from seed 1, 0 faults" in done.stdout


def test_nothing_is_made_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SystemExit, match="never as root"):
        list(fuzzing.faults(1, [], Counter()))


@needs_another_user
def test_what_must_not_happen_is_noticed() -> None:
    """Also by a look from outside, where Python tells of nothing: each kind of escape is a fault."""
    done = fuzzed("escapes")
    noticed = re.findall(r"^seed 0 ([a-z ]+?)(?: \(done\))?: ", done.stdout, re.MULTILINE)
    assert done.stdout.endswith(f"\n{len(set(noticed))} kinds of escapes\n"), done.stdout + done.stderr
    assert len(set(noticed)) >= 15
