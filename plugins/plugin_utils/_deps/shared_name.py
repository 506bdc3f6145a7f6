# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The name of the file that an analysis reads, in memory that two processes share: it outlives one that is killed.

A message for each file would cost more than to read most of them.
"""

from __future__ import annotations

import mmap
import tempfile
from types import TracebackType

_BYTES = 4096


class SharedName:
    """The memory, in the process that has made it; ``descriptor`` is for the other one to inherit."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed where this ends)
        self._file.truncate(_BYTES)

    @property
    def descriptor(self) -> int:
        """Of a file without a name, whose size never changes."""
        return self._file.fileno()

    def read(self) -> str:
        """The name that was noted last, empty for none."""
        self._file.seek(0)
        return self._file.read().partition(b"\0")[0].decode("utf-8", "replace")

    def __enter__(self) -> SharedName:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class NameWriter:
    """The memory, in the process that has inherited its ``descriptor``."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _BYTES)

    def write(self, name: str) -> None:
        """Note a name in the place of the last one."""
        self._memory[:] = name.encode("utf-8", "replace")[: _BYTES - 1].ljust(_BYTES, b"\0")
