# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Put a cached collection where Ansible finds it without configuration: in a venv's ``site-packages``."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from .._errors import StoreError
from .._store.tree import clone

if TYPE_CHECKING:
    from .collection_cache import CachedCollection


def copy_into(collection: CachedCollection, site_packages: str) -> str:
    """Copy a cached collection to ``site_packages``/ansible_collections/<ns>/<name> and return that path.

    Files are cloned where the file system can, else copied; never hardlinked, so that an edit in a venv cannot reach
    the cache. Modes are 0644, 0755 for directories and what can be executed, whatever the umask is. Raises
    :class:`StoreError`.
    """
    namespace, name = collection.name.split(".")
    parent = os.path.join(site_packages, "ansible_collections", namespace)
    target = os.path.join(parent, name)
    try:
        for directory in (os.path.dirname(parent), parent):
            if not os.path.isdir(directory):
                make_directory(directory)
        copy_tree(collection.path, target)
    except OSError as error:
        raise StoreError(f"{collection.name} cannot be copied to {target}: {error.strerror}") from error
    return target


def copy_tree(source: str, target: str) -> None:
    """Copy the directory ``source`` to ``target``, which is not there yet; links stay what they are."""
    cloning = True
    pending = [(source, target)]
    while pending:
        directory, copy = pending.pop()
        make_directory(copy)
        with os.scandir(directory) as found:
            for item in found:
                path = os.path.join(copy, item.name)
                if item.is_symlink():
                    os.symlink(os.readlink(item.path), path)
                elif item.is_dir():
                    pending.append((item.path, path))
                else:
                    cloning = _copy_file(item.path, path, cloning=cloning)


def _copy_file(source: str, target: str, *, cloning: bool) -> bool:
    """Copy one file; returns whether cloning is worth trying for the next one."""
    with open(source, "rb") as reader:
        executable = os.fstat(reader.fileno()).st_mode & stat.S_IXUSR
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as writer:
            os.fchmod(writer.fileno(), 0o755 if executable else 0o644)
            if cloning and clone(reader.fileno(), writer.fileno()):
                return True
            shutil.copyfileobj(reader, writer, 1 << 20)
    return False


def make_directory(path: str) -> None:
    """Make a directory that everybody can read, whatever the umask is."""
    os.mkdir(path)
    os.chmod(path, 0o755)
