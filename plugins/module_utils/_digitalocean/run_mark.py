# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What all that a run makes in an account is called, so that the account alone tells whose it is and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._errors import InputError

_PREFIX = "mobile-ansible-torrent"
_MARK = re.compile(rf"{_PREFIX}-([0-9a-f]{{12}})-([0-9]{{10}})", re.ASCII)
_RUN = re.compile(r"[0-9a-f]{12}", re.ASCII)


def is_run(text: str) -> bool:
    """Whether ``text`` is the id of a run."""
    return _RUN.fullmatch(text) is not None


def check_run(text: str) -> str:
    """``text``, if it is the id of a run; else :class:`InputError`."""
    if not is_run(text):
        raise InputError(f"run: {text!r} is not the id of a run: give 12 of the digits 0 to 9 and a to f")
    return text


@dataclass(frozen=True)
class RunMark:
    """The id of a run, and when what it made may be destroyed by anybody, in seconds since 1970."""

    run: str
    expires: int

    def __str__(self) -> str:
        """The name of a droplet, a firewall and a key, and the tag of a droplet."""
        return f"{_PREFIX}-{self.run}-{self.expires}"

    @classmethod
    def of(cls, text: object) -> RunMark | None:
        """What a name or a tag says; None where it is not one of ours."""
        found = _MARK.fullmatch(text) if isinstance(text, str) else None
        return cls(found.group(1), int(found.group(2))) if found else None
