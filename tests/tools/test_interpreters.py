# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Interpreters are found where pyenv hides them, and only when they start."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreters import find_python

ABSENT = (3, 98)
HIDDEN = (3, 99)


def interpreter(path: Path, says: str, *, status: int = 0) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_behind_a_shim_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = interpreter(tmp_path / "shims" / "python3.99", "not installed", status=127)
    real = interpreter(tmp_path / "versions" / "3.99.1" / "bin" / "python3.99", "3 99")
    monkeypatch.setenv("PATH", f"{shim.parent}:/usr/bin:/bin")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    assert find_python([ABSENT, HIDDEN]) == real


def test_one_that_says_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = interpreter(tmp_path / "bin" / "python3.99", "3 11")
    monkeypatch.setenv("PATH", f"{liar.parent}:/usr/bin:/bin")
    assert find_python([ABSENT, HIDDEN]) is None
