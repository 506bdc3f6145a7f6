# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether another user can change a file. Root and this user are none, and nor is a group that has no other member.

Distributions that give each user a group of the same name have a umask of 002, so that most of what these users own can
be written by a group in which they are alone. Everything that is not known counts as somebody else: a group without an
entry, and an access control list that cannot be read.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
import struct
from contextlib import suppress
from functools import cache

_ACL = "system.posix_acl_access"
_POSIX_LISTS = frozenset({_ACL, "system.posix_acl_default"})
#: One entry of such a list: its tag, its permissions, and a uid or gid; before the first one is the version.
_ENTRY, _VERSION = struct.Struct("<HHI"), struct.Struct("<I")
_USER, _GROUP_OF_FILE, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10
_MAY_WRITE = 2
#: Where users are listed in files of this host, all of them can be listed.
_LISTED = frozenset({"files", "compat", "db", "systemd"})
_SWITCH = "/etc/nsswitch.conf"


def others_can_change(status: os.stat_result, path: str) -> bool:
    """Whether another user than this one and root owns what is at ``path`` and has this ``status``, or can write it."""
    return owned_by_another(status) or others_can_write(status, path)


def owned_by_another(status: os.stat_result) -> bool:
    """Whether it belongs to another user than this one and root."""
    return status.st_uid not in _ours()


def others_can_write(status: os.stat_result, path: str, *, parent: int | None = None) -> bool:
    """Whether the mode or an access control list lets another user than its owner, this one and root write to it.

    ``path``, relative to the descriptor ``parent`` if given, is where it is: the list is read there.
    """
    if stat.S_ISLNK(status.st_mode) or not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return False  # without the group's right to write, which is the mask then, no list gives it to anybody
    if status.st_mode & stat.S_IWOTH:
        return True
    try:
        acl = _read_acl(status, path, parent)
        return _lets_others_write(acl, status.st_gid) if acl else not _is_private(status.st_gid)
    except (OSError, struct.error):
        return True


def _ours() -> tuple[int, int]:
    return 0, os.geteuid()


def _is_private(gid: int) -> bool:
    """Whether nobody but this user and root is in the group. That of root is one of administrators on some systems."""
    return gid != 0 and _has_no_others(gid, os.geteuid())


@cache
def _has_no_others(gid: int, user: int) -> bool:
    """See :func:`_is_private`. A group of the user's own name is the user's own on every system that gives such groups.

    Of any other it must be known who has it for a primary group: a directory service need not list its users.
    """
    groups = [group for group in grp.getgrall() if group.gr_gid == gid]
    with suppress(KeyError):
        groups.append(grp.getgrgid(gid))
    members = {_uid_of(name) for group in groups for name in group.gr_mem}
    members |= {entry.pw_uid for entry in pwd.getpwall() if entry.pw_gid == gid}
    if not groups or members - {0, user}:
        return False
    names = {group.gr_name for group in groups}
    return any(_has_primary_group(uid, gid, names) for uid in (0, user)) or (bool(members) and _all_users_are_listed())


def _uid_of(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _has_primary_group(uid: int, gid: int, names: set[str]) -> bool:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return False
    return entry.pw_gid == gid and entry.pw_name in names


def _all_users_are_listed() -> bool:
    try:
        with open(_SWITCH, encoding="utf-8", errors="replace") as stream:
            lines = [line.partition("#")[0].split() for line in stream]
    except OSError:
        return False
    sources = [word for line in lines if line[:1] == ["passwd:"] for word in line[1:]]
    return bool(sources) and _LISTED.issuperset(sources)


def _read_acl(status: os.stat_result, path: str, parent: int | None) -> bytes:
    """The access control list of a directory or a regular file, empty without one.

    Raises OSError where it cannot be read, or is of another kind: NFS version 4 has lists that the mode does not limit.
    """
    if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)) or not hasattr(os, "listxattr"):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    try:
        lists = [name for name in _attributes(descriptor) if name.startswith("system.") and "acl" in name]
        if not _POSIX_LISTS.issuperset(lists):
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), path)
        return os.getxattr(descriptor, _ACL) if _ACL in lists else b""
    finally:
        os.close(descriptor)


def _attributes(descriptor: int) -> list[str]:
    try:
        return os.listxattr(descriptor)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return []
        raise


def _lets_others_write(acl: bytes, gid: int) -> bool:
    """Whether a list, in the form that the kernel tells, lets others write to a file of the group ``gid``."""
    entries = [_ENTRY.unpack_from(acl, at) for at in range(_VERSION.size, len(acl), _ENTRY.size)]
    mask = next((permissions for tag, permissions, _id in entries if tag == _MASK), _MAY_WRITE)
    writers = [(tag, id) for tag, permissions, id in entries if permissions & mask & _MAY_WRITE]
    return any(
        (tag == _USER and id not in _ours())
        or (tag == _GROUP and not _is_private(id))
        or (tag == _GROUP_OF_FILE and not _is_private(gid))
        for tag, id in writers
    )
