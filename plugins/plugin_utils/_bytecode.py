# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bytecode of our own code, for a process that may write none: it would compile all that it imports at each start."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils import _projects

#: What hardly anybody else imports, so that Python itself puts no bytecode beside it.
CODE_OF_ANALYSES = (Path(__file__).parent / "_deps", Path(_projects.__file__).parent)


def compile_own_code(directories: Sequence[Path]) -> None:
    """Put bytecode beside the files below ``directories``, where it is missing or old and this user may write there."""
    if sys.dont_write_bytecode or all(_is_compiled(directory) for directory in directories):
        return
    import compileall

    for directory in directories:
        if os.access(directory, os.W_OK):
            compileall.compile_dir(directory, quiet=2)


def _is_compiled(directory: Path) -> bool:
    """Whether the files below a directory have bytecode as new as they are."""
    for path in directory.rglob("*.py"):
        compiled = Path(importlib.util.cache_from_source(str(path)))
        if not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime:
            return False
    return True
