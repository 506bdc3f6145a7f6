# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether a venv's programs may be started: nobody but this user and root decides what runs then."""

from __future__ import annotations

import glob
import os
import stat
from typing import TYPE_CHECKING

from .._errors import StoreError
from .._store.others import others_can_change
from .._store.trust import check_trusted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_CONFIG = "pyvenv.cfg"
#: uv lets everybody write to its lock of a venv. Nothing is read from that file.
_UV_LOCK = ".lock"
_PACKAGES = ("site-packages", "dist-packages")


def trusted_interpreter(venv: str) -> str:
    """The real path of the base interpreter of ``venv``; started by that path it reads nothing of the venv.

    Raises :class:`StoreError` where others can change it, or the venv whose own copy it is.
    """
    python = os.path.realpath(os.path.join(venv, "bin", "python"))
    check_trusted(python)
    for library in _libraries(python):
        _check_tree(library)
    directory = os.path.dirname(python)
    if any(os.path.lexists(os.path.join(place, _CONFIG)) for place in (directory, os.path.dirname(directory))):
        check_startable(os.path.dirname(directory))
    return python


def check_startable(venv: str) -> None:
    """Raise :class:`StoreError` where others can change anything in ``venv``, on the way to it, or where it leads."""
    check_trusted(venv)
    python = os.path.realpath(os.path.join(venv, "bin", "python"))
    check_trusted(python)
    settings = _settings(venv)
    libraries = [*_libraries(python), *_libraries_at_home(settings)]
    unused = set() if _reads_packages_of_base(settings) else _packages_in(libraries)
    pending, seen = [venv, *libraries], set()
    while pending:
        root = os.path.realpath(pending.pop())
        if root not in seen:
            seen.add(root)
            pending += _check_tree(root, unused)


def _check_tree(root: str, unused: Collection[str] = ()) -> list[str]:
    """Check all below ``root`` but for the directories ``unused``; returns the links to directories elsewhere."""
    elsewhere = []
    for directory, directories, files in os.walk(root, onerror=_refuse):
        directories[:] = [name for name in directories if os.path.join(directory, name) not in unused]
        for path in (os.path.join(directory, name) for name in (*directories, *files)):
            status = os.lstat(path)
            if path == os.path.join(root, _UV_LOCK) and stat.S_ISREG(status.st_mode):
                continue
            is_link = stat.S_ISLNK(status.st_mode)
            if is_link or others_can_change(status, path):
                check_trusted(path)
            if is_link and os.path.isdir(path):
                elsewhere.append(path)
            if path.endswith(".pth") and stat.S_ISREG(status.st_mode):
                _check_search_path(path)
    return elsewhere


def _check_search_path(path: str) -> None:
    """Check the directories that a ``.pth`` file adds to where Python looks for modules."""
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        lines = [line.strip() for line in stream]
    for line in lines:
        directory = os.path.join(os.path.dirname(path), line)
        if line and not line.startswith(("#", "import ", "import\t")) and "\0" not in line and os.path.isdir(directory):
            check_trusted(os.path.abspath(directory))


def _libraries(python: str) -> list[str]:
    """The standard libraries that the interpreter at the real path ``python`` can take for its own."""
    prefix = os.path.dirname(os.path.dirname(python))
    for directory in ("lib", "lib64"):
        check_trusted(os.path.join(prefix, directory))
    patterns = [os.path.join(glob.escape(prefix), directory, "python3.*") for directory in ("lib", "lib64")]
    return [path for pattern in patterns for path in glob.glob(pattern) if os.path.isdir(path)]


def _libraries_at_home(settings: Sequence[tuple[str, str]]) -> list[str]:
    """The same of the interpreter that ``pyvenv.cfg`` names, which decides where a venv has its standard library."""
    homes = [value for key, value in settings if key == "home"]
    return [library for home in homes if os.path.isabs(home) for library in _libraries(os.path.join(home, "python"))]


def _reads_packages_of_base(settings: Sequence[tuple[str, str]]) -> bool:
    """Whether Python in the venv also looks where the base interpreter has its packages, as the module site decides."""
    return {"include-system-site-packages": "true", **dict(settings)}["include-system-site-packages"].lower() == "true"


def _packages_in(libraries: Sequence[str]) -> set[str]:
    """Where the standard ``libraries`` have packages, which often are many more files."""
    return {os.path.join(os.path.realpath(library), name) for library in libraries for name in _PACKAGES}


def _settings(venv: str) -> list[tuple[str, str]]:
    """What ``pyvenv.cfg`` says, in its order; nothing where it is not there."""
    try:
        with open(os.path.join(venv, _CONFIG), encoding="utf-8", errors="surrogateescape") as stream:
            lines = [line.partition("=") for line in stream]
    except FileNotFoundError:
        return []
    return [(key.strip().lower(), value.strip()) for key, equals, value in lines if equals]


def _refuse(error: OSError) -> None:
    raise StoreError(
        f"{error.filename} cannot be read ({error.strerror}), so the code that is run from there is unknown"
    )
