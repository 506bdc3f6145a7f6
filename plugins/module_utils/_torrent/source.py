# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A file of the user that has a magnet link or is a .torrent file: its content decides."""

from __future__ import annotations

import codecs
import errno
from typing import TYPE_CHECKING

from .._printable import shortened
from .._store.json import read_regular
from .magnet import AROUND, MAX_LINK, Magnet, parse_magnet
from .refusal import MagnetError
from .torrent_file import MAX_TORRENT, read_torrent

if TYPE_CHECKING:
    from typing import Union

    from .metainfo import Metainfo

    Source = Union[Magnet, Metainfo]

#: So much of a path is shown.
_MAX_SHOWN = 1000


def read_source(path: str, *, option: str = "src", machine: str = "the host of the task") -> Source:
    """What the file ``path`` on ``machine`` says; ``option`` is what named it. Raises :class:`MagnetError`."""
    source = f"{option}: {shortened(path, _MAX_SHOWN)}"
    try:
        content = read_regular(path, MAX_TORRENT)
    except ValueError as error:
        what = "cannot be a path" if "\0" in path else error
        raise MagnetError(
            f"{source} {what}; give the path of a .torrent file, or of a text file with a magnet link"
        ) from error
    except OSError as error:
        raise MagnetError(f"{source} {_why(error, machine)}") from error
    if content[:1] == b"d":
        return read_torrent(content, source=source)
    text = content[len(codecs.BOM_UTF8) :] if content.startswith(codecs.BOM_UTF8) else content
    try:
        link = text.decode("utf-8").strip(AROUND)
    except UnicodeDecodeError:
        link = ""
    if link[:7].lower() != "magnet:":
        raise MagnetError(
            f"{source} is neither a .torrent file nor a text file in UTF-8 with a magnet link; give the path of one"
        )
    return parse_magnet(link[: MAX_LINK + 1], source=source)


def _why(error: OSError, machine: str) -> str:
    if error.errno == errno.ELOOP:
        return "is a link, which is not followed; give the path of the file itself"
    if error.errno == errno.ENOENT:
        return f"does not exist on {machine}; correct the path"
    return f"cannot be read: {error.strerror}; correct its path or its permissions"
