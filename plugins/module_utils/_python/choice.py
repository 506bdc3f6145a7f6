# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From what is asked for and what projects allow to an interpreter of this host: the one place that chooses."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .._errors import ToolMissingError
from .constraint import (
    MINORS,
    allowed_minors,
    allows,
    conflicting,
    parse_python,
)
from .interpreter import Interpreter, candidates, probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._projects.model import PythonRequirement
    from .._runner import Runner

#: The oldest that any venv is made from.
OLDEST = ">={}.{}".format(*MINORS[0])
_OR_NEWER = re.compile(r">=(\d+\.\d+)")
_MINOR = re.compile(r"==(\d+\.\d+)\.\*")


def choose(asked: str | None, clauses: Sequence[str], *, runner: Runner) -> Interpreter:
    """The interpreter for a venv that all ``clauses``, such as ``>=3.11``, allow.

    ``asked`` is the path of one, a version such as ``3.12``, more clauses, or None. Of those that will do it is the
    module's own, else the newest. No program is started that cannot be the one. Raises :class:`ToolMissingError` that
    says which were looked at and why none will do.
    """
    if asked is not None and os.path.isabs(asked):
        return _at_path(asked, [OLDEST, *clauses], runner)
    wanted = [OLDEST, *clauses, *([parse_python(asked, option="python")] if asked else [])]
    minors = allowed_minors(wanted)
    rejected = []
    for path, minor in candidates():
        if minor is not None and minor not in minors:
            rejected.append(f"{path} is Python {minor[0]}.{minor[1]}")
            continue
        try:
            found = probe(path, runner)
        except ToolMissingError as error:
            rejected.append(error.message)
            continue
        if _all_allow(wanted, found):
            return found
        rejected.append(f"{path} is Python {found.version}")
    looked = "; ".join(rejected) or "none was found on PATH or in the usual directories"
    raise ToolMissingError(
        f"This host has no Python {_words(wanted)} ({looked}): install it, or name an interpreter's path in the option "
        "'python'"
    )


def choose_python(asked: str | None, requirements: Sequence[PythonRequirement], *, runner: Runner) -> Interpreter:
    """``asked``, or the one of the host that all ``requirements`` allow; see :func:`choose`.

    Where they allow none together it is the one that a venv gets without any. Raises :class:`ToolMissingError` where
    the host has none.
    """
    versions = [one.versions for one in requirements]
    if asked is not None or not allowed_minors(versions):
        return choose(asked, (), runner=runner)
    try:
        return choose(None, versions, runner=runner)
    except ToolMissingError:
        if not requirements:
            raise
    wanted = "; ".join(f"{one.versions} ({one.location})" for one in requirements)
    raise ToolMissingError(
        f"This host has no Python that all projects allow: {wanted}. Install one, or set the option 'python'"
    )


def python_conflict(requirements: Sequence[PythonRequirement], chosen: Interpreter) -> list[PythonRequirement]:
    """The fewest requirements that no version can meet, else those that ``chosen`` does not meet."""
    impossible = conflicting([one.versions for one in requirements])
    if impossible:
        return [requirements[position] for position in impossible]
    return [one for one in requirements if not allows(one.versions, chosen.version)]


def _at_path(path: str, wanted: Sequence[str], runner: Runner) -> Interpreter:
    found = probe(path, runner)
    if not _all_allow(wanted, found):
        raise ToolMissingError(f"{path} is Python {found.version}, but {_words(wanted)} is required")
    return found


def _all_allow(wanted: Sequence[str], found: Interpreter) -> bool:
    return all(allows(versions, found.version) for versions in wanted)


def _words(wanted: Sequence[str]) -> str:
    """``3.12``, ``3.11 or newer``, or the clauses."""
    last = [versions for versions in wanted if versions != OLDEST] or [OLDEST]
    exact = next(filter(None, map(_MINOR.fullmatch, last)), None)
    at_least = _OR_NEWER.fullmatch(last[0]) if len(last) == 1 else None
    if exact is not None:
        return exact[1]
    return f"{at_least[1]} or newer" if at_least else ",".join(dict.fromkeys(last))
