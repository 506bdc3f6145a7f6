# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which versions of Python the clauses of a project allow, looked at minor version by minor version."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: From the oldest that any venv is made from, to one that will not come for years.
MINORS = tuple((3, minor) for minor in range(9, 30))
_PATCHES = 100
MAX_VERSION = 100
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)v?(\d+(?:\.\d+)*)(.*)")
_VERSION = re.compile(r"(?:cpython-|python-?)?(\d+\.\d+)(?:\.\d+)*")


def allowed_minors(all_versions: Iterable[str]) -> list[tuple[int, int]]:
    """The minor versions of which each of ``all_versions`` (clauses such as ``>=3.9``) allows a patch release."""
    wanted = list(all_versions)
    return [minor for minor in MINORS if any(_allows_all(wanted, (*minor, patch)) for patch in range(_PATCHES))]


def conflicting(all_versions: Sequence[str]) -> list[int]:
    """The positions of the fewest among ``all_versions`` that allow no version together; empty when all go together."""
    for count in (1, 2, len(all_versions)):
        for chosen in itertools.combinations(range(len(all_versions)), count):
            if not allowed_minors(all_versions[position] for position in chosen):
                return list(chosen)
    return []


def allows(versions: str, version: str) -> bool:
    """Whether the clauses ``versions`` allow the Python release ``version``, such as ``3.11.2``."""
    return _allows_all([versions], _numbers(version))


def versions_of(version: str) -> str | None:
    """``3.12``, ``3.12.4`` or ``cpython-3.12`` as clauses that mean its minor version; None for anything else."""
    match = _VERSION.fullmatch(version.strip()) if len(version) <= MAX_VERSION else None
    return f"=={match.group(1)}.*" if match else None


def _allows_all(all_versions: Iterable[str], release: tuple[int, ...]) -> bool:
    return all(_allows(clause, release) for versions in all_versions for clause in versions.split(",") if clause)


def _allows(clause: str, release: tuple[int, ...]) -> bool:
    """One clause (PEP 440). Suffixes such as ``rc1`` do not count: interpreters for venvs are releases."""
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return False
    operator, numbers = match.group(1), _numbers(match.group(2))
    if match.group(3) == ".*":
        return (release[: len(numbers)] == numbers) == (operator == "==")
    size = max(len(release), len(numbers))
    mine, theirs = (tuple(part) + (0,) * (size - len(part)) for part in (release, numbers))
    if operator == "~=":
        return mine >= theirs and release[: len(numbers) - 1] == numbers[:-1]
    equal, less = mine == theirs, mine < theirs
    return {
        "==": equal,
        "===": equal,
        "!=": not equal,
        "<": less,
        "<=": less or equal,
        ">": not less and not equal,
        ">=": not less,
    }[operator]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:4])
