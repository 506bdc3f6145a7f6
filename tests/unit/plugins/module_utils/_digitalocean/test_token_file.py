# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A token is read from a file that nobody else can read, and is in no message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.token_file import read_token
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

TOKEN = "dop_v1_canary"


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


def test_the_only_line_is_the_token(path: Path) -> None:
    assert read_token(str(path)) == TOKEN
    path.chmod(0o400)
    (path.parent / "link").symlink_to(path)
    assert read_token(str(path.parent / "link")) == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644])
def test_one_that_others_can_read_or_change_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(InputError, match=f"mode {mode:04o}") as caught:
        read_token(str(path))
    assert TOKEN not in caught.value.message


@pytest.mark.parametrize("content", ["", "\n", f"{TOKEN}\n{TOKEN}\n", f"token {TOKEN}"])
def test_one_with_something_else_is_refused(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(InputError, match="exactly one line") as caught:
        read_token(str(path))
    assert TOKEN not in caught.value.message


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    for name in ("", "fifo", "missing", "a\0b"):
        with pytest.raises(InputError, match="^api_token_file: "):
            read_token(str(tmp_path / name))
