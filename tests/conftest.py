# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Make ``ansible_collections.mobile_ansible.venv`` importable for plain pytest, wherever the checkout lies."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_ROOT = Path(__file__).resolve().parents[1]
_COLLECTION = ("ansible_collections", "mobile_ansible", "venv")


def pytest_configure(config: pytest.Config) -> None:
    """Declare our markers here, where ansible-test finds them too, and run its tests without a process for each.

    A new process for each test costs as much as the test. Here pytest alone runs the same tests without.
    """
    forked = config.pluginmanager.get_plugin("ansible_forked")
    if forked is not None:
        config.pluginmanager.unregister(forked)
    config.addinivalue_line("markers", "catalogue(*numbers): shows these rows of docs/reference/failures.md")
    config.addinivalue_line(
        "markers", "destructive: takes minutes, such as a fault at every step; `make test-destructive`"
    )


def _make_importable() -> None:
    """Put a temporary tree with a link to the checkout on ``sys.path``.

    Under ansible-test the checkout lies in such a tree already and ansible's own loader finds it: nothing to do.
    """
    if _ROOT.parts[-3:] == _COLLECTION:
        return
    tree = Path(tempfile.mkdtemp(prefix="collection-"))
    atexit.register(shutil.rmtree, tree)
    parent = tree.joinpath(*_COLLECTION[:-1])
    parent.mkdir(parents=True)
    (parent / _COLLECTION[-1]).symlink_to(_ROOT)
    # A package, not a namespace: it must win over the one that the `ansible` package brings.
    (tree / _COLLECTION[0] / "__init__.py").touch()
    sys.path.insert(0, str(tree))


_make_importable()
