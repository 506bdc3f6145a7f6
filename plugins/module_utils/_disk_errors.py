# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the file system refuses is said in one way; a full disk also where a program met it that was started here."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._errors import (
    NoSpaceError,
    StoreError,
    VenvError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

#: No space or no inodes are left; the user's quota is used up.
_CODES = (errno.ENOSPC, errno.EDQUOT)
#: The disk fails, or was made read-only, which systems do when it fails.
_FAILING = (errno.EIO, errno.EROFS)


def says_full(text: str) -> bool:
    """Whether a program's ``text`` tells of a full disk, in the words of the system or by uv's number of the error."""
    return any(words in text for code in _CODES for words in (os.strerror(code), f"(os error {code})"))


@contextmanager
def no_space_reported(store: str) -> Iterator[None]:
    """Raise :class:`NoSpaceError` where what is done inside ends at a full disk.

    Any other error of the file system is a :class:`StoreError` that names the file; errors of something else pass.
    """
    try:
        yield
    except OSError as error:
        detail = f"{error.strerror}: {error.filename}" if error.filename else f"{error.strerror}"
        if error.errno in _FAILING:
            raise StoreError(f"The disk of {store} fails or is read-only: check it first ({detail})") from error
        if error.errno in _CODES:
            raise _no_space(store, detail) from error
        if error.filename is None:
            raise
        raise StoreError(
            f"The store {store} or a link to it cannot be used: {detail}. Correct this, or choose another store"
        ) from error
    except VenvError as error:
        if not says_full(error.message):
            raise
        # uv tells a chain of causes: the last one has the file.
        raise _no_space(store, error.message.rpartition(" cause: ")[2]) from error


def _no_space(store: str, detail: str) -> NoSpaceError:
    return NoSpaceError(
        f"No space left for {store}; free some space, for example with the module shared_venv_prune, and run this "
        f"again ({detail})",
        store=store,
    )
