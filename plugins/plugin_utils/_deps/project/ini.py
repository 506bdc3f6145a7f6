# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The settings of an ansible.cfg, with their lines."""

from __future__ import annotations

import configparser
import re

from ansible_collections.mobile_ansible.venv.plugins.module_utils._ini import ansible_config


def settings_of(text: str, *, path: str) -> dict[tuple[str, str], str]:
    """The settings of the ansible.cfg at ``path`` by section and key."""
    parser = ansible_config(text, path=path)
    return {(name, key): value or "" for name in parser.sections() for key, value in parser[name].items()}


def setting_lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each setting that :func:`settings_of` reads, the last where it stands several times.

    A line that is indented more than its key continues the value, as for configparser.
    """
    lines: dict[tuple[str, str], int] = {}
    section, indent, in_value = "", 0, False
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        deeper = len(line) - len(line.lstrip()) > indent
        if in_value and deeper:
            continue
        indent = len(line) - len(line.lstrip())
        header = configparser.RawConfigParser.SECTCRE.match(content)
        in_value = header is None
        if header is not None:
            section = header.group("header")
        else:
            lines[section, re.split("[=:]", content, maxsplit=1)[0].strip().lower()] = number
    return lines


def unquoted(value: str) -> str:
    """A value without the quotes around it, which Ansible takes off."""
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
