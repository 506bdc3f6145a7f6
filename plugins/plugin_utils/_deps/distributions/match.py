# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From an import to the distribution that has it, in order of trust; a name that nobody vouches for is not guessed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

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
    """A distribution for an import: its ``requirements``, of which there can be several with markers.

    None are left where only the operating system has it, or (``address``) where it is declared by an address.
    """

    requirements: tuple[str, ...]
    layer: str
    documented: Documented | None = None
    address: str = ""


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
    """The distribution of the dotted import ``name``; None when nothing that can be trusted names one.

    With it comes what it takes and does not declare itself.
    """
    known = known_import(name)
    found = _named(name, known, sources)
    if found is None or not found.requirements or known is None:
        return found
    others = filter(None, (distribution_of(one, sources) for one in known.undeclared))
    return replace(found, requirements=(*found.requirements, *(text for one in others for text in one.requirements)))


def _named(name: str, known: KnownImport | None, sources: Sources) -> Match | None:
    """What a collection declares comes first: no row of the table, not even that only the system has it, is above."""
    names = _candidates(name, known)
    about = next((line for line in sources.documented if line.requirement(frozenset(names))), None)
    wanted = next((one for one in names if any(line.name == one for line in sources.declared)), None)
    if wanted is not None:
        lines = [line for line in sources.declared if line.name == wanted]
        address = next((line.text for line in lines if line.address), "")
        return Match(() if address else tuple(line.text for line in lines), "declared", about, address)
    if known is not None and known.distribution == SYSTEM:
        return Match((), "system")
    names = names if known is None else _of_row(known)
    about = next((line for line in sources.documented if line.requirement(frozenset(names))), None)
    if about is not None:
        return Match((_written(about.requirement(frozenset(names)) or "", known),), "documentation", about)
    for hint in sources.hints:
        for word in re.split(r"[\s,/()]+", hint):
            if normalise_name(word) in names:
                return Match((_written(word, known),), "hint")
    return Match((f"{known.distribution}{known.ranges}",), "table") if known is not None else None


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


def _candidates(name: str, known: KnownImport | None) -> tuple[str, ...]:
    """Normalised names of distributions that may stand for an import where somebody declared them, best first."""
    parts = name.split(".")
    top = parts[0]
    names = ["-".join(parts[:length]) for length in range(min(len(parts), 4), 0, -1)]
    names += [f"python-{top}", f"py{top}", f"{top}-python", f"{top}-py", top.replace("_", "")]
    return tuple(dict.fromkeys([*(_of_row(known) if known is not None else ()), *map(normalise_name, names)]))


def _of_row(known: KnownImport) -> tuple[str, ...]:
    names = (known.distribution, *known.alternatives) if known.distribution else ()
    return tuple(normalise_name(one.partition("[")[0]) for one in names)


def _written(text: str, known: KnownImport | None) -> str:
    """A requirement with the name that the table gives, when the text used another spelling of it.

    A row with a wheel also stands for its alternatives, which are the same code without one.
    """
    requirement = parsed(text)
    if requirement is None or known is None or not known.distribution:
        return text
    names = _of_row(known) if known.wheel else _of_row(known)[:1]
    ranges = str(requirement.specifier) or known.ranges
    return f"{known.distribution}{ranges}" if normalise_name(requirement.name) in names else text
