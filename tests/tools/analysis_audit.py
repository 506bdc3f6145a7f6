# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""An audit hook for the process of an analysis: it may run our own code and read the files below some directories.

Everything else that Python reports (https://docs.python.org/3/library/audit_events.html) ends the process: what is not
listed here as harmless is a fault. What Python does not report, a look at a path or a link, is watched where ``os``
offers it.
"""

from __future__ import annotations

import ast
import collections
import dataclasses
import os
import sys
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

#: Exit status of a process that did what it may not.
FAULT = 77
#: Names of modules that a sample project holds begin so: whoever tries to import one has obeyed the project.
HOSTILE = "hostile_"
#: Events that change nothing outside the process, start nothing and read nothing.
_HARMLESS = frozenset(
    {
        "builtins.id", "code.__new__", "cpython.run_startup", "object.__getattr__", "object.__setattr__",
        "object.__delattr__", "resource.setrlimit", "sys._getframe", "sys._getframemodulename", "sys.excepthook",
        "sys.unraisablehook", "gc.get_objects", "gc.get_referrers", "sys.monitoring.register_callback",
    }
)  # fmt: skip
#: Modules of Python that write the methods of our own classes as text, and compile it.
_WRITERS = frozenset(
    os.path.realpath(str(module.__file__)) for module in (dataclasses, collections, typing) if module.__file__
)
#: How Jinja raises a syntax error with the line of a template: the only text that it compiles for an analysis.
_JINJA_RAISES = "raise __jinja_exception__"
#: The file of our own code that shares memory with the process that started it, and how many bytes.
_SHARED, _PAGE = "shared_name.py", 4096
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


class Audit:
    """Ends this process when it runs code that is not below ``code``, or reads what is not below that or ``data``.

    ``report`` is told what was done, before the process ends.
    """

    def __init__(self, *, code: Sequence[str], data: Sequence[str], report: Callable[[str], object]) -> None:
        self._code = [os.path.realpath(path) for path in code]
        self._data = [os.path.realpath(path) for path in data]
        self._report = report
        self._checking = False
        self._descriptor = -1

    def start(self) -> None:
        """From now on, until the process ends."""
        self._wrap("open", is_event=True)
        for name in ("stat", "lstat", "readlink", "access", "mkfifo", "mknod", "fork", "forkpty", "kill"):
            self._wrap(name)
        sys.addaudithook(self._hook)

    def _wrap(self, name: str, *, is_event: bool = False) -> None:
        """Watch a function of ``os``: Python does not say of which directory the path of an event is."""
        real = getattr(os, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if self._checking:
                return real(*arguments, **named)
            descriptor, before = named.get("dir_fd"), self._descriptor
            self._descriptor = -1 if descriptor is None else descriptor
            try:
                if not is_event:
                    self._check(f"os.{name}", arguments, named)
                return real(*arguments, **named)
            finally:
                self._descriptor = before

        setattr(os, name, watched)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._checking and event not in _HARMLESS:
            self._check(event, arguments, {})

    def _check(self, event: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._checking = True
        try:
            good = self._may(event, arguments, named)
        finally:
            self._checking = False
        if not good:
            self._end(event, arguments)

    def _end(self, event: str, arguments: tuple[Any, ...]) -> NoReturn:
        self._checking = True
        try:
            self._report(f"{event} {arguments[:1]!a}"[:300])
        finally:
            os._exit(FAULT)

    def _may(self, event: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
        runs: dict[str, Callable[..., bool]] = {
            "compile": self._may_compile,
            "exec": self._may_exec,
            "marshal.loads": self._may_load,
            "import": self._may_import,
        }
        if event in runs:
            return runs[event](*arguments[:2], _caller())
        if event == "mmap.__new__":
            return self._may_share(arguments[1], _caller())
        if event == "open":
            return self._may_open(arguments[0], arguments[2])
        if event in ("os.listdir", "os.scandir"):
            return self._is_readable(self._place(arguments[0], follows=True))
        if event in ("os.stat", "os.lstat", "os.readlink", "os.access"):
            follows = event == "os.stat" and named.get("follow_symlinks", True)
            return self._may_look(self._place(arguments[0], follows=follows))
        return False

    def _may_compile(self, source: object, filename: object, caller: types.FrameType | None) -> bool:
        """``ast.parse`` only makes a tree; what else is compiled is our own code, or what Python writes itself."""
        if caller is None or caller.f_code is ast.parse.__code__:
            return True
        return self._may_run(_text(filename), caller) or _is_of_jinja(_text(source), caller)

    def _may_exec(self, code: types.CodeType, caller: types.FrameType | None) -> bool:
        raises = set(code.co_names) == {_JINJA_RAISES.split()[1]}
        return self._may_run(code.co_filename, caller) or (raises and _is_of_jinja(_JINJA_RAISES, caller))

    def _may_load(self, _bytecode: bytes, caller: types.FrameType | None) -> bool:
        """Only Python's own import reads bytecode."""
        return caller is not None and caller.f_code.co_filename.startswith("<frozen importlib")

    def _may_import(self, name: str, filename: object, _caller: types.FrameType | None) -> bool:
        known = filename is None or self._is_code(_text(filename))
        searched = [os.path.realpath(path) for path in sys.path]
        return known and HOSTILE not in name and not any(_is_below(path, self._data) for path in searched)

    def _may_run(self, filename: str, caller: types.FrameType | None) -> bool:
        if filename == "<string>" and caller is not None:
            return os.path.realpath(caller.f_code.co_filename) in _WRITERS
        return filename.startswith("<frozen ") or self._is_code(filename)

    def _is_code(self, filename: str) -> bool:
        place = os.path.realpath(filename)
        return os.path.isabs(filename) and _is_below(place, self._code) and not _is_below(place, self._data)

    def _may_open(self, path: Any, flags: int) -> bool:
        if flags & _WRITING:
            return False
        if isinstance(path, int) or not path:
            return True
        place = self._place(path, follows=not flags & os.O_NOFOLLOW)
        steps = flags & os.O_DIRECTORY and flags & os.O_NOFOLLOW
        return self._is_readable(place) or bool(steps and self._may_look(place))

    def _may_share(self, size: int, caller: types.FrameType | None) -> bool:
        """The memory, of one page, in which an analysis notes the name of the file that it reads."""
        made = "" if caller is None else caller.f_code.co_filename
        return size == _PAGE and self._is_code(made) and os.path.basename(made) == _SHARED

    def _is_readable(self, place: str) -> bool:
        return _is_below(place, self._code) or _is_below(place, self._data)

    def _may_look(self, place: str) -> bool:
        """Also on the way to what may be read."""
        return self._is_readable(place) or any(_is_below(base, [place]) for base in (*self._code, *self._data))

    def _place(self, path: Any, *, follows: bool) -> str:
        """Where ``path`` really lies, whatever links are on the way to it."""
        if isinstance(path, int):
            return os.readlink(f"/proc/self/fd/{path}")
        base = os.readlink(f"/proc/self/fd/{self._descriptor}") if self._descriptor >= 0 else os.getcwd()
        whole = os.path.join(base, _text(path) or ".")
        if "\0" in whole:
            return base
        if follows:
            return os.path.realpath(whole)
        return os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else ""


def _is_below(place: str, bases: Sequence[str]) -> bool:
    return any(place == base or place.startswith(f"{base.rstrip('/')}/") for base in bases)


def _is_of_jinja(source: str, caller: types.FrameType | None) -> bool:
    made = caller is not None and (caller.f_globals.get("__name__"), caller.f_code.co_name)
    return made == ("jinja2.debug", "fake_traceback") and source.strip() == _JINJA_RAISES


def _caller() -> types.FrameType | None:
    """The frame that did what the hook is told of: the first that is not of this file."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame
