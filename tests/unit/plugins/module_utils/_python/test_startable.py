# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A venv is started only where nobody but its owner and root decides what runs then."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.startable import (
    check_startable,
    trusted_interpreter,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import others

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def fixture_groups_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is alone in no group."""
    monkeypatch.setattr(others, "_is_private", lambda gid: False)


@pytest.fixture(name="venv")
def fixture_venv(tmp_path: Path) -> Path:
    """A venv, the base interpreter that it leads to, and a directory beside them."""
    before = os.umask(0o022)
    for path in ("base/bin/python", "base/lib/python3.12/os.py", "elsewhere/more.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    (tmp_path / "base" / "lib64").symlink_to("lib")
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to("../../base/bin/python")
    (venv / "lib" / "site").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text(f"home = {tmp_path}/base/bin\n")
    os.umask(before)
    return venv


def test_a_venv_of_ones_own_is_startable(venv: Path) -> None:
    (venv / ".lock").touch(mode=0o666)
    (venv / ".lock").chmod(0o666)  # as uv leaves it; nothing is read from it
    check_startable(str(venv))
    assert trusted_interpreter(str(venv)) == os.path.realpath(venv.parent / "base" / "bin" / "python")


def open_a_module(venv: Path) -> Path:
    (venv / "lib" / "site" / "x.py").touch()
    (venv / "lib" / "site" / "x.py").chmod(0o666)
    return venv / "lib" / "site" / "x.py"


def open_the_standard_library(venv: Path) -> Path:
    path = venv.parent / "base" / "lib" / "python3.12" / "os.py"
    path.chmod(0o666)
    return path


def open_the_interpreter(venv: Path) -> Path:
    (venv.parent / "base" / "bin").chmod(0o777)
    return venv.parent / "base" / "bin"


def lead_a_search_path_out(venv: Path) -> Path:
    (venv / "lib" / "site" / "more.pth").write_text(f"# why\n{venv.parent}/elsewhere\n")
    (venv.parent / "elsewhere").chmod(0o777)
    return venv.parent / "elsewhere"


def lead_a_link_out(venv: Path) -> Path:
    (venv / "lib" / "site" / "more").symlink_to(venv.parent / "elsewhere")
    (venv.parent / "elsewhere" / "more.py").chmod(0o666)
    return venv.parent / "elsewhere" / "more.py"


@pytest.mark.parametrize(
    "loosen",
    [open_a_module, open_the_standard_library, open_the_interpreter, lead_a_search_path_out, lead_a_link_out],
    ids=lambda loosen: loosen.__name__,
)
def test_what_others_can_change_is_named(venv: Path, loosen: Callable[[Path], Path]) -> None:
    path = loosen(venv)
    with pytest.raises(StoreError) as caught:
        check_startable(str(venv))
    assert str(path) in caught.value.message


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
@pytest.mark.parametrize(
    ("line", "is_read"),
    [
        ("", True),
        ("include-system-site-packages = true\n", True),
        ("Include-System-Site-Packages=TRUE\n", True),
        ("include-system-site-packages = false\n", False),
        ("include-system-site-packages = true\ninclude-system-site-packages = no\n", False),
    ],
)
def test_packages_of_the_base_interpreter_count_where_the_venv_reads_them(
    venv: Path, name: str, line: str, is_read: bool
) -> None:
    module = venv.parent / "base" / "lib" / "python3.12" / name / "more.py"
    module.parent.mkdir()
    module.touch()
    module.chmod(0o666)
    with (venv / "pyvenv.cfg").open("a") as stream:
        stream.write(line)
    with pytest.raises(StoreError) if is_read else nullcontext():
        check_startable(str(venv))
    with pytest.raises(StoreError):
        trusted_interpreter(str(venv))  # without a venv it reads them


def test_packages_in_the_venv_always_count(venv: Path) -> None:
    with (venv / "pyvenv.cfg").open("a") as stream:
        stream.write("include-system-site-packages = false\n")
    module = venv / "lib" / "python3.12" / "site-packages" / "more.py"
    module.parent.mkdir(parents=True)
    module.touch()
    module.chmod(0o666)
    with pytest.raises(StoreError):
        check_startable(str(venv))
