# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Open the files of a project: inside its directory, regular, up to a size, in any encoding that has a mark."""

from __future__ import annotations

import codecs
import os
import stat

from .._errors import InputError
from .._packaging.address import public
from .toml import TomlFile

MAX_BYTES = 2 << 20
MAX_FILES = 200
MAX_PATH = 4000
_SHOWN = 200
#: For who compares what is installed, and installs nothing.
ANY_INDEX = "*"
#: What the directory of a project holds, other than the file in question.
_ROOT_MARKS = (".git", "pyproject.toml", "setup.cfg", "setup.py")
#: The longer mark first: that of UTF-32 begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class ProjectFiles:
    """The files below ``directory``, whose last part is the project's ``name`` unless another is given.

    ``index_url`` is where packages come from, None for the installer's own default.
    """

    def __init__(self, directory: str, *, name: str | None = None, index_url: str | None = None) -> None:
        self.directory = os.path.abspath(directory)
        self.name = name or os.path.basename(self.directory) or self.directory
        self._real = os.path.realpath(self.directory)
        self._opened: set[str] = set()
        self._toml: dict[str, TomlFile] = {}
        self._index_url = index_url

    def path(self, target: str, *, base: str, where: str) -> str:
        """``target`` as named in a file of the directory ``base``; ``where`` is the file and line that name it.

        Raises :class:`InputError` where it is an address or lies, links followed, outside the project.
        """
        if "://" in target:
            scheme = target.partition("://")[0][:_SHOWN]
            raise InputError(f"{where}: {scheme}://… is not read from the network; copy the file")
        if not is_path(target):
            raise InputError(f"{where}: {target[:_SHOWN]!r} is not a valid path of a file; correct it")
        path = os.path.normpath(os.path.join(base, target))
        if not self.holds(path):
            shown = target[:_SHOWN]
            raise InputError(f"{where}: {shown!r} is outside the project's directory {self.directory}; copy it into it")
        return path

    def existing(self, name: str, *, directory: str | None = None) -> str | None:
        """The path of the file ``name`` in the project's directory, or another in it; None where there is none."""
        base = directory or self.directory
        return self.path(name, base=base, where=base) if self.is_there(os.path.join(base, name)) else None

    def is_there(self, path: str) -> bool:
        """Whether there is anything at ``path``, also a link to nothing."""
        return os.path.lexists(path)

    def holds(self, path: str) -> bool:
        """Whether ``path`` is in the project's directory, links followed."""
        return os.path.realpath(path).startswith(os.path.join(self._real, ""))

    @property
    def is_for_any_index(self) -> bool:
        """Whether nothing is installed, so that it does not count where packages come from."""
        return self._index_url == ANY_INDEX

    def is_index(self, url: str) -> bool:
        """Whether a file that names the index ``url`` asks for nothing but what is done anyway."""
        if self.is_for_any_index:
            return True
        address = public(url).rstrip("/")
        return self._index_url is not None and address == public(self._index_url).rstrip("/")

    def is_root(self, path: str) -> bool:
        """Whether ``path`` is the project's directory."""
        return is_path(path) and os.path.realpath(path) == self._real

    @property
    def import_directory(self) -> str:
        """Where the packages of the project lie: its ``src`` where there is one, else the directory itself."""
        source = os.path.join(self.directory, "src")
        return source if os.path.isdir(source) else self.directory

    def refuse(self, error: InputError, text: str = "") -> None:
        """End with ``error`` about a file, or about the requirement ``text`` in one: none is skipped in silence."""
        raise error

    def text(self, path: str, *, where: str = "") -> str:
        """What is in the file; ``where`` is the file and line that name it, if one does."""
        prefix = f"{where}: " if where else ""
        self._opened.add(path)
        if len(self._opened) > MAX_FILES:
            raise InputError(f"{prefix}{self.directory} includes more than {MAX_FILES} requirement files")
        try:
            content = self.content(path)
        except OSError as error:
            raise InputError(f"{prefix}{path} cannot be read: {error.strerror}") from error
        except _Refused as error:
            raise InputError(f"{prefix}{path} {error}") from error
        return _decoded(content, path)

    def content(self, path: str) -> bytes:
        """The bytes of a regular file."""
        return _read(path)

    def toml(self, path: str, *, where: str = "") -> TomlFile:
        """The file as TOML, parsed once."""
        if path not in self._toml:
            self._toml[path] = TomlFile(path, self.text(path, where=where), project=self.name)
        return self._toml[path]


def is_path(text: str) -> bool:
    """Whether ``text`` can be a path at all: no NUL, no half characters, and not longer than a system allows."""
    try:
        return "\0" not in text and len(os.fsencode(text)) <= MAX_PATH
    except UnicodeEncodeError:
        return False


def project_directory(path: str) -> str:
    """The directory of the project to which the file ``path`` belongs: the nearest one above that looks like one."""
    first = directory = os.path.dirname(os.path.abspath(path))
    while True:
        if any(os.path.lexists(os.path.join(directory, mark)) for mark in _ROOT_MARKS):
            return directory
        above = os.path.dirname(directory)
        if above == directory:
            return first
        directory = above


def other_index(statement: str, url: str) -> str:
    """Why ``statement`` is refused, which names an index that is not that of the task."""
    return (
        f"{statement} names {_address(url) or 'an index'}, and requirement files cannot select an index; set index_url "
        "to that address, or remove it from the file (all packages come from one index)"
    )


def other_links(statement: str, place: str) -> str:
    """Why ``statement`` is refused, which names a directory of wheels, or a page of links to wheels."""
    absolute = "" if "://" in place or place.startswith("/") else ", as an absolute path"
    return (
        f"{statement} names {_address(place) or 'a directory or a page of wheels'}, and requirement files cannot "
        f"select one; remove it from the file, and add it to find_links{absolute}"
    )


def no_index(statement: str) -> str:
    """Why ``statement`` is refused, which forbids the index."""
    return f"{statement} forbids the index; remove it from the file, and set the option 'offline' and find_links"


def _address(url: str) -> str:
    """``url`` without what can be a secret, empty where that cannot be told apart."""
    return "" if "@" in url and "://" not in url else public(url)[:_SHOWN]


class _Refused(Exception):
    """A file that is not opened; the message goes on after its path."""


def _read(path: str) -> bytes:
    # Not blocking: to open a FIFO would wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Refused("is not a regular file")
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _Refused(f"is larger than {MAX_BYTES >> 20} MiB, the maximum for a file of requirements")
    return content


def _decoded(content: bytes, path: str) -> str:
    """The text, which is UTF-8 unless it begins with a mark (PowerShell writes UTF-16)."""
    mark, encoding = next((known for known in _BYTE_ORDER_MARKS if content.startswith(known[0])), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not {encoding.upper()} (byte {error.start}); save it as UTF-8") from error
    if "\0" in text:
        raise InputError(f"{path} contains NUL characters; it is not a text file")
    return text
