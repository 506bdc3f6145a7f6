# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Versions of collections and ranges of them, as ansible-galaxy reads them; versions of ansible-core that they ask for.

``ansible.module_utils.compat.version`` is not enough: its ``LooseVersion`` puts ``1.0.0-beta.1`` after ``1.0.0`` and
fails on ``1.0.0-beta.1 < 1.0.0-1``. What ansible-galaxy uses, ``ansible.utils.version``, cannot be imported by
modules.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Callable

from .._errors import InputError
from .._packaging.version import Version, allows, normalise_versions
from .._printable import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_PRERELEASE = rf"(?:-(?P<prerelease>{_WORD}(?:\.{_WORD})*))?"
_BUILD = r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_SEMANTIC = re.compile(rf"(?P<release>(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){{2}}){_PRERELEASE}{_BUILD}", re.ASCII)
#: In a range ``1`` and ``1.2`` stand for ``1.0.0`` and ``1.2.0``.
_LOOSE = re.compile(rf"(?P<release>\d+(?:\.\d+){{0,2}}){_PRERELEASE}{_BUILD}", re.ASCII)
_CLAUSE = re.compile(r"\s*(?P<operator>==|!=|>=|<=|=|>|<)?\s*(?P<version>[^\s=<>!~^]+)\s*")
_CORE = "ansible-core"
#: Before, it was called ansible-base, and ansible.
_FIRST_CORE = ">=2.11"
_CORE_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)(.+)")
#: A version is part of a directory's name.
_LONGEST = 64

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@total_ordering
@dataclass(frozen=True, eq=False)
class SemanticVersion:
    """A version as semver.org defines it; build metadata does not count in comparisons."""

    release: tuple[int, ...]
    prerelease: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> SemanticVersion:
        """Raises :class:`InputError` for what is not ``MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]``."""
        return cls._from(_SEMANTIC, text)

    @classmethod
    def parse_loosely(cls, text: str) -> SemanticVersion:
        """The same, where missing parts are zero: ``1`` is ``1.0.0``."""
        return cls._from(_LOOSE, text)

    @classmethod
    def _from(cls, pattern: re.Pattern[str], text: str) -> SemanticVersion:
        match = pattern.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            raise InputError(f"{text[:_LONGEST]!r} is not a semantic version such as 1.2.3 or 1.2.3-beta.1")
        numbers = tuple(int(number) for number in match["release"].split("."))
        prerelease = match["prerelease"]
        return cls((*numbers, 0, 0)[:3], tuple(prerelease.split(".")) if prerelease else ())

    def _key(self) -> tuple[Any, ...]:
        """Numbers come before words, and every pre-release before its release."""
        words = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in self.prerelease)
        return (self.release, not self.prerelease, words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SemanticVersion) and self._key() == other._key()

    def __lt__(self, other: SemanticVersion) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True)
class VersionRange:
    """What ``version:`` of a Galaxy requirement says: ``*``, ``1.2.3``, ``>=1.0.0,<2``, ``!=1.1.0``; all parts must
    hold."""

    text: str
    clauses: tuple[tuple[str, SemanticVersion], ...]

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises :class:`InputError` for what ansible-galaxy would not take."""
        return cls(text, tuple(clause for part in text.split(",") for clause in _clause(part, text)))

    def __contains__(self, version: SemanticVersion) -> bool:
        return all(_COMPARE[comparison](version, bound) for comparison, bound in self.clauses)

    def pins(self, version: SemanticVersion) -> bool:
        """Whether exactly this version is asked for: the only way to get a pre-release where there are releases."""
        return ("==", version) in self.clauses


def _clause(part: str, whole: str) -> list[tuple[str, SemanticVersion]]:
    match = _CLAUSE.fullmatch(part.strip())
    if match is None:
        raise _no_range(whole)
    if match["version"] == "*":
        return []
    comparison = match["operator"] or "=="
    try:
        return [("==" if comparison == "=" else comparison, SemanticVersion.parse_loosely(match["version"]))]
    except InputError as error:
        raise _no_range(whole) from error


def _no_range(text: str) -> InputError:
    return InputError(
        f"'{shortened(text)}' is not a version range: use * for the highest release, 1.2.3, or ==, !=, >=, <=, > and < "
        "with a version, joined by commas"
    )


def core_satisfies(specifier: str, version: str) -> bool:
    """Whether ansible-core ``version`` meets a collection's ``requires_ansible``, such as ``>=2.15.0,<3``.

    As for ansible-core, a pre-release counts as its release: 2.20.0rc1 is taken for 2.20.0. Raises
    :class:`InputError` for a specifier or version that is none.
    """
    try:
        release = ".".join(map(str, Version(version).release))
    except ValueError:
        raise InputError(f"{version[:_LONGEST]!r} is not a version of ansible-core, such as 2.19.5") from None
    try:
        return allows(normalise_versions(specifier.strip().strip(",")), release)
    except ValueError:
        raise InputError(
            f"'{shortened(specifier)}' is not a version specifier for ansible-core, such as >=2.15.0"
        ) from None


def combined_core_range(ranges: Iterable[str]) -> str:
    """``<3,>=2.17.0``: all clauses, of several bounds the tightest. Raises ``ValueError`` for what is no range."""
    clauses = {clause for text in ranges for clause in normalise_versions(text.strip().strip(",")).split(",") if clause}
    lower = {clause for clause in clauses if clause.startswith(">")}
    upper = {clause for clause in clauses if clause.startswith("<")}
    tightest = {*sorted(lower, key=_lower)[-1:], *sorted(upper, key=_upper)[:1]}
    return ",".join(sorted((clauses - lower - upper) | tightest))


def is_empty_core_range(versions: str) -> bool:
    """Whether no ansible-core meets all clauses of a range: one that does would be at a bound, or next to one."""
    released = f"{versions},{_FIRST_CORE}" if versions else _FIRST_CORE
    return not any(allows(released, candidate) for candidate in _candidates(released))


def is_core_range(text: str) -> bool:
    """Whether some ansible-core meets ``text``, the ``requires_ansible`` of a collection."""
    try:
        return not is_empty_core_range(combined_core_range([text]))
    except ValueError:
        return False


def core_requirement(ranges: Iterable[str]) -> str | None:
    """``ansible-core<3,>=2.17.0``, None for any version, and where no version meets all of it.

    A range that no ansible-core meets does not count: of such a collection Ansible only warns, whatever the version.
    """
    try:
        versions = combined_core_range(filter(is_core_range, ranges))
    except ValueError:
        return None
    return f"{_CORE}{versions}" if versions and not is_empty_core_range(versions) else None


def excludes(one: str, other: str) -> bool:
    """Whether no ansible-core is in both of two ranges, each of which has some."""
    has_some = all(text and is_core_range(text) for text in (one, other))
    return has_some and core_requirement([one, other]) is None


def _candidates(versions: str) -> Iterator[str]:
    yield "0"
    for clause in versions.split(","):
        match = _CORE_CLAUSE.fullmatch(clause)
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
