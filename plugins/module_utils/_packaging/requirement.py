# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A PEP 508 requirement by name: the one place that reads and spells it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._errors import InputError
from .address import hide_passwords, kind_of_source
from .marker import normalise_marker
from .version import normalise_versions

#: Longer than any that people write; keeps what is matched below in bounds.
MAX_LENGTH = 4096
_SHOWN = 200

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?![A-Za-z0-9._-])")
_REQUIREMENT = re.compile(
    rf"(?P<name>{_NAME.pattern}) ?(?:\[(?P<extras>[^\]]*)\])? ?"
    r"(?P<versions>\([^()]*\)|[^;@()\[\]]*) ?(?:;(?P<marker>.*))?"
)
#: The name of an extra in a marker, as :func:`normalise_marker` spells that.
_OF_EXTRA = re.compile(r"(?<=\bextra == )'[^']*'|(?<=\bextra != )'[^']*'|'[^']*'(?= [!=]= extra\b)")


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
            marker=_marker(marker) if marker is not None else "",
        )
    except ValueError as error:
        raise _refused(text, where, reason=str(error)) from error


def normalise_name(name: str) -> str:
    """The name of a distribution, an extra or a group as indexes compare it: ``Ruamel_YAML`` is ``ruamel-yaml``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def without_passwords(text: str) -> str:
    """``text`` for a message: cut to size, and without what stands before the ``@`` of an address."""
    shown = hide_passwords(text[:MAX_LENGTH])
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _extras(text: str) -> tuple[str, ...]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:_SHOWN]!r} is not a valid name of an extra")
    return tuple(sorted({normalise_name(name) for name in names}))


def _marker(text: str) -> str:
    return _OF_EXTRA.sub(lambda match: normalise_name(match[0]), normalise_marker(text))


def refused_source(text: str, kind: str, *, where: str) -> InputError:
    """The error for ``text`` that is no name but ``kind``, such as a Git repository."""
    if kind == "a directory":
        remedy = "add it to 'projects', or put a wheel of it into find_links and require it by name"
    elif kind == "a wheel":
        remedy = "put it into find_links and require it by name"
    else:
        remedy = "put a wheel of it into find_links and require it by name"
    return InputError(
        f"{where}: {without_passwords(text)!r} is not a requirement by name, such as 'requests>=2.31', but {kind}, "
        f"which has no hash in an index; {remedy}"
    )


def _refused(text: str, where: str, *, reason: str = "") -> InputError:
    kind = kind_of_source(text)
    if kind is not None:
        return refused_source(text, kind, where=where)
    return InputError(
        f"{where}: {without_passwords(text)!r} is not a requirement by name, such as 'requests>=2.31'"
        + (f" ({reason})" if reason else "")
        + "; correct it"
    )
