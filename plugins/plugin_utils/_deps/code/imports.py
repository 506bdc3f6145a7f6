# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Python files as trees, and what an import in one is. The code is never run."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

#: The time that Python takes for a dotted name grows with the square of its parts.
_LONG_NAME = re.compile(r"(?<!\w)(?:\w{1,80}[ \t\\\r\n]{0,8}\.[ \t\\\r\n]{0,8}){60}")
_FSTRING = re.compile(r"""(?<!\w)(?:f|rf|fr)(?P<quote>\"{3}|'{3}|"|')""", re.IGNORECASE)
MAX_FIELDS = 500


@dataclass(frozen=True)
class Import:
    """``name`` is the dotted name that is imported (``a.b.c`` for ``from a.b import c``), ``level`` the leading dots.

    ``guard``: hard, guarded (a missing module is caught), fallback (the second choice when another is missing) or
    unlikely (other Python, other system, type checkers). ``flags``: the names by which the code later asks whether
    the import worked. ``bound``: the name that it gets, empty when something else takes its place where it is
    missing. ``function``: the innermost function around it, or a branch of it on an option, empty at the top of the
    file; ``conditional``: another ``if`` in that function, or at the top, decides.

    ``attempt`` numbers the ``try`` whose second choices belong together, ``block`` the innermost; ``alternative``
    counts the handlers on the way: 0 is tried first, 1 when that is missing. ``caught``: a missing one does no harm.
    """

    name: str
    line: int
    level: int = 0
    guard: str = "hard"
    flags: frozenset[str] = frozenset()
    bound: str = ""
    function: str = ""
    conditional: bool = False
    attempt: int = 0
    block: int = 0
    alternative: int = 0
    caught: bool = False

    @property
    def top(self) -> str:
        """The first word of the name."""
        return self.name.partition(".")[0]


def parse_python(source: bytes) -> ast.Module:
    """The tree of a source, taken for UTF-8 whatever codec it names. Raises what ``ast.parse`` raises.

    For an error or a warning Python looks for the line in the file of that name: there is none.
    """
    text = source.decode("utf-8-sig", errors="replace")
    if _LONG_NAME.search(text):
        raise ValueError("it has a dotted name of more than 60 parts")
    if _has_long_fstring(text):
        raise ValueError(f"it has an f-string of more than {MAX_FIELDS} fields")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename="")


def _has_long_fstring(text: str) -> bool:
    """Whether an f-string has more fields than Python reads in time: that grows with their number and its length."""
    start = _FSTRING.search(text)
    while start is not None:
        quote = start["quote"]
        end = text.find(quote, start.end())
        stop = end if end >= 0 else len(text)
        if text.count("{", start.end(), stop) > MAX_FIELDS:
            return True
        start = _FSTRING.search(text, stop + len(quote))
    return False
