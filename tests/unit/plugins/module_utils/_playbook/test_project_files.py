# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Globs for artifacts mean what they mean in Python, but follow no link to a directory."""

from __future__ import annotations

import glob
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.extract import ExtractionLimits
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.project_files import matches


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in (
        "a.txt", "b.log", ".hidden.txt", "[x].txt", "out/a.txt", "out/.h.txt", "out/deep/er/c.txt", "out/deep/d.log",
        ".dir/e.txt", "out/node_modules/f.txt", "x/out/a.txt", "**.txt",
    ):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def found(root: Path, *patterns: str, limits: ExtractionLimits | None = None) -> list[str]:
    paths = matches(str(root), patterns, limits) if limits else matches(str(root), patterns)
    return [os.path.relpath(path, root) for path in paths]


@pytest.mark.parametrize(
    "pattern",
    [
        "*.txt", "**/*.txt", "**/a.txt", "out/**/*.txt", "**/**/**/c.txt", "**/.h.txt", "**/deep/*.log", ".*/*.txt",
        "out/*/*.log", "*/*/a.txt", "[[]x[]].txt", "[ab].???", "out/[!a].txt", "**/[a-c].txt", "none/**/x", "**/.*",
        "./out//a.txt", "a.txt/x", "?.txt", "*", "**/*.log",
    ],
)  # fmt: skip
def test_a_glob_is_that_of_python(project: Path, pattern: str) -> None:
    by_python = glob.glob(f"{glob.escape(str(project))}/{pattern}", recursive=True)
    directories = tuple(f"{path}/" for path in by_python if os.path.isdir(path))
    expected = {os.path.normpath(path) for path in by_python if os.path.isfile(path)}
    got = {os.path.join(project, name) for name in found(project, pattern)}
    # A directory that is named stands for all in it.
    assert {path for path in got if not path.startswith(directories)} == {
        path for path in expected if not path.startswith(directories)
    }


@pytest.mark.parametrize("pattern", ["out", "out/", "./out/.", "**/out", "ou?", "out/**"])
def test_a_directory_stands_for_all_that_belongs_to_the_project(project: Path, pattern: str) -> None:
    expected = ["out/.h.txt", "out/a.txt", "out/deep/d.log", "out/deep/er/c.txt"]
    expected += {"**/out": ["x/out/a.txt"], "out/**": ["out/node_modules/f.txt"]}.get(pattern, [])
    assert found(project, pattern) == expected


def test_links_to_directories_are_not_followed(project: Path) -> None:
    for name in ("a", "b", "out/up", "out/deep/top"):
        (project / name).symlink_to(project if name == "out/deep/top" else ".")
    (project / "away").symlink_to("/usr")
    before = found(project, "**/*.txt")
    assert before == found(project, "**/*.txt", "a/*.txt", "b/**/*.txt", "a/b/a.txt", "away/**", "away/bin/*")
    assert not [name for name in before if name.startswith(("a/", "b/", "out/up/"))]
    assert found(project, "a", "b", "a/**") == []


def test_a_link_to_a_file_is_that_file_if_it_lies_inside(project: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").touch()
    (tmp_path / "project-beside").mkdir()
    (tmp_path / "project-beside/s.txt").touch()
    for name, target in {
        "latest.txt": "out/a.txt", "secret.txt": "../secret.txt", "shadow.txt": "/etc/passwd", "loop.txt": "loop.txt",
        "beside.txt": "../project-beside/s.txt", "dangling.txt": "none", "null.txt": "/dev/null",
    }.items():  # fmt: skip
        (project / name).symlink_to(target)
    assert set(found(project, "*.txt")) == {"a.txt", "[x].txt", "**.txt", "latest.txt"}


def test_pipes_are_no_artifacts(project: Path) -> None:
    os.mkfifo(project / "out/pipe.txt")
    assert found(project, "out/*.txt") == ["out/a.txt"]


def test_more_files_than_the_limit(project: Path) -> None:
    with pytest.raises(InputError, match=r"artifacts: \*\*/\*.txt match more than 3 files.*artifacts_files_limit"):
        found(project, "**/*.txt", limits=ExtractionLimits(1, files=3, depth=9))


def test_deeper_than_the_limit(project: Path) -> None:
    limits = ExtractionLimits(1, files=99, depth=2)
    assert found(project, "out/deep/*.log", limits=limits) == ["out/deep/d.log"]
    with pytest.raises(InputError, match=r"out/deep/er has more than 2 directories above it.*artifacts_depth_limit"):
        found(project, "**/*.txt", limits=limits)


def test_a_hole_without_end_is_no_hole(tmp_path: Path) -> None:
    """Directories nested so deeply that no path reaches them."""
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _turn in range(3000):
            os.mkdir("dddddd")
            os.chdir("dddddd")
    finally:
        os.chdir(here)
    with pytest.raises(InputError, match="more than 32 directories"):
        found(tmp_path, "**/x", limits=ExtractionLimits(1, files=9, depth=32))
    assert found(tmp_path, "**/x") == []
    subprocess.run(["rm", "-rf", str(tmp_path / "dddddd")], check=True)  # shutil.rmtree nests as deeply


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["out/*.txt"], ["out/a.txt"]),
        (["out"], ["out/a.txt", "out/deep/b.txt"]),
        (["**/b.txt"], ["out/deep/b.txt"]),
        (["none*"], []),
        (["escape"], []),
    ],
)
def test_artifacts(tmp_path: Path, patterns: list[str], expected: list[str]) -> None:
    root = tmp_path / "[root]"
    (root / "out/deep").mkdir(parents=True)
    (root / "out/a.txt").touch()
    (root / "out/deep/b.txt").touch()
    (tmp_path / "secret").touch()
    (root / "escape").symlink_to(tmp_path / "secret")
    assert found(root, *patterns) == expected
