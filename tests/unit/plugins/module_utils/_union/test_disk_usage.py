# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the venvs of projects take on disk, and one in their place would save."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.disk_usage import measure

if TYPE_CHECKING:
    from pathlib import Path


def _venv(directory: Path, files: dict[str, int], *, python: str = "python3.11") -> None:
    (directory / "lib" / python).mkdir(parents=True)
    (directory / "pyvenv.cfg").touch()
    for name, size in files.items():
        (directory / "lib" / python / name).write_bytes(b"x" * size)


def test_venvs_are_measured(tmp_path: Path) -> None:
    _venv(tmp_path / "a" / "venv", {"x.py": 40_000, "y.py": 8_000})
    _venv(tmp_path / "b" / ".venv", {"x.py": 20_000}, python="python3.12")
    os.link(tmp_path / "a/venv/lib/python3.11/y.py", tmp_path / "b/.venv/lib/python3.12/z.py")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "venv").symlink_to("../a/venv")
    (tmp_path / "d" / "venv").mkdir(parents=True)
    disk = measure((name, str(tmp_path / name)) for name in "abcd")
    assert [(one.project, one.path) for one in disk.venvs] == [
        ("a", str(tmp_path / "a/venv")),
        ("b", str(tmp_path / "b/.venv")),
    ]
    large, small, linked = (
        (tmp_path / name).stat().st_blocks * 512
        for name in ("a/venv/lib/python3.11/x.py", "b/.venv/lib/python3.12/x.py", "a/venv/lib/python3.11/y.py")
    )
    assert disk.total == large + small + linked
    assert disk.shared == large + linked + linked
    assert disk.saved == small - linked > 0
