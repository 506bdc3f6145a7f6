# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where things lie: the checkout, and the one directory that the tools write to."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}: say make PYTHON=…")

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CACHE = BUILD / "cache"
MOLECULE_HOSTS = BUILD / "molecule" / "hosts"
REQUIREMENTS = ROOT / "tests" / "requirements"
COLLECTION = Path("ansible_collections", "mobile_ansible", "venv")

# Variables of the caller that would change what the tools do; a mirror in UV_INDEX_URL or PIP_INDEX_URL may pass.
_FOREIGN = (
    "ANSIBLE_",
    "MOLECULE_",
    "PYTHON",
    "PYTEST_",
    "VIRTUAL_ENV",
    "MYPY",
    "UV_PROJECT",
    "MAKE",
    "MFLAGS",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
)


def clean_environment(**extra: str) -> dict[str, str]:
    """The caller's environment without what steers Python, Ansible or a tool, plus ``extra``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {"LANG": "C.UTF-8", **kept, **extra}


def collection_tree() -> Path:
    """A directory for ``ANSIBLE_COLLECTIONS_PATH``: the collection as links to what the checkout holds.

    Each top-level entry is linked, not the checkout itself: build/ lies in it, and the tree would hold itself.
    """
    tree = BUILD / "collections"
    directory = tree / COLLECTION
    directory.mkdir(parents=True, exist_ok=True)
    wanted = {entry.name: entry for entry in ROOT.iterdir() if entry.name not in {BUILD.name, ".git"}}
    for link in directory.iterdir():
        if link.name not in wanted:
            link.unlink()
    for name, target in wanted.items():
        link = directory / name
        if not link.is_symlink():
            link.symlink_to(target)
    return tree


def remove_build() -> None:
    """Remove build/; finished venvs in a store below it are read-only and made writable first."""
    for directory, _names, _files in os.walk(BUILD):
        os.chmod(directory, 0o755)
    shutil.rmtree(BUILD, ignore_errors=False)
