# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A directory of wheels for hosts that cannot reach the package index."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

from environments import SetUpError, environment
from places import BUILD, CACHE, REQUIREMENTS, clean_environment


def wheelhouse() -> Path:
    """The directory of all wheels of tests/requirements/wheelhouse.txt, for this machine's Python; filled once."""
    directory = BUILD / "wheelhouse"
    requirements = REQUIREMENTS / "wheelhouse.txt"
    stamp = CACHE / "wheelhouse.txt"
    CACHE.mkdir(parents=True, exist_ok=True)
    with stamp.with_suffix(".lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_bytes() != requirements.read_bytes():
            _fill(directory, requirements)
            stamp.write_bytes(requirements.read_bytes())
    return directory


def _fill(directory: Path, requirements: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)  # it need not be there
    argv = [environment("installer").program("pip"), "download", "--quiet", "--require-hashes"]
    argv += ["--only-binary", ":all:", "--dest", str(directory), "--requirement", str(requirements)]
    env = clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CACHE_DIR=str(CACHE / "pip"))
    try:
        subprocess.run(argv, env=env, check=True)
    except subprocess.CalledProcessError as error:
        raise SetUpError(
            f"The wheels for hosts without network access cannot be fetched from {requirements}."
        ) from error
