# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files with secrets arrive as they were, for their owner alone, and nowhere else than below the directory of a run."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.private_files import (
    pack_private_files,
    unpack_private_files,
)


def test_they_arrive_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\x00\xff")
    (tmp_path / "client").write_text("#!")
    (tmp_path / "client").chmod(0o755)
    (tmp_path / "link").symlink_to("key")
    names = {"beside/k/key": "key", "beside/client": "client", "project/link": "link"}
    packed = tmp_path / "packed"
    pack_private_files({name: str(tmp_path / file) for name, file in names.items()}, str(packed))
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600
    target = tmp_path / "target"
    (target / "project").mkdir(parents=True)
    unpack_private_files(str(packed), str(target))
    found = {str(path.relative_to(target)): path for path in target.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == {
        "beside/k/key": b"\x00\xff", "beside/client": b"#!", "project/link": b"\x00\xff",
    }  # fmt: skip
    modes = {name: stat.S_IMODE(path.lstat().st_mode) for name, path in found.items()}
    assert modes == {"beside/k/key": 0o600, "beside/client": 0o700, "project/link": 0o600}
    assert stat.S_IMODE((target / "beside").stat().st_mode) == 0o700


def test_nothing_arrives_where_nothing_was_sent(tmp_path: Path) -> None:
    unpack_private_files(str(tmp_path / "none"), str(tmp_path / "target"))
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a//x", "", "."])
def test_a_path_that_leads_elsewhere(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "packed"
    packed.write_text(json.dumps({name: {"content": "", "is_program": False}}))
    with pytest.raises(VenvError, match="is no path below"):
        unpack_private_files(str(packed), str(tmp_path / "target"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["packed", "target"]


@pytest.mark.parametrize("is_link", [True, False])
def test_a_file_that_the_project_has(tmp_path: Path, is_link: bool) -> None:
    target, other = tmp_path / "target", tmp_path / "other"
    target.mkdir()
    other.write_text("kept")
    if is_link:
        (target / "key").symlink_to(other)
    else:
        (target / "key").write_text("kept")
    (tmp_path / "packed").write_text(json.dumps({"key": {"content": "", "is_program": False}}))
    with pytest.raises(VenvError, match="in the project as well"):
        unpack_private_files(str(tmp_path / "packed"), str(target))
    assert (target / "key").read_text() == "kept"
