# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""One file knows the names of a store's directories."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import layout
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

_PLUGINS = Path(__file__).resolve().parents[5] / "plugins"
#: The start-up module lies alone in each venv, and can import nothing of ours.
_STANDS_ALONE = "module_utils/_venv/startup.py"


def spelt_names(source: str) -> list[str]:
    """The names of a store's directories, and its default path, that ``source`` spells."""
    return [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and node.value in (*layout.DIRECTORIES, layout.DEFAULT_STORE)
    ]


def test_no_other_file_spells_the_name_of_a_directory() -> None:
    found = {str(path.relative_to(_PLUGINS)): spelt_names(path.read_text()) for path in sorted(_PLUGINS.rglob("*.py"))}
    directories = {name: [one for one in spelt if one in layout.DIRECTORIES] for name, spelt in found.items()}
    assert {name for name, spelt in directories.items() if spelt} == {"module_utils/_store/layout.py", _STANDS_ALONE}
    assert directories[_STANDS_ALONE] == [layout.LEASES]


def test_a_prepared_store_has_these_directories_and_nothing_else(tmp_path: Path) -> None:
    Store(str(tmp_path / "store")).prepare()
    found = {path.name: path.stat().st_mode & 0o7777 for path in (tmp_path / "store").iterdir()}
    assert found == layout.DIRECTORIES


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/srv/s/.generations/abc", True), ("/srv/s/.generations", False), ("/srv/s/.generations/abc/lib", False)],
)
def test_a_generation_is_told_by_where_it_lies(path: str, expected: bool) -> None:
    assert layout.is_generation(path) is expected
