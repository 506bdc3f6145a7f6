# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is on disk becomes an entry of an archive, in which no link leads out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_entry import (
    ArchiveEntry,
    entry_at,
)


def entry(project: Path, name: str) -> ArchiveEntry:
    return entry_at(str(project / name), root=str(project), name=f"project/{name}")


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    (tmp_path / "project/roles/a").mkdir(parents=True)
    (tmp_path / "project/site.yml").write_text("site")
    return tmp_path / "project"


def test_a_file_has_its_size_and_a_directory_none(project: Path) -> None:
    file, directory = entry(project, "site.yml"), entry(project, "roles")
    status = (project / "site.yml").stat()
    assert (file.size, file.inode, file.is_directory) == (4, (status.st_dev, status.st_ino), False)
    assert (directory.size, directory.inode, directory.is_directory) == (0, None, True)


@pytest.mark.parametrize(
    ("link", "target", "becomes"),
    [
        ("roles/b", "a", "a"),
        ("here", "{root}/roles", "roles"),
        ("roles/c", "../../by_link/roles/a", "a"),
        ("off", "/dev/null", "/dev/null"),
    ],
)
def test_a_link_in_the_project_becomes_relative(project: Path, link: str, target: str, becomes: str) -> None:
    (project.parent / "by_link").symlink_to(project)
    (project / link).symlink_to(target.format(root=project))
    assert entry(project, link).target == becomes


@pytest.mark.parametrize("target", ["/etc/passwd", "../beside", "roles/../../beside", "missing/../../beside"])
def test_a_link_that_leads_out_is_refused(project: Path, target: str) -> None:
    (project / "link").symlink_to(target)
    with pytest.raises(InputError) as caught:
        entry(project, "link")
    assert f"{project}/link is a link to {target}, outside of the project directory" in caught.value.message


def test_a_pipe_is_refused_with_the_link_that_leads_there(project: Path) -> None:
    os.mkfifo(project / "pipe")
    with pytest.raises(InputError, match=f"^{project}/pipe is neither a file"):
        entry(project, "pipe")
    with pytest.raises(InputError, match="^by is a link that leads to .*/pipe, which is neither"):
        entry_at(str(project / "pipe"), root=str(project), name="project/pipe", by="by")
