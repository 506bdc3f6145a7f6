# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run venv_symlink as a process of its own, and look at what it made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from shared_venv_process import SharedVenvProcess

#: What the venv of ``site_store`` contains, and what the tests' project asks for by itself.
SITE = ["six==1.17.0"]
OWN = "six==1.16.0"


def start(**options: Any) -> SharedVenvProcess:
    """Start the module; it is not waited for."""
    return SharedVenvProcess.start(module="venv_symlink", **options)


def run(**options: Any) -> dict[str, Any]:
    """Run the module to its end; returns its answer, also when that is a failure."""
    return start(**options).result()


def linked(**options: Any) -> dict[str, Any]:
    """Run the module to its end for one project and demand that it succeeds; returns what it says of the link."""
    answer = run(**options)
    assert not answer.get("failed"), answer["msg"]
    (link,) = answer["links"]
    return {**link, "changed": answer["changed"], "diff": answer["diff"], "warnings": answer.get("warnings", "")}


def listing(directory: Path) -> list[str]:
    """The names in a directory."""
    return sorted(os.listdir(directory))


def users(store: Path) -> list[str]:
    """The links of projects that a store lists."""
    roots = store / ".roots"
    return sorted(os.readlink(root) for root in roots.iterdir() if root.name.startswith("project-"))


def own_venv(directory: Path) -> Path:
    """An isolated venv as people have it, with something in it that must not be lost."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True, env={})
    (directory / "notes").write_text("mine")
    return directory
