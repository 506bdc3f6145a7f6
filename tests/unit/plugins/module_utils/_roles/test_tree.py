# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the files of a role may be, and the digest over them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles import tree
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.tree import (
    manifest_digest,
    role_digest,
    role_files,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import ROLE, write_role


def test_the_digest_is_over_content_and_links_alone(tmp_path: Path) -> None:
    one, two = write_role(tmp_path / "one"), write_role(tmp_path / "two")
    write_role(two, {"meta/.galaxy_install_info": "today", ".git/config": "x", "library/__pycache__/x.pyc": ""})
    os.utime(two / "tasks" / "main.yml", (1, 1))
    assert role_digest(str(one)) == role_digest(str(two)) == manifest_digest(manifest(str(one)))
    (two / "files").symlink_to("tasks")
    assert role_digest(str(two)) != role_digest(str(one))
    write_role(one, {"files": "tasks"})
    assert role_digest(str(two)) != role_digest(str(one)), "a link is no file with the same text"


def test_a_link_may_lead_to_the_directory_that_holds_it(tmp_path: Path) -> None:
    role = write_role(tmp_path / "web", {**ROLE, "tests/roles/x": ""})
    (role / "tests" / "roles" / "web").symlink_to("../..")
    assert sorted(role_files(str(role))) == ["meta/main.yml", "tasks/main.yml", "tests/roles/web", "tests/roles/x"]


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "tasks/../../secret", "tasks/out/x"])
def test_a_link_out_is_refused_directly_or_by_another_link(tmp_path: Path, target: str) -> None:
    role = write_role(tmp_path / "web")
    (role / "tasks" / "out").symlink_to("../..")
    (role / "link").symlink_to(target)
    with pytest.raises(SourceError, match="is a symlink that leaves the role; nothing was kept"):
        role_files(str(role))


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\x1bb", os.fsdecode(b"a\xff")])
def test_a_name_that_cannot_be_written_down_is_refused(tmp_path: Path, name: str) -> None:
    role = write_role(tmp_path / "web")
    (role / "files").mkdir()
    (role / "files" / name).touch()
    with pytest.raises(SourceError, match="has a path that cannot be used") as caught:
        role_files(str(role))
    assert caught.value.message.isprintable()


def test_what_is_no_file_and_what_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = write_role(tmp_path / "web")
    for limit in ("MAX_FILES", "MAX_BYTES"):
        with monkeypatch.context() as limited:
            limited.setattr(tree, limit, 1)
            with pytest.raises(SourceError, match="the role has more than"):
                role_files(str(role))
    os.mkfifo(role / "pipe")
    with pytest.raises(SourceError, match="pipe of the role is neither a file nor a directory"):
        role_files(str(role))
