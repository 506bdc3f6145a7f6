# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files, directories and archives are touched in the files that docs/explanation/trust.md names, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from places import ROOT

_PAGE = (ROOT / "docs" / "explanation" / "trust.md").read_text()
_ROWS = re.findall(r"^\| (.+) \|$", _PAGE.partition("## The doors")[2], re.MULTILINE)[2:]
#: Modules whose every function touches files, and the functions of others that do.
_MODULES = {"shutil", "glob", "tempfile", "tarfile", "zipfile", "gzip", "bz2", "lzma", "zlib", "fileinput", "linecache"}
_OF_OS = set(
    [
        "open",
        "walk",
        "fwalk",
        "scandir",
        "listdir",
        "readlink",
        "rename",
        "renames",
        "replace",
        "unlink",
        "remove",
        "rmdir",
        "removedirs",
        "symlink",
        "link",
        "mkdir",
        "makedirs",
        "mkfifo",
        "mknod",
        "chmod",
        "chown",
        "lchown",
        "truncate",
        "utime",
        "fdopen",
    ]
)
_OF_PATH = set(
    [
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "iterdir",
        "glob",
        "rglob",
        "symlink_to",
        "hardlink_to",
        "touch",
        "rmdir",
        "unlink",
    ]
)


def touches(source: str) -> Iterator[int]:
    """The lines in which a file, a directory or an archive is touched."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in {*_MODULES, "os", "io"}:
            yield node.lineno  # by its bare name it could not be told from a function of ours
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id == "open":
            yield node.lineno
        if isinstance(function, ast.Attribute):
            owner = function.value.id if isinstance(function.value, ast.Name) else ""
            if (
                owner in _MODULES
                or (owner == "os" and function.attr in _OF_OS)
                or (owner == "io" and "open" in function.attr)
                or owner not in ("os", "ast", "re")
                and function.attr in _OF_PATH
            ):
                yield node.lineno


def documented() -> dict[str, str]:
    """File to door, as the table has them."""
    found = {}
    for row in _ROWS:
        door, *_rest, files = row.split(" | ")
        for name in re.findall(r"`([^`]+)`", files):
            found[name] = door
    return found


def accesses() -> dict[str, list[int]]:
    """The files below plugins/ that touch files, with the lines."""
    root = ROOT / "plugins"
    found = {str(path.relative_to(root)): list(touches(path.read_text())) for path in sorted(root.rglob("*.py"))}
    return {name: lines for name, lines in found.items() if lines}


def test_each_access_is_at_a_door() -> None:
    doors = documented()
    beside = {name: lines for name, lines in accesses().items() if name not in doors}
    assert beside == {}, "these touch files, and docs/explanation/trust.md does not name them"


def test_each_door_is_there() -> None:
    assert sorted(set(documented()) - set(accesses())) == []


@pytest.mark.parametrize(
    "line",
    [
        "open(path)",
        "os.open(path, 0)",
        "os.walk(path)",
        "os.replace(a, b)",
        "tarfile.open(path)",
        "zipfile.ZipFile(path)",
        "shutil.rmtree(path)",
        "tempfile.mkdtemp()",
        "Path(path).read_text()",
        "(folder / name).write_bytes(data)",
        "path.unlink()",
        "from shutil import rmtree",
        "from os import scandir",
    ],
)
def test_an_access_is_found(line: str) -> None:
    assert list(touches(line)) == [1]


@pytest.mark.parametrize(
    "line", ["os.path.join(a, b)", "replace(found, changed=True)", "text.replace('a', 'b')", "ast.walk(tree)"]
)
def test_what_is_none_is_not(line: str) -> None:
    assert list(touches(line)) == []
