# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Files in INI form that nobody vouches for (``setup.cfg``, ``ansible.cfg``): bounded before they are parsed."""

from __future__ import annotations

import configparser

from ._errors import InputError
from ._printable import shortened

MAX_LINE = 10_000
_SHOWN = 500


def parse_ini(parser: configparser.RawConfigParser, text: str, *, path: str) -> configparser.RawConfigParser:
    """Read ``text``, which lies at ``path``, into ``parser``; raises :class:`InputError` for what cannot be.

    Blanks within a line are made one: the time that configparser takes grows with the square of their number.
    """
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise InputError(
                f"{path}, line {number} is longer than {MAX_LINE} characters, the maximum; split it",
                file=path,
                line=number,
            )
        indent = len(line) - len(line.lstrip())
        lines.append(line[:indent] + " ".join(line.split()))
    try:
        parser.read_string("\n".join(lines), source=path)
    except configparser.Error as error:
        reason = shortened(" ".join(str(error).split()), _SHOWN)
        raise InputError(f"{path} cannot be read: {reason}", file=path) from error
    return parser


def ansible_config(text: str, *, path: str) -> configparser.RawConfigParser:
    """The ansible.cfg at ``path`` as Ansible reads it; no key is too much."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, inline_comment_prefixes=(";",))
    return parse_ini(parser, text, path=path)


def ansible_sections(text: str, *, path: str) -> dict[str, dict[str, str]]:
    """Its sections."""
    parser = ansible_config(text, path=path)
    return {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}


def ansible_defaults(text: str, *, path: str) -> dict[str, str]:
    """Its ``[defaults]``."""
    return ansible_sections(text, path=path).get("defaults", {})
