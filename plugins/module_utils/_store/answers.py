# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A cache in the store: answers that take long to find, each by all that decides it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._errors import StoreError
from .durable import write_json
from .json import read_json
from .layout import ANALYSES
from .tree import json_sha256, note_use

if TYPE_CHECKING:
    from .store import Store


class AnswerCache:
    """A question is plain data; it decides its answer. Without a store of this user's nothing is read or written.

    ``directory`` is the one of the store that has the answers.
    """

    def __init__(self, store: Store, directory: str = ANALYSES) -> None:
        self._store = store
        self._directory = directory

    def read(self, question: Any, kind: Any) -> Any:
        """The answer that was written before, if it has the type ``kind``; else None."""
        if not self._store.is_own():
            return None
        path = self._path(question)
        try:
            answer = read_json(path, kind)
        except (OSError, ValueError):
            return None
        note_use(path)
        return answer

    def write(self, question: Any, answer: Any) -> None:
        """Write an answer; where that is not possible, it has to be found again."""
        if self._store.can_change():
            with suppress(OSError, StoreError):
                self._store.prepare()
                write_json(self._path(question), answer, indent=None)

    def _path(self, question: Any) -> str:
        return os.path.join(self._store.directory(self._directory), f"{json_sha256(question)}.json")
