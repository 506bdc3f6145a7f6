# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of variables in a directory: those that ansible-core reads there by itself, and those of include_vars."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import Files
from .names import DATA_ENDINGS, IGNORED_ENDINGS
from .scan import is_template

#: A pattern that can take long is not tried on the names of files: long ones, and those that repeat much.
_MAX_PATTERN = 200
_MAX_REPEATS = 2
_REPEAT = re.compile(r"(?<!\\)(?:[*+?]|\{\d*,?\d*\})")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")


def files_of_variables(files: Files, directory: Path) -> Iterator[Path]:
    """The files in a directory of variables, as ``DataLoader._get_dir_vars_files`` of ansible-core finds them.

    Links are followed inside of what may be read, and a directory with an ending (``old.d``) is not opened.
    """

    def opens(name: str) -> bool:
        return not name.startswith(".") and not os.path.splitext(name)[1]

    for found, names in _walked(files, directory, opens):
        for name in names:
            file = files.file(found / name) if is_data(name) and not name.startswith(".") else None
            if file is not None:
                yield file


def is_data(name: str) -> bool:
    """Whether Ansible reads variables from a file of this name."""
    return os.path.splitext(name)[1] in (*DATA_ENDINGS, "") and not name.endswith(IGNORED_ENDINGS)


@dataclass(frozen=True)
class DirectoryOptions:
    """Which files of a directory ``include_vars`` reads (``plugins/action/include_vars.py`` of ansible-core).

    ``unknown`` are the options whose value cannot be used: what they leave out is read.
    """

    endings: tuple[str, ...]
    ignored: tuple[re.Pattern[str], ...]
    matching: re.Pattern[str] | None
    depth: int
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> DirectoryOptions:
        """The options among the arguments of the action."""
        unknown = []
        written = arguments.get("extensions") or ()
        opened = [str(one) for one in ([written] if isinstance(written, str) and is_template(written) else written)]
        unknown += [one for one in opened if is_template(one)]
        endings = DATA_ENDINGS if unknown or not opened else tuple(f".{one}" for one in opened)
        written = arguments.get("ignore_files") or ()
        ignored = []
        for one in written.split() if isinstance(written, str) else written:
            pattern = _pattern(f"{one}$")
            ignored += [] if pattern is None else [pattern]
            unknown += [str(one)] if pattern is None else []
        text = str(arguments.get("files_matching") or "")
        matching = _pattern(text) if text else None
        unknown += [text] if text and matching is None else []
        depth = str(arguments.get("depth") or "0")
        unknown += [] if depth.isdecimal() else [depth]
        return cls(endings, tuple(ignored), matching, int(depth[:9]) if depth.isdecimal() else 0, tuple(unknown))

    def files(self, files: Files, directory: Path) -> Iterator[Path]:
        """The files that are read."""
        for found, names in _walked(files, directory, lambda _name: True, self.depth):
            for name in names:
                file = files.file(found / name) if self._reads(name) else None
                if file is not None:
                    yield file

    def _reads(self, name: str) -> bool:
        return (
            os.path.splitext(name)[1] in self.endings
            and (self.matching is None or self.matching.search(name) is not None)
            and not any(one.search(name) for one in self.ignored)
        )


def _walked(
    files: Files, directory: Path, opens: Callable[[str], bool], depth: int = 0
) -> Iterator[tuple[Path, list[str]]]:
    """Each directory once with the names in it, however many links lead to it; 0 is any ``depth``."""
    pending, seen = [(directory, 1)], set()
    while pending:
        path, level = pending.pop()
        found = files.directory(path)
        if found is None or found in seen:
            continue
        seen.add(found)
        names = files.names(found)
        yield found, names
        if level != depth:
            pending += [(found / name, level + 1) for name in reversed(names) if opens(name)]


def _pattern(text: str) -> re.Pattern[str] | None:
    """A regular expression; None for one that is none, that is a template, or that can take long."""
    if (
        len(text) > _MAX_PATTERN
        or is_template(text)
        or len(_REPEAT.findall(text)) > _MAX_REPEATS
        or _REPEATED_GROUP.search(text)
    ):
        return None
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return None
