# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The versions of ansible-core that several collections allow together (``requires_ansible``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._packaging.version import Version, allows, normalise_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CORE = "ansible-core"
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)(.+)")


def combined_range(ranges: Iterable[str]) -> str:
    """``<3,>=2.17.0``: all clauses, of several bounds the tightest. Raises ``ValueError`` for what is no range."""
    clauses = {clause for text in ranges for clause in normalise_versions(text.strip().strip(",")).split(",") if clause}
    lower = {clause for clause in clauses if clause.startswith(">")}
    upper = {clause for clause in clauses if clause.startswith("<")}
    tightest = {*sorted(lower, key=_lower)[-1:], *sorted(upper, key=_upper)[:1]}
    return ",".join(sorted((clauses - lower - upper) | tightest))


def is_empty(versions: str) -> bool:
    """Whether no version meets all clauses of a range: one that does would be at a bound, or next to one."""
    return not any(allows(versions, candidate) for candidate in _candidates(versions))


def core_requirement(ranges: Iterable[str]) -> str | None:
    """``ansible-core<3,>=2.17.0``, None for any version, and where no version meets all of it."""
    try:
        versions = combined_range(ranges)
    except ValueError:
        return None
    return f"{_CORE}{versions}" if versions and not is_empty(versions) else None


def _candidates(versions: str) -> Iterator[str]:
    yield "0"
    for clause in versions.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is not None and match[1] == "===":
            yield match[2]
        elif match is not None:
            release = Version(match[2].removesuffix(".*")).release
            yield ".".join(map(str, release))
            yield ".".join(map(str, (*release[:-1], release[-1] + 1)))
            yield ".".join(map(str, (*release, 1)))


def _lower(clause: str) -> tuple[object, ...]:
    return Version(clause.lstrip(">=")).key(), not clause.startswith(">=")


def _upper(clause: str) -> tuple[object, ...]:
    return Version(clause.lstrip("<=")).key(), clause.startswith("<=")
