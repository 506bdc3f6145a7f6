# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of reports: what is written, and the events of a run that are read for it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.durable import write_bytes

from .render import render

HTML, JSON = ".html", ".json"
_NAME = "report"
#: Events beyond it do not count; the longest line of a result is far shorter.
_MAX_EVENTS, _MAX_LINE = 64 << 20, 1 << 20


@dataclass(frozen=True)
class ReportFile:
    """Where a report is written: the HTML, the JSON, or in a directory both."""

    paths: tuple[str, ...]

    @classmethod
    def at(cls, path: str) -> ReportFile:
        """That of a path as people type it; raises :class:`InputError` where it cannot be written."""
        path = os.path.abspath(os.path.expanduser(path))
        both = tuple(os.path.join(path, _NAME + suffix) for suffix in (HTML, JSON))
        paths = both if os.path.isdir(path) else (path,)
        for one in paths:
            reason = _reason_against(one)
            if reason:
                raise InputError(f"the report {printable(one)} cannot be written: {reason}")
        return cls(paths)

    def of_host(self, host: str) -> ReportFile:
        """The one beside it for a host, where each has its own run."""
        slug = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in host)[:60]
        return ReportFile(tuple("{0}-{2}{1}".format(*os.path.splitext(path), slug) for path in self.paths))

    def differs(self, document: Mapping[str, Any]) -> bool:
        """Whether to write it would change anything."""
        return any(not _has(path, content) for path, content in self._contents(document))

    def write(self, document: Mapping[str, Any]) -> bool:
        """Write it by one rename, readable for its owner only; tells whether that changed anything."""
        changed = False
        for path, content in self._contents(document):
            if not _has(path, content):
                changed = True
                _replace(path, content)
        return changed

    def _contents(self, document: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
        text = json.dumps(document, indent=1) + "\n"
        for path in self.paths:
            yield path, (text if path.endswith(JSON) else render(json.loads(text))).encode()


def _reason_against(path: str) -> str:
    """Why a report cannot be written there; empty where it can."""
    directory = os.path.dirname(path)
    if not path.endswith((HTML, JSON)):
        return f"its name must end in {HTML} or {JSON}, or be that of a directory that exists"
    if not os.path.isdir(directory):
        return f"the directory {printable(directory)} does not exist; create it, or choose another path"
    if not os.access(directory, os.W_OK | os.X_OK):
        return f"this user cannot write to {printable(directory)}; choose another path"
    if os.path.isdir(path):
        return "it is a directory"
    return ""


def _has(path: str, content: bytes) -> bool:
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as stream:
            return stream.read(len(content) + 1) == content
    except OSError:
        return False  # it is replaced


def _replace(path: str, content: bytes) -> None:
    try:
        write_bytes(path, content, mode=0o600)
    except OSError as error:
        raise InputError(f"the report {printable(path)} cannot be written: {error.strerror}") from error


def read_events(path: str) -> Iterator[dict[str, Any]]:
    """The events of a run in a file, up to a size; a line that is none is left out, as is a file that is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return
    with os.fdopen(descriptor, "rb") as stream:
        while stream.tell() < _MAX_EVENTS and (line := stream.readline(_MAX_LINE)):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event
