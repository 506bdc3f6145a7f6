# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What becomes of the edits of a lock that is written again: nothing, so that the user is told what is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._printable import listed, shortened
from .lockfile import EDITED, NAMES, LockError, lock_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .lockfile import Lockfile

#: Where an entry begins: a line of requirements.txt, or a key or an item of requirements.yml.
_ENTRY = re.compile(r"\n(?=\S|  - )")


def lost_edits(found: Mapping[str, str], wanted: Lockfile, directory: str) -> str | None:
    """What is said where ``found`` are the files of an edited lock, and become those of ``wanted``; None otherwise."""
    try:
        lock_of(found, directory)
    except LockError as error:
        if error.what == EDITED:
            return f"The lock in {directory} {EDITED}, and is written again{_difference(found, wanted.texts())}"
    return None


def _difference(found: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    before, after = (_entries(texts) for texts in (found, wanted))
    lines = [f"-{one}" for one in before if one not in after] + [f"+{one}" for one in after if one not in before]
    return f": {listed([shortened(line) for line in lines])}" if lines else ""


def _entries(texts: Mapping[str, str]) -> list[str]:
    """Each in one line, without comments of their own."""
    entries = [entry for name in NAMES for entry in _ENTRY.split(texts.get(name, ""))]
    return [" ".join(entry.split()) for entry in entries if entry.strip() and not entry.startswith("#")]
