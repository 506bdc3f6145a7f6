# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which derived packages the user leaves out, with the entries of ``dependencies.exclude`` of ansible-builder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name


def excluding_entry(name: str, exclude: Iterable[str]) -> str | None:
    """The first entry that is the ``name`` of a distribution, or as ``~pattern`` fits all of it, in any case."""
    names = (name.lower(), normalise_name(name))
    for entry in exclude:
        if entry.startswith("~"):
            if any(re.fullmatch(entry[1:].lower(), one) for one in names):
                return entry
        elif normalise_name(entry.strip()) == names[1]:
            return entry
    return None


def check_exclude(exclude: Iterable[str]) -> None:
    """Raise :class:`InputError` for an entry that is empty, or no regular expression."""
    for entry in exclude:
        if not entry.strip():
            raise InputError("exclude: an entry is empty; remove it")
        try:
            re.compile(entry[1:].lower() if entry.startswith("~") else "")
        except (re.error, RecursionError, OverflowError) as error:
            raise InputError(f"exclude: {entry!r} is not a regular expression: {error}; correct it") from error
