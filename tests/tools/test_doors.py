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
_ROWS = re.findall(r"^\| (.+) \|$", _PAGE.partition("## File access in the code")[2], re.MULTILINE)[1:]
#: Modules whose every function touches files, and the functions of others that do.
_MODULES = re.compile("shutil|glob|tempfile|tarfile|zipfile|gzip|bz2|lzma|zlib|linecache")
_OF_OS = re.compile(
    "f?open|fd?walk|walk|scandir|listdir|readlink|renames?|replace|unlink|remove(dirs)?|rmdir|symlink|link|mkdir|makedirs"
    "|mkfifo|mknod|l?ch(mod|own)|fch(mod|own)|truncate|utime|fdopen|sendfile"
)
_OF_PATH = re.compile("(read|write)_(text|bytes)|iterdir|r?glob|(sym|hard)link_to|touch|rmdir|unlink")


def touches(source: str) -> Iterator[int]:
    """The lines in which a file, a directory or an archive is touched."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (_MODULES.fullmatch(node.module or "") or node.module in ("os", "io")):
            yield node.lineno  # by its bare name it could not be told from a function of ours
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id == "open":
            yield node.lineno
        if isinstance(function, ast.Attribute) and _is_access(function):
            yield node.lineno


def _is_access(function: ast.Attribute) -> bool:
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if owner in ("os", "io"):
        return _OF_OS.fullmatch(function.attr) is not None
    return bool(_MODULES.fullmatch(owner) or (owner not in ("ast", "re") and _OF_PATH.fullmatch(function.attr)))


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
        "(directory / name).write_bytes(data)",
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
