# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Our own code has bytecode before the process of an analysis imports it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._bytecode import compile_own_code


def test_bytecode_of_our_own_code_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    code = tmp_path / "code" / "below"
    code.mkdir(parents=True)
    for path in (code.parent / "a.py", code / "b.py"):
        path.write_text("x = 1\n")
    compile_own_code([code.parent])
    (made,) = (code / "__pycache__").iterdir()
    (again,) = (code.parent / "__pycache__").iterdir()
    stamp = again.stat().st_mtime_ns
    compile_own_code([code.parent])
    assert (again.stat().st_mtime_ns, made.exists()) == (stamp, True)
    later = stamp + 2 * 10**9
    for path, compiled in ((code / "b.py", made), (code.parent / "a.py", again)):
        os.utime(path, ns=(later, later))
        before = compiled.stat().st_ino
        compile_own_code([code.parent])
        assert compiled.stat().st_ino != before


def test_a_directory_of_others_gets_no_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr("os.access", lambda *_given: False)
    compile_own_code([tmp_path])
    assert not (tmp_path / "__pycache__").exists()
