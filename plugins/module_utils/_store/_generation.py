# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A generation: a folder that never changes once its marker is written."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store._tree import (
    contents,
    is_read_only,
    manifest,
    signature,
    walk,
)

#: Written last: where it is, the generation is complete.
MARKER = "venv.json"
#: Every file's hash, size and time.
MANIFEST = "files.json"
OURS = frozenset({MARKER, MANIFEST})


@dataclass(frozen=True)
class Generation:
    """A complete venv: its ``id``, the real ``path`` and the ``record`` that its marker holds."""

    id: str
    path: str
    record: dict[str, Any]

    def is_intact(self, *, by_content: bool = False) -> bool:
        """Whether it lies where it was built, read-only, with the content that it had then.

        One lstat pass tells, as long as nobody touched a file. Where a time differs, as in a restored backup, the
        content of all files decides, and so it does with ``by_content``: a disk that fails changes no time.
        """
        try:
            if self.record["path"] != self.path:
                return False
            as_sealed = not by_content and signature(self.path, without=OURS) == self.record["signature"]
            return as_sealed or self._has_its_content()
        except (OSError, ValueError):
            return False

    def differences(self) -> list[str]:
        """What is not as it was when it was sealed, by the content of every file; paths relative to the generation."""
        with open(os.path.join(self.path, MANIFEST), encoding="utf-8") as stream:
            sealed = contents(json.load(stream))
        found = contents(manifest(self.path, without=OURS))
        return [
            f"{path} was {'added' if path not in sealed else 'removed' if path not in found else 'changed'}"
            for path in sorted(sealed.keys() | found.keys())
            if sealed.get(path) != found.get(path)
        ]

    def distrust(self) -> None:
        """Let the content of all files decide from now on whether it is intact, by giving one of them a new time.

        Other names and requests lead to a damaged generation too, and nobody looks at the content for them.
        """
        for entry in walk(self.path):
            if entry.relative not in OURS:
                os.utime(entry.path, follow_symlinks=False)
                return

    def _has_its_content(self) -> bool:
        return is_read_only(self.path) and not self.differences()


def read_generation(path: str) -> Generation | None:
    """The complete generation in the folder ``path``; None where there is none, or only debris of a build."""
    try:
        with open(os.path.join(path, MARKER), encoding="utf-8") as stream:
            record = json.load(stream)
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or "signature" not in record:
        return None
    return Generation(os.path.basename(path), os.path.realpath(path), record)
