# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From an import to the distribution that has it, in order of trust; a name that nobody vouches for is not guessed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

from .declared import CollectionRequirement, parsed
from .documentation import Documented
from .known_clouds import SYSTEM, KnownImport
from .known_imports import KNOWN_IMPORTS

#: Modules that the standard library had in some Python that plugins still support.
_FORMER_STDLIB = frozenset(
    {
        "asynchat",
        "asyncore",
        "audioop",
        "binhex",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "distutils",
        "imghdr",
        "imp",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "pipes",
        "sndhdr",
        "spwd",
        "sunau",
        "telnetlib",
        "uu",
        "xdrlib",
        "ConfigParser",
        "Cookie",
        "HTMLParser",
        "Queue",
        "StringIO",
        "__builtin__",
        "cPickle",
        "cStringIO",
        "cookielib",
        "commands",
        "exceptions",
        "httplib",
        "md5",
        "sets",
        "sha",
        "unicode",
        "urllib2",
        "urlparse",
        "xmlrpclib",
    }
)


@dataclass(frozen=True)
class Match:
    """A distribution for an import. ``requirement`` is None for what only the operating system has."""

    requirement: str | None
    layer: str
    documented: Documented | None = None


@dataclass(frozen=True)
class Sources:
    """What is known about one plugin: its collections' declarations, its documentation, its hints."""

    declared: tuple[CollectionRequirement, ...] = ()
    documented: tuple[Documented, ...] = ()
    hints: tuple[str, ...] = ()


def is_stdlib(name: str) -> bool:
    """Whether an import is of the standard library (of this Python, or formerly)."""
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names or top in _FORMER_STDLIB


def distribution_of(name: str, sources: Sources) -> Match | None:
    """The distribution of the dotted import ``name``; None when nothing that can be trusted names one."""
    known = known_import(name)
    if known is not None and known.distribution == SYSTEM:
        return Match(None, "system")
    names = _candidates(name, known)
    about = next((line for line in sources.documented if line.requirement(names)), None)
    for one in sources.declared:
        if one.name in names:
            return Match(one.text, "declared", about)
    if about is not None:
        return Match(_written(about.requirement(names) or "", known), "documentation", about)
    for hint in sources.hints:
        for word in re.split(r"[\s,/()]+", hint):
            if normalise_name(word) in names:
                return Match(_written(word, known), "hint")
    return Match(known.distribution, "table") if known is not None else None


def known_import(name: str) -> KnownImport | None:
    """The row of the curated table with the longest prefix of the dotted ``name``."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        row = KNOWN_IMPORTS.get(".".join(parts[:length]))
        if row is not None:
            return row
    return None


def merged(requirements: Iterable[str]) -> list[str]:
    """Requirements with one line a distribution: ranges joined, sorted by name; markers and extras kept apart."""
    lines: dict[tuple[str, str, str], set[str]] = {}
    for requirement in filter(None, map(parsed, requirements)):
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        key = (normalise_name(requirement.name), extras, str(requirement.marker or ""))
        lines.setdefault(key, set()).update(map(str, requirement.specifier))
    return sorted(
        name + extras + ",".join(sorted(ranges)) + (f"; {marker}" if marker else "")
        for (name, extras, marker), ranges in lines.items()
    )


def _candidates(name: str, known: KnownImport | None) -> frozenset[str]:
    """Normalised names of distributions that may stand for an import where somebody declared them."""
    if known is not None and known.distribution:
        return frozenset(normalise_name(one) for one in (known.distribution, *known.alternatives))
    parts = name.split(".")
    top = parts[0]
    names = {top, f"python-{top}", f"py{top}", f"{top}-python", f"{top}-py", top.replace("_", "")}
    names |= {"-".join(parts[:length]) for length in range(2, min(len(parts), 5))}
    return frozenset(normalise_name(one) for one in names)


def _written(text: str, known: KnownImport | None) -> str:
    """A requirement with the name that the table gives, when the text used another spelling of it."""
    requirement = parsed(text)
    if requirement is None or known is None or not known.distribution:
        return text
    same = normalise_name(requirement.name) == normalise_name(known.distribution)
    return f"{known.distribution}{requirement.specifier}" if same else text
