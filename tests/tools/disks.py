# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Disks of a test's own, for root."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def mounted(directory: Path, *arguments: str) -> Iterator[Path]:
    """Mount something at the new ``directory``, so that a store may lie in it; ``arguments`` are those of mount."""
    directory.mkdir()
    subprocess.run(["mount", *arguments, str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def formatted(image: Path, *mkfs: str, mebibytes: int) -> Path:
    """A file at ``image`` that holds an empty file system; ``mkfs`` is the program that makes it, with options."""
    with image.open("wb") as stream:
        stream.truncate(mebibytes << 20)
    subprocess.run([*mkfs, str(image)], check=True, capture_output=True)
    return image
