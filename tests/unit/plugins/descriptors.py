# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files this process has open."""

from __future__ import annotations

import os
from collections.abc import Iterator


def open_descriptors() -> frozenset[tuple[int, str]]:
    """Each number with its file, because a count falls when the garbage of another test is collected meanwhile."""
    return frozenset(_descriptors())


def _descriptors() -> Iterator[tuple[int, str]]:
    for number in os.listdir("/proc/self/fd"):
        try:
            yield int(number), os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue  # The one with which the directory was read.
