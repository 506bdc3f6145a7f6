# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The table of troubleshooting quotes what the collection says."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import pytest
import yaml
from places import ROOT

_TABLE = (ROOT / "docs" / "reference" / "troubleshooting.md").read_text()
_OURS = _TABLE.partition("## Messages of other tools")[0]
_SHOWN = ("DOCUMENTATION", "EXAMPLES", "RETURN")
_MESSAGES = re.findall(r"^\| `([^`]+)`", _OURS, re.MULTILINE)


@functools.cache
def spoken() -> str:
    """Each text that the code can say: what documents it cannot be raised. "…" stands where something is filled in."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "plugins").rglob("*.py")]
    texts = [re.sub(r"\{[^{}]*\}", "…", text) for tree in trees for text in _texts(tree, _documentation(tree))]
    files = [*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "roles").glob("*/vars/*.yml")]
    for path in (*files, *(ROOT / "playbooks").rglob("*.yml")):
        texts += _values(yaml.safe_load(path.read_text()))
    return "\n".join(" ".join(text.split()) for text in texts)


def _documentation(tree: ast.Module) -> set[ast.AST]:
    """Docstrings, and what ansible-doc shows."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in _SHOWN):
            found.add(node.value)
    return found


def _texts(node: ast.AST, without: set[ast.AST]) -> Iterator[str]:
    if node in without and isinstance(node, ast.Constant):
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _texts(child, without)


def _values(content: object) -> Iterator[str]:
    """The values of tasks, but not their names: Ansible shows those of tasks that succeed too."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for item in content:
            yield from _values(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key != "name":
                yield from _values(value)


@pytest.mark.parametrize("message", _MESSAGES)
def test_a_message_is_one_of_ours(message: str) -> None:
    said = spoken()
    # A line of the checklist stands behind its name, and is part of the table that is shown.
    message = re.sub(r"^[a-z_]+: ", "", message)
    # Other reasons can stand behind a colon.
    parts = [part.strip(" ;,()") for part in re.split("…|: ", message)]
    assert [part for part in parts if part not in said] == []


def test_what_only_documents_is_no_message() -> None:
    code = '"""Above."""\nDOCUMENTATION = "in it"\ndef f(x):\n    "Within."\n    raise OSError(f"bad {x}: " "gone")\n'
    tree = ast.parse(code)
    assert list(_texts(tree, _documentation(tree))) == ["bad …: gone", "bad ", ": gone"]


def test_there_are_messages() -> None:
    assert len(_MESSAGES) > 25
