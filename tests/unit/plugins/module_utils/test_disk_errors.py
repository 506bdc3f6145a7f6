# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the file system refuses is one error of the family; a full disk is told from all else."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    CommandError,
    NoSpaceError,
    StoreError,
    VenvError,
)


def full(code: int = errno.ENOSPC, path: str | None = None) -> OSError:
    return OSError(code, os.strerror(code), path) if path else OSError(code, os.strerror(code))


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (full(), "No space left on device"),
        (full(path="/srv/store/.locks/x"), "No space left on device: /srv/store/.locks/x"),
        (full(errno.EDQUOT), "Disk quota exceeded"),
        (VenvError("x cannot be kept: No space left on device"), "x cannot be kept: No space left on device"),
        (
            CommandError("Packages cannot be installed: failed cause: a write failed: No space left (os error 28)"),
            "a write failed: No space left (os error 28)",
        ),
    ],
    ids=repr,
)
def test_a_full_disk_is_one_message(error: Exception, detail: str) -> None:
    with pytest.raises(NoSpaceError) as caught, no_space_reported("/srv/store"):
        raise error
    assert caught.value.message == (
        "No space left for /srv/store; free some space, for example with the module shared_venv_prune, and run this "
        f"again ({detail})"
    )
    assert caught.value.details()["error_code"] == "no_room"


@pytest.mark.parametrize("code", [errno.EIO, errno.EROFS])
def test_a_failing_disk_is_one_message_too(code: int) -> None:
    with pytest.raises(StoreError) as caught, no_space_reported("/srv/store"):
        raise full(code, "/srv/store/x")
    detail = f"{os.strerror(code)}: /srv/store/x"
    assert caught.value.message == f"The disk of /srv/store fails or is read-only: check it first ({detail})"


@pytest.mark.parametrize("code", [errno.EACCES, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG, errno.ENOTDIR])
def test_what_else_the_file_system_refuses_names_the_file(code: int) -> None:
    with pytest.raises(StoreError) as caught, no_space_reported("/srv/store"):
        raise full(code, "/srv/store/.leases/x")
    assert caught.value.message == (
        f"The store /srv/store or a link to it cannot be used: {os.strerror(code)}: /srv/store/.leases/x. Correct "
        "this, or choose another store"
    )


@pytest.mark.parametrize(
    "error", [OSError(errno.ECONNREFUSED, "refused"), VenvError("other"), ValueError("28")], ids=repr
)
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, no_space_reported("/srv/store"):
        raise error
    assert caught.value is error
