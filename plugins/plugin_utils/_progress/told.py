# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How far a task is, told to the callback, and written into the directory of a run, where another terminal reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ...module_utils._errors import InputError
from ...module_utils._progress import FAILED, ProgressFile, checked_count, measures_of, percent_of
from ...module_utils._store.trust import check_trusted
from ...module_utils._torrent.run_list import PROGRESS
from ...module_utils._torrent.run_record import RECORD, RunRecord
from . import progress_of

if TYPE_CHECKING:
    from .channel import TaskProgress


class ToldProgress:
    """``progress`` is the callback's, None where nobody listens; ``file`` is that of the run, if there is one, and
    ``record`` the path of its record, which knows what its droplet costs.
    """

    def __init__(self, progress: TaskProgress | None, file: ProgressFile | None, record: str | None = None) -> None:
        self._progress = progress
        self._file = file
        self._record = record

    @property
    def is_heard(self) -> bool:
        """Whether somebody wants to know."""
        return self._progress is not None or self._file is not None

    def tell(self, said: Mapping[str, Any]) -> None:
        """Pass on ``percent``, ``step``, ``done``, ``total``, ``rate`` and ``peers``, with the cost as it is known."""
        said = {**said, "microdollars": self._cost()}
        if self._progress is not None:
            self._progress.tell(said)
        if self._file is not None:
            done, total = (checked_count(said.get(key)) or 0 for key in ("done", "total"))
            measures: dict[str, Any] = {**measures_of(said)}
            with suppress(OSError):  # what cannot be told is no reason to end
                self._file.update(str(said.get("step", "")), done, total, percent=percent_of(said), **measures)

    def _cost(self) -> int | None:
        if self._record is not None:
            with suppress(InputError):
                record = RunRecord.read(self._record)
                return round(record.cost_until() * 1e6) if record.created is not None else None
        return None

    def ended(self, result: Mapping[str, Any]) -> None:
        """The last state for the result of a task; without it, it succeeded unless an exception came."""
        if self._file is not None and result.get("failed"):
            with suppress(OSError):
                self._file.finish(FAILED)


@contextmanager
def told_progress(task: Any, host: str, run_directory: object) -> Iterator[ToldProgress]:
    """Where ``task`` on ``host`` tells how far it is; ``run_directory`` is the option of this name.

    Raises :class:`InputError` for a directory that is not there, and :class:`StoreError` where others can write to it.
    """
    progress = progress_of(task, host)
    if run_directory is None or task.no_log:
        yield ToldProgress(progress, None)
        return
    directory = _checked(run_directory)
    with ProgressFile(os.path.join(directory, PROGRESS)) as file:
        yield ToldProgress(progress, file, os.path.join(directory, RECORD))


def _checked(run_directory: object) -> str:
    path = os.path.expanduser(str(run_directory))
    if not os.path.isabs(path) or not check_trusted(path) or not os.path.isdir(path):
        raise InputError(f"run_directory: {path} is not an absolute path of a directory that exists; create it first")
    return path
