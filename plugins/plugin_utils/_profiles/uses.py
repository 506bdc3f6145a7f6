# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where a user notes the uses of profiles that others write: a file for each in the user's own directory of state."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.durable import write_text
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import read_regular
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import check_trusted, make_trusted

_FOR_ITS_OWNER = 0o700
_MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class OwnUses:
    """The files in ``path``, by the directories of the profiles."""

    path: str

    def write(self, profile: str, text: str) -> None:
        """Raises OSError and :class:`StoreError`."""
        make_trusted(self.path, mode=_FOR_ITS_OWNER)
        write_text(self._file(profile), text)

    def read(self, profile: str) -> str | None:
        """What is noted; None where nothing is that can be believed."""
        with suppress(OSError, ValueError, StoreError):
            if check_trusted(self.path):
                return read_regular(self._file(profile), _MAX_BYTES).decode()
        return None

    def forget(self, profile: str) -> None:
        """Remove what is noted; raises OSError and :class:`StoreError`."""
        if check_trusted(self.path):
            with suppress(FileNotFoundError):
                os.unlink(self._file(profile))

    def _file(self, profile: str) -> str:
        return os.path.join(self.path, f"{hashlib.sha256(os.fsencode(profile)).hexdigest()}.json")
