# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""TOML of strangers: nested, long, or of another shape than expected."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import (
    read_file,
    read_project,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._projects.samples import (
    PROJECT,
    assert_refused,
    lines,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no TOML": ({"pyproject.toml": "[project"}, "pyproject.toml is not TOML: "),
    "a table that is none": ({"pyproject.toml": "project = 1"}, "project must be a table, not '1'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_error(tmp_path: Path, case: str) -> None:
    assert_refused(tmp_path, *REFUSED[case])


BOMBS = {
    "nesting": "x = " + "[" * 100_000,
    "dotted key": ".".join(["a"] * 100_000) + " = 1",
    "dotted key in a table": "x = {" + ".".join(["a"] * 100_000) + " = 1}",
    "dotted header": "[" + ".".join(["a"] * 100_000) + "]",
    "many demands": PROJECT + "dependencies = [\n" + '"six",\n' * 20_000 + "]",
    "many demands that are not found again": PROJECT + "dependencies = [\n" + '"\\u0073ix",\n' * 20_000 + "]",
    "quotes that are not closed": PROJECT + "dependencies = ['six']\nx = '''\n\"" + '\\"' * 300_000 + "\n'''\n",
    "groups that include each other's doubles": "[dependency-groups]\n"
    + "".join(
        f"g{number} = [{{include-group = 'g{number + 1}'}}, {{include-group = 'g{number + 1}'}}]\n"
        for number in range(40)
    )
    + "g40 = ['six']",
}


@pytest.mark.parametrize("case", BOMBS)
def test_bombs_end_quickly(tmp_path: Path, case: str) -> None:
    write(tmp_path, {"pyproject.toml": BOMBS[case]})
    started = time.process_time()
    try:
        project = read_project(str(tmp_path), groups=["g0"] if "groups" in BOMBS[case] else [])
        assert {one.line for one in project.declared} == {"six"}
    except InputError as error:
        assert re.search("nested too deeply|too many parts", error.message)
    assert time.process_time() - started < 2


def test_a_python_without_a_toml_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_module(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", no_module)
    with pytest.raises(ToolMissingError, match="pyproject.toml cannot be read by this Python"):
        read_project(write(tmp_path, {"pyproject.toml": PROJECT}))
    assert lines(read_file(write(tmp_path, {"r.txt": "six"}) + "/r.txt")) == [("six", "r.txt", 1)]
