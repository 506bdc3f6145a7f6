# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project's files: nothing outside, nothing but regular files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._files import (
    OutsideError,
    ProjectFiles,
    read_regular,
)


@pytest.fixture(name="files")
def fixture_files(tmp_path: Path) -> ProjectFiles:
    """A project beside a secret."""
    (tmp_path / "secret.yml").write_text("secret: true\n")
    root = tmp_path / "project"
    (root / "tasks").mkdir(parents=True)
    (root / "tasks" / "main.yml").write_text("- debug:\n")
    (root / "inside").symlink_to("tasks/main.yml")
    (root / "out").symlink_to("../secret.yml")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "fifo.yml")
    return ProjectFiles(root)


@pytest.mark.parametrize("name", ["out", "../secret.yml", "tasks/../../secret.yml", "/etc/passwd", "/dev/zero"])
def test_what_leads_out_is_an_error(files: ProjectFiles, name: str) -> None:
    with pytest.raises(OutsideError):
        files.file(files.root / name)


@pytest.mark.parametrize("name", ["fifo.yml", "loop", "missing", "../missing", "tasks", "a\0b", "x" * 5000])
def test_what_is_no_regular_file_is_not_found(files: ProjectFiles, name: str) -> None:
    assert files.file(files.root / name) is None


def test_links_within_the_project_are_followed(files: ProjectFiles) -> None:
    assert files.file(files.root / "inside") == files.root / "tasks" / "main.yml"


def test_folders_are_listed_without_what_leads_out(files: ProjectFiles) -> None:
    assert [path.name for path in files.below(files.root)] == ["main.yml", "main.yml"]


def test_a_star_does_not_cross_folders(files: ProjectFiles) -> None:
    assert files.matching(files.root, "*.yml") == []
    assert files.matching(files.root, "*/*.yml") == [files.root / "tasks" / "main.yml"]


def test_a_fifo_that_takes_the_place_of_a_file_hangs_nobody(files: ProjectFiles) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(files.root / "fifo.yml")


def test_a_file_that_is_too_large_is_one_error(files: ProjectFiles) -> None:
    with (files.root / "large.yml").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(InputError, match=r"large\.yml cannot be read"):
        files.text(files.root / "large.yml")


def test_a_file_that_is_encrypted_as_a_whole_has_no_content(files: ProjectFiles) -> None:
    (files.root / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert files.yaml(files.root / "vault.yml") is None
