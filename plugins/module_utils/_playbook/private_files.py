# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files with secrets that go to a host: apart from the archive of the project, in one file for their owner alone."""

from __future__ import annotations

import base64
import json
import os
import stat
from typing import TYPE_CHECKING

from .._errors import InputError
from .extract import ArchiveError, open_directory, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The name of the file that has them all.
PRIVATE_FILES = "private.json"


def pack_private_files(files: Mapping[str, str], path: str) -> None:
    """Write the ``files``, by their names on the host, into the new file ``path``; a link among them is followed."""
    packed = {}
    for name, source in files.items():
        with open(source, "rb") as stream:
            content = base64.b64encode(stream.read()).decode("ascii")
            is_program = bool(os.fstat(stream.fileno()).st_mode & stat.S_IXUSR)
        packed[name] = {"content": content, "is_program": is_program}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as sink:
        json.dump(packed, sink)


def unpack_private_files(path: str, target: str) -> None:
    """Write the files in ``path``, if it is there, below the directory ``target``, which was unpacked before."""
    try:
        with open(path, encoding="utf-8") as stream:
            files = json.load(stream)
    except FileNotFoundError:
        return
    directory = open_directory(target, make=True)
    try:
        for name, file in files.items():
            *above, last = _parts(name)
            with opened(directory, above) as parent:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                descriptor = os.open(last, flags, 0o700 if file["is_program"] else 0o600, dir_fd=parent)
                with os.fdopen(descriptor, "wb") as sink:
                    sink.write(base64.b64decode(file["content"], validate=True))
    except FileExistsError as error:
        raise ArchiveError(f"{path} has a file that is in the project as well: {error.filename}") from error
    finally:
        os.close(directory)


def _parts(name: str) -> list[str]:
    parts = name.split("/")
    if not all(parts) or {".", ".."} & set(parts):
        raise InputError(f"{name!r} is no path below the directory of a run")
    return parts
