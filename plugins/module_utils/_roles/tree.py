# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a role is: its files and links, checked, and one sha256 over them.

A link stays a link, because tests of roles have links to the directory above them, which cannot be expanded. It may not
lead out of the role.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from .._collections.collection import MAX_BYTES, MAX_FILES, is_bytecode, is_plain
from .._errors import SourceError
from .._printable import shortened
from .._store.tree import file_sha256, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._store.tree import ManifestValue

#: ansible-galaxy notes there what it installed and when, which is no content of the role.
INSTALL_INFO = "meta/.galaxy_install_info"
#: What a directory has of a version control system.
_CONTROL = (".git", ".hg", ".svn")


def role_files(root: str) -> dict[str, str]:
    """The path of each file and link of the role in ``root``, by its relative path; raises :class:`SourceError` for
    what cannot be part of one."""
    found: dict[str, str] = {}
    left = MAX_BYTES
    for entry, in_cache in walk(root):
        mode, name = entry.status.st_mode, entry.relative
        if in_cache or is_bytecode(name) or name == INSTALL_INFO or name.split("/")[0] in _CONTROL:
            continue
        if not is_plain(name):
            raise SourceError(f"the role has a path that cannot be used: {shortened(ascii(name))}; nothing was kept")
        if stat.S_ISDIR(mode):
            continue
        if stat.S_ISLNK(mode):
            _check_link(root, name, entry.path)
        elif not stat.S_ISREG(mode):
            raise SourceError(f"{shortened(name)} of the role is neither a file nor a directory; nothing was kept")
        left -= entry.status.st_size
        found[name] = entry.path
        if left < 0 or len(found) > MAX_FILES:
            raise SourceError(f"the role has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB; nothing was kept")
    return found


def role_digest(root: str) -> str:
    """The sha256 over the role in the directory ``root``."""
    return content_digest({name: _content(path) for name, path in role_files(root).items()})


def manifest_digest(files: Mapping[str, ManifestValue]) -> str:
    """The same of a role whose files are known by relative path."""
    return content_digest(
        {name: f"link {value}" if isinstance(value, str) else value[0] for name, value in files.items()}
    )


def content_digest(contents: Mapping[str, str]) -> str:
    """The sha256 over (relative path, sha256 or target of a link) of all files, in hex."""
    lines = "".join(f"{content}  {path}\n" for path, content in sorted(contents.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _content(path: str) -> str:
    return f"link {os.readlink(path)}" if os.path.islink(path) else file_sha256(path)


def _check_link(root: str, name: str, path: str) -> None:
    real_root = os.path.realpath(root)
    target = os.path.realpath(path)
    if os.path.isabs(os.readlink(path)) or os.path.commonpath([real_root, target]) != real_root:
        raise SourceError(f"{shortened(name)} of the role is a symlink that leaves the role; nothing was kept")
