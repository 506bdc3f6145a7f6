# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A PEP 508 requirement by name: the one place that reads and spells it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._errors import InputError
from .marker import (
    MarkerError,
    normalise_marker,
)

#: Longer than any that people write; keeps what is matched below in bounds.
MAX_LENGTH = 4096
_SHOWN = 200
#: PEP 440 sets no bound, but a number of more digits than this one is no version, and more than Python reads.
MAX_VERSION = 200

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?![A-Za-z0-9._-])")
_REQUIREMENT = re.compile(
    rf"(?P<name>{_NAME.pattern}) ?(?:\[(?P<extras>[^\]]*)\])? ?"
    r"(?P<versions>\([^()]*\)|[^;@()\[\]]*) ?(?:;(?P<marker>.*))?"
)
#: The grammar of PEP 440, the suffixes in all their spellings.
_VERSION = (
    r"v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|beta|preview|pre|rc|a|b|c)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*)?"
)
_CLAUSE = re.compile(
    rf"(?:~=|<=|>=|<|>) ?{_VERSION}|(?:==|!=) ?{_VERSION}(?:\.\*)?|=== ?[A-Za-z0-9.*+!_-]+", re.IGNORECASE
)
_PASSWORD = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True)
class Requirement:
    """``name[extras]versions ; marker`` in its one spelling; ``str()`` gives it."""

    name: str
    extras: tuple[str, ...] = ()
    versions: str = ""
    marker: str = ""

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f" ; {self.marker}" if self.marker else ""
        return f"{self.name}{extras}{self.versions}{marker}"


def parse_requirement(text: str, *, where: str) -> Requirement:
    """Read one requirement by name; ``where`` begins the message of the :class:`InputError` for everything else.

    Options, paths and addresses are refused: what they name has no hash in an index.
    """
    line = re.sub(r"[ \t]+", " ", text.strip())
    match = _REQUIREMENT.fullmatch(line) if len(line) <= MAX_LENGTH else None
    if match is None:
        raise _refused(text, where)
    extras, marker = match["extras"], match["marker"]
    try:
        return Requirement(
            name=normalise_name(match["name"]),
            extras=_extras(extras) if extras is not None else (),
            versions=normalise_versions(match["versions"]),
            marker=normalise_marker(marker) if marker is not None else "",
        )
    except (MarkerError, ValueError) as error:
        raise _refused(text, where, reason=str(error)) from error


def normalise_name(name: str) -> str:
    """The name of a distribution, an extra or a group as indexes compare it: ``Ruamel_YAML`` is ``ruamel-yaml``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def normalise_versions(text: str) -> str:
    """``>= 2, < 3`` as ``<3,>=2``; raises ``ValueError`` for what is no set of version clauses (PEP 440)."""
    bare = text.strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1].strip()
    if not bare:
        return ""
    clauses = [clause.strip() for clause in bare.split(",")]
    for clause in clauses:
        if len(clause) > MAX_VERSION or not _CLAUSE.fullmatch(clause):
            raise ValueError(f"{clause[:_SHOWN]!r} is no version clause, such as '>=2.31'")
    return ",".join(sorted({clause.replace(" ", "") for clause in clauses}))


def without_passwords(text: str) -> str:
    """``text`` for a message: cut to size, and without what stands before the ``@`` of an address."""
    shown = _PASSWORD.sub("//…@", text[:MAX_LENGTH])
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _extras(text: str) -> tuple[str, ...]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:_SHOWN]!r} cannot be the name of an extra")
    return tuple(sorted({normalise_name(name) for name in names}))


def _refused(text: str, where: str, *, reason: str = "") -> InputError:
    return InputError(
        f"{where}: {without_passwords(text)!r} is not a requirement by name, such as 'requests>=2.31'"
        + (f" ({reason})" if reason else "")
        + "; paths, addresses and options cannot be pinned by the index's hash"
    )
