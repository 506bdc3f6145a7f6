# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Versions and clauses of Python packages (PEP 440): what ``packaging`` does, which hosts need not have."""

from __future__ import annotations

import re
from typing import Any

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre_number>\d*))?"
    r"(?P<post>-(?P<implicit_post>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>\d*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE | re.ASCII,
)
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*(.+)")
_ARBITRARY = re.compile(r"[A-Za-z0-9.*+!_-]+")
#: PEP 440 sets no bound, but a number of more digits than this one is no version, and more than Python reads.
_LONGEST = 200
_SHOWN = 200
_PRE = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}


class Version:
    """A version, split into the parts that decide its order. Raises ``ValueError`` for what is none."""

    def __init__(self, text: str) -> None:
        match = _VERSION.fullmatch(text.strip()) if len(text) <= _LONGEST else None
        if match is None:
            raise ValueError(f"{text!r} is not a version")
        self.epoch = int(match["epoch"] or 0)
        self.release = tuple(int(number) for number in match["release"].split("."))
        self.pre = (_PRE[match["pre"].lower()], int(match["pre_number"] or 0)) if match["pre"] else None
        self.post = int(match["implicit_post"] or match["post_number"] or 0) if match["post"] else None
        self.dev = int(match["dev_number"] or 0) if match["dev"] else None
        self.local = tuple(_local_part(part) for part in re.split(r"[-_.]", match["local"] or "") if part)

    @property
    def is_early(self) -> bool:
        """Whether it comes before its own release."""
        return self.pre is not None or self.dev is not None

    def series(self, length: int) -> tuple[int, ...]:
        """The epoch and the first ``length`` numbers of the release."""
        return (self.epoch, *(self.release + (0,) * length)[:length])

    def same_release(self, other: Version) -> bool:
        """Whether only suffixes differ."""
        length = max(len(self.release), len(other.release))
        return self.series(length) == other.series(length)

    def key(self, *, with_local: bool = True) -> tuple[Any, ...]:
        """Compares as the versions do."""
        release = re.sub(r"( 0)+$", "", " ".join(map(str, self.release))).split()
        return (
            self.epoch,
            tuple(map(int, release)),
            self._pre_key(),
            -1 if self.post is None else self.post,
            (1, 0) if self.dev is None else (0, self.dev),
            self.local if with_local else (),
        )

    def _pre_key(self) -> tuple[int, int]:
        if self.pre is not None:
            return self.pre
        return (-1, 0) if self.post is None and self.dev is not None else (3, 0)


def is_version(text: str) -> bool:
    """Whether ``text`` is a version."""
    try:
        Version(text)
    except ValueError:
        return False
    return True


def normalise_versions(text: str) -> str:
    """``>= 2, < 3`` as ``<3,>=2``; raises ``ValueError`` for what is no set of version clauses."""
    bare = text.strip()
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1].strip()
    if not bare:
        return ""
    clauses = [clause.strip() for clause in bare.split(",")]
    for clause in clauses:
        if not _is_clause(clause):
            raise ValueError(f"{clause[:_SHOWN]!r} is not a version specifier, such as '>=2.31'")
    return ",".join(sorted({clause.replace(" ", "") for clause in clauses}))


def _is_clause(clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause) if len(clause) <= _LONGEST else None
    if match is None:
        return False
    operator, text = match.groups()
    if operator == "===":
        return _ARBITRARY.fullmatch(text) is not None
    if operator in ("==", "!=") and text.endswith(".*"):
        return is_version(text[:-2])
    return is_version(text) and (operator != "~=" or len(Version(text).release) > 1)


def allows(versions: str, version: str) -> bool:
    """Whether the clauses ``versions``, such as ``<3,>=2.31``, allow the installed ``version``.

    A pre-release that is installed counts: that it may not be chosen is for the resolver. A version that is none fits
    only ``===``.
    """
    return all(_allows(clause, version) for clause in versions.split(",") if clause.strip())


def _allows(clause: str, version: str) -> bool:
    match = _CLAUSE.fullmatch(clause.strip())
    if match is None:
        return False
    operator, text = match.groups()
    if operator == "===":
        return text.strip().lower() == version.strip().lower()
    try:
        found = Version(version)
        if text.endswith(".*"):
            bound = Version(text[:-2])
            return (found.series(len(bound.release)) == bound.series(len(bound.release))) == (operator == "==")
        return _compare(operator, found, Version(text))
    except ValueError:
        return False


def _compare(operator: str, found: Version, bound: Version) -> bool:
    mine, theirs = found.key(with_local=False), bound.key(with_local=False)
    if operator in ("==", "!="):
        equal = found.key() == bound.key() if bound.local else mine == theirs
        return equal == (operator == "==")
    if operator == "~=":
        length = len(bound.release) - 1
        return mine >= theirs and found.series(length) == bound.series(length)
    if operator == "<":
        own_early = found.is_early and not bound.is_early and found.same_release(bound) and found.post == bound.post
        return mine < theirs and not own_early
    if operator == ">":
        plain = bound.post is None and bound.dev is None
        own_late = plain and found.post is not None and found.same_release(bound) and found.pre == bound.pre
        return mine > theirs and not own_late
    return mine >= theirs if operator == ">=" else mine <= theirs


def _local_part(text: str) -> tuple[int, Any]:
    """Words come before numbers."""
    return (1, int(text)) if text.isdigit() else (0, text.lower())
