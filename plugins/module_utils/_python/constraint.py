# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which versions of Python the clauses of a project allow, looked at minor version by minor version."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from .._errors import InputError
from .._packaging.version import allows as version_allows
from .._packaging.version import normalise_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: From the oldest that any venv is made from, to one that will not come for years.
MINORS = tuple((3, minor) for minor in range(9, 30))
_LAST_PATCH = 99
MAX_VERSION = 100
#: A version in a clause that names a patch release.
_NAMED_PATCH = re.compile(r"\d+\.\d+\.(\d{1,3})", re.ASCII)
_RELEASE = re.compile(r"\d+(?:\.\d+){0,2}", re.ASCII)
_VERSION = re.compile(r"(?:cpython-|python-?)?(\d+\.\d+)(?:\.\d+)*")


def allowed_minors(all_versions: Iterable[str]) -> list[tuple[int, int]]:
    """The minor versions of which each of ``all_versions`` (clauses such as ``>=3.9``) allows a patch release."""
    wanted = ",".join(filter(None, all_versions))
    named = {int(number) for number in _NAMED_PATCH.findall(wanted)}
    # Between the patch releases that clauses name nothing changes.
    patches = sorted(
        {0, _LAST_PATCH} | {near for patch in named for near in (patch - 1, patch, patch + 1) if near >= 0}
    )
    return [
        minor for minor in MINORS if any(version_allows(wanted, "{}.{}.{}".format(*minor, patch)) for patch in patches)
    ]


def conflicting(all_versions: Sequence[str]) -> list[int]:
    """The positions of the fewest among ``all_versions`` that allow no version together; empty when all go together."""
    for count in (1, 2, len(all_versions)):
        for chosen in itertools.combinations(range(len(all_versions)), count):
            if not allowed_minors(all_versions[position] for position in chosen):
                return list(chosen)
    return []


def allows(versions: str, version: str) -> bool:
    """Whether the clauses ``versions`` allow the Python ``version``, such as ``3.11.2``.

    Suffixes such as ``rc1`` and ``+`` do not count, as for pip: who has that Python means its release.
    """
    match = _RELEASE.match(version)
    return match is not None and version_allows(versions, match.group())


def versions_of(version: str) -> str | None:
    """``3.12``, ``3.12.4`` or ``cpython-3.12`` as clauses that mean its minor version; None for anything else."""
    match = _VERSION.fullmatch(version.strip()) if len(version) <= MAX_VERSION else None
    return f"=={match.group(1)}.*" if match else None


def parse_python(text: str, *, option: str) -> str:
    """A version, or clauses, that a user gives as ``option``, as clauses: ``3.12`` is ``==3.12.*``."""
    try:
        versions = versions_of(text) or normalise_versions(text)
    except ValueError:
        versions = ""
    if not versions:
        raise InputError(f"{option}: {text[:80]!r} is not a version of Python, such as '3.12' or '>=3.11'")
    return versions
