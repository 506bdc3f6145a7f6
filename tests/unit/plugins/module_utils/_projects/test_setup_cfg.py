# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a setup.cfg requires, with file and line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import (
    read_project,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._projects.samples import (
    assert_read,
    assert_refused,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


READ: dict[str, tuple[dict[str, str], list[str], list[tuple[str, str, int]]]] = {
    "setup.cfg": (
        {
            "setup.cfg": "[metadata]\nname = me\n[options]\ninstall_requires =\n    six>=1 # why\n\n    # no\n"
            "    idna ; python_version < '4'\n[options.extras_require]\nTest =\n    six>=1\n    mock\nother = never\n"
        },
        ["test"],
        [
            ("six>=1", "setup.cfg", 5),
            ("idna ; python_version < '4'", "setup.cfg", 8),
            ("six>=1", "setup.cfg", 11),
            ("mock", "setup.cfg", 12),
        ],
    ),
    "setup.cfg on one line": (
        {"setup.cfg": "[options]\ninstall_requires = six; idna\n"},
        [],
        [("six", "setup.cfg", 2), ("idna", "setup.cfg", 2)],
    ),
    "setup.cfg with files": (
        {"setup.cfg": "[options]\ninstall_requires = file: a.txt, b.txt\n", "a.txt": "six", "b.txt": "idna"},
        [],
        [("six", "a.txt", 1), ("idna", "b.txt", 1)],
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_a_project_needs_and_where_it_says_so(tmp_path: Path, case: str) -> None:
    assert_read(tmp_path, *READ[case])


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "Python of setup.cfg": (
        {"setup.cfg": "[options]\npython_requires = x\ninstall_requires = y"},
        "setup.cfg, line 2: python_requires: ",
    ),
    "no setup.cfg": ({"setup.cfg": "options"}, "setup.cfg cannot be read: "),
    "setup.cfg out": (
        {"setup.cfg": "[options]\ninstall_requires = file: ../x"},
        "setup.cfg, line 2: '../x' is outside",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, *REFUSED[case])


def test_a_bomb_in_setup_cfg_ends_quickly(tmp_path: Path) -> None:
    write(tmp_path, {"setup.cfg": "[options]\nx" + " " * 500_000 + "y\n"})
    started = time.process_time()
    with pytest.raises(InputError, match="setup.cfg, line 2 is longer than 10000 characters"):
        read_project(str(tmp_path))
    assert time.process_time() - started < 2
