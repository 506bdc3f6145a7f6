# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The variables of an inventory in INI form, as plugins/inventory/ini.py of ansible-core splits its lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from .actions import unquoted

_COMMENTS = ("#", ";")
_SECTION = re.compile(r"\[[^\]]*?(?P<vars>:vars)?\]")
#: shlex takes a microsecond for a character: longer lines are split at blanks.
_MAX_QUOTED = 10_000


def ini_variables(text: str) -> Iterator[tuple[int, str, str]]:
    """The line, the name and the value of each variable of a group or a host."""
    of_group = False
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        section = _SECTION.match(line)
        if not line or line.startswith(_COMMENTS):
            continue
        if section is not None:
            of_group = section["vars"] is not None
            continue
        for entry in [line] if of_group else _words(line)[1:]:
            name, sign, value = entry.partition("=")
            if sign:
                yield number, name.strip(), unquoted(value.strip()) if of_group else value


def _words(line: str) -> list[str]:
    """The name of a host and its variables; what comes after a ``#`` out of quotes is a comment."""
    if len(line) <= _MAX_QUOTED and any(quote in line for quote in "\"'\\"):
        try:
            return shlex.split(line, comments=True)
        except ValueError:  # Ansible says it.
            pass
    return line.partition("#")[0].split()
