# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The addresses in entries of a Galaxy requirements file."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .._errors import InputError
from .._packaging.address import hide_passwords
from .._printable import is_printable

_MAX_ADDRESS = 4096
#: What an address of each type looks like; ``galaxy`` has that of a server, or its name in the list of servers.
_ADDRESSES = {
    "galaxy": re.compile(r"https?://\S+|\w[\w.-]*"),
    "url": re.compile(r"https?://\S+"),
    "tarball": re.compile(r"(?:https?|file)://\S+"),
    "git": re.compile(r"(?:git\+)?(?:(?:https?|ssh|git|file)://|/)\S+|(?:git\+)?[\w.-]+@[\w.-]+:\S+"),
    "hg": re.compile(r"(?:(?:https?|ssh|file)://|/)\S+"),
    "signatures": re.compile(r"(?:https?|file)://\S+"),
}
#: A commit, tag or branch; ``*`` is any.
REFERENCE = re.compile(r"[\w.*][\w.*/+-]*|\*")


def check_address(text: object, kind: str) -> str:
    """``text`` if it is an address of the type ``kind``, without a password: what is asked for is written down."""
    if not isinstance(text, str) or len(text) > _MAX_ADDRESS or not is_printable(text):
        raise InputError(f"{shown(text)} is not an address")
    try:
        parts = urlsplit(text)
        has_secret = parts.password is not None or (parts.username is not None and "http" in parts.scheme)
    except ValueError:
        raise InputError(f"{shown(text)} is not an address") from None
    if has_secret:
        raise InputError(
            f"the address of {parts.hostname} contains a user or password; remove them, and let ansible.cfg, a "
            "credential helper of Git or ~/.netrc have them"
        )
    if not _ADDRESSES[kind].fullmatch(text):
        raise InputError(f"{shown(text)} is not an address for {kind}")
    return text


def shown(value: object) -> str:
    """A value as messages show it."""
    text = hide_passwords(repr(value))
    return text if len(text) <= 80 else f"{text[:77]}..."


def revision_of(version: str) -> str:
    """``version`` of a Git repository as one spelling for each commit, branch or tag; empty for the newest commit."""
    return "" if version in ("*", "HEAD") else version
