# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ansible.cfg that Ansible itself chooses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._ansible_config import config_file


@pytest.mark.parametrize("named", [None, "named/ansible.cfg", "named", "~/named"])
@pytest.mark.parametrize("present", [("current", "home"), ("home",), ("open", "home"), ()])
def test_it_is_the_one_that_ansible_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: tuple[str, ...], named: str | None
) -> None:
    manager = pytest.importorskip("ansible.config.manager")
    current = tmp_path / "current"
    for directory in (current, tmp_path / "named"):
        directory.mkdir()
    (tmp_path / "named" / "ansible.cfg").touch()
    if "home" in present:
        (tmp_path / ".ansible.cfg").touch()
    if {"current", "open"} & {*present}:
        (current / "ansible.cfg").touch()
    if "open" in present:
        current.chmod(0o777)
    monkeypatch.chdir(current)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    if named is not None:
        monkeypatch.setenv("ANSIBLE_CONFIG", named if named.startswith("~") else str(tmp_path / named))
    assert config_file(os.environ, home=str(tmp_path), current=str(current)) == manager.find_ini_config_file()
