# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What runs leave that were killed: their temporary directories."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.leftovers import remove_old_temporaries

BEFORE = 1_000_000


def test_old_temporary_directories_of_runs_are_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    remove_old_temporaries(before=BEFORE)
    own, shared = tmp_path / "home" / ".ansible" / "tmp", tmp_path / "tmp"
    gone = [
        own / "ansible-local-12abcdefgh", own / "ansible-tmp-1.2-3-4", own / "ansible-moduletmp-1.2-x",
        shared / "ansible_x_payload_1", shared / "phone-gate-1",
    ]  # fmt: skip
    kept = [
        own / "mine",
        own / "ansible-backup-1",
        shared / "mine",
        shared / "ansible-local-1",
        shared / "ansible_results",
    ]
    new = [own / "ansible-local-13abcdefgh", shared / "ansible_y_payload_2"]
    for path in (*gone, *kept, *new):
        path.mkdir(parents=True)
        (path / "file").touch()
        os.utime(path, (BEFORE, BEFORE if path in new else BEFORE - 1))
    file, link = shared / "ansible_x_payload_file", shared / "ansible_x_payload_link"
    file.touch()
    os.utime(file, (0, 0))
    link.symlink_to(shared / "mine")
    os.utime(link, (0, 0), follow_symlinks=False)
    remove_old_temporaries(before=BEFORE)
    assert sorted([*own.iterdir(), *shared.iterdir()]) == sorted([*kept, *new, file, link])
    assert (shared / "mine" / "file").exists()


def test_those_of_others_are_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ansible_x_payload_1").mkdir()
    os.utime(tmp_path / "ansible_x_payload_1", (0, 0))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    remove_old_temporaries(before=BEFORE)
    assert (tmp_path / "ansible_x_payload_1").exists()
