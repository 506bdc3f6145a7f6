# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Archives have a limit, and who is above it is told what is largest."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_contents import ArchiveContents
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_size import check_size


def test_size_is_bounded_and_said(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("site")
    with (tmp_path / "huge").open("wb") as stream:
        stream.truncate(3 * 1024 * 1024)
    contents = ArchiveContents()
    contents.add_tree(str(tmp_path), "project")
    check_size(contents, 3 + 1, what="project: p")
    said = r"has 2 files of 3.0 MiB, more than the limit of 2 MiB: project/huge \(3.0 MiB\) are the largest"
    with pytest.raises(InputError, match=said):
        check_size(contents, 2, what="project: p")
    with pytest.raises(InputError, match="more than the limit of 4 MiB"):
        check_size(contents, 4, what="project: p", beside=1024 * 1024)
