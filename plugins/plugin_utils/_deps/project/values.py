# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a templated name can become, told from the literal values that the project gives its variables.

Nothing is rendered: the tree of an expression is read, literals and variables with literal values are put in, and
everything else becomes ``*``. The answer is a list of shell patterns.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from jinja2 import nodes

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from ..limits import MAX_CANDIDATES
from .expressions import Expressions
from .jinja import JinjaError, has_markers
from .names import split_name
from .scope import ANY
from .template_parts import MAX_CHARACTERS, Local, output_in
from .yaml import Text

#: What one templated name may stand for.
MAX_CANDIDATES_OF_ONE = 20_000
_SHOWN = 40
#: Variables that Ansible sets itself, beside those that begin with its name (``INTERNAL_STATIC_VARS`` in constants.py).
_OF_ANSIBLE = frozenset({
    "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
    "inventory_hostname_short", "play_hosts", "playbook_dir", "role_name", "role_names", "role_path", "role_uuid",
})  # fmt: skip
_CUT = "not all that it can be is followed: too many candidates; choose fewer playbooks, or raise max_candidates"


class Values:
    """Literal values by variable, collected from everywhere in the project; which play sets them is not asked."""

    def __init__(self, limit: int = MAX_CANDIDATES) -> None:
        #: What is left of the work that templated names may make.
        self.left = limit
        #: Whether the last name that was asked for had more candidates than are followed.
        self.cut = False
        #: How many values are known; what was open before may be told when there are more.
        self.known = 0
        #: Why a variable of the last name can have other values than those that are known; empty where none can.
        self.doubt = ""
        self._values: dict[str, dict[Any, Any]] = {}
        #: The variables that are meant to be set otherwise.
        self._defaults: set[str] = set()
        #: How variables get values that are not followed, by their names, and by shell patterns of these.
        self._unfollowed: dict[str, str] = {}
        self._unfollowed_patterns: dict[str, str] = {}
        self._left_for_one = 0

    def learn(self, variables: Any, *, are_defaults: bool = False) -> None:
        """Take over the literals of a mapping of variables; ``are_defaults``: of a role, a group or a host."""
        for name, value in variables.items() if isinstance(variables, Mapping) else ():
            if are_defaults:
                self._defaults.add(str(name))
            values = self._values.setdefault(str(name), {})
            key = value if isinstance(value, str) else hash(repr(value))
            if key not in values:
                values[key] = value
                self.more()

    def unfollowed(self, name: str, how: str) -> None:
        """Take note that the variables of this ``name``, a shell pattern, get values that are not followed."""
        known = self._unfollowed_patterns if ANY in name else self._unfollowed
        if name not in known:
            known[name] = how
            self.more()

    def more(self) -> None:
        """Say that more is known than before."""
        self.known += 1

    def spend(self, amount: int) -> bool:
        """Account for ``amount`` candidates; False where so many cannot be followed, which costs nothing."""
        self.cut = self.cut or amount > self.left
        if amount > self.left:
            return False
        self.left -= amount
        return True

    @property
    def note(self) -> str:
        """Why not all candidates of the last name are followed; empty where they are."""
        return _CUT if self.cut else ""

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Read something else while a name is read: the values of a loop's variable."""
        before = self._left_for_one, self.cut, self.doubt
        self.cut, self.doubt = False, ""
        try:
            yield
        finally:
            self._left_for_one, cut, doubt = before
            self.cut, self.doubt = self.cut or cut, doubt or self.doubt

    def _reader(self, *, is_settable: bool = False) -> Expressions:
        """Reads another name; ``is_settable``: see :meth:`settable`."""
        self._left_for_one = min(MAX_CANDIDATES_OF_ONE, self.left)
        self.cut, self.doubt = False, ""
        learned = self._learned_or_set if is_settable else self._learned
        return Expressions(self._spend, learned, is_settable=is_settable)

    def patterns(self, name: str | nodes.Node, local: Local) -> list[str]:
        """What a text or an expression can become, as shell patterns; a text that is no template is what it is.

        ``local`` holds the values of variables that only hold here: a loop's item, a role's path.
        """
        return _patterns(self._reader(), name, local)

    def settable(self, name: str | nodes.Node, local: Local, known: Container[str]) -> list[str]:
        """The patterns that a name has besides those ``known``, where an inventory or ``-e`` sets variables otherwise.

        These are the defaults of roles, variables of groups and hosts, and those that only ``default()`` gives a value.
        What ``local`` has holds, and so do paths. An open pattern needs a literal rest.
        """
        patterns = _patterns(self._reader(is_settable=True), name, local)
        return [one for one in patterns if one not in known and (ANY not in one or any(map(str.isalnum, one)))]

    def items(self, loop: Any, local: Local) -> list[Any]:
        """The literal items of a list, or of a template that ends at one."""
        return [item for value in self.options(loop, local) if isinstance(value, list) for item in value]

    def options(self, value: Any, local: Local) -> list[Any]:
        """What a value can be: itself, or what a template ends at; a text without braces is a bare expression."""
        if not isinstance(value, str):
            return [value]
        if len(value) > MAX_CHARACTERS:
            return []
        reader = self._reader()
        try:
            output, inner = output_in(value if "{{" in value else "{{ " + value + " }}", local)
            return reader.known(output[0], inner, 0) if len(output) == 1 else []
        except (JinjaError, RecursionError):
            return []

    def first_found(self, terms: Any, local: Local) -> list[Text]:
        """The names that the lookup ``first_found`` tries, which may be templates."""
        return self._reader().first_found(terms, {}, local, 0)

    def objects(self, node: nodes.Node, local: Local) -> list[Any]:
        """The values that an expression can have, as far as literals tell; empty for what is unknown."""
        return self._reader().objects(node, local, 0)

    def _spend(self, amount: int) -> bool:
        """Account for work, which is done by then."""
        self._left_for_one -= amount
        self.left -= amount
        is_over = min(self._left_for_one, self.left) < 0
        self.cut = self.cut or is_over
        return not is_over

    def _learned(self, name: str) -> list[Any]:
        found = list(self._values.get(name, {}).values())
        if not self.doubt:
            self.doubt = self._doubt(name, is_set=bool(found))
        return found

    def _learned_or_set(self, name: str) -> list[Any]:
        found = self._learned(name)
        return [*found, ANY] if name in self._defaults and any(map(_is_word, found)) else found

    def _doubt(self, name: str, *, is_set: bool) -> str:
        """How a variable may get another value: one of a name that is not known counts for what nothing sets."""
        how = self._unfollowed.get(name, "")
        if not (how or is_set or name.startswith("ansible_") or name in _OF_ANSIBLE):
            how = next((how for one, how in self._unfollowed_patterns.items() if fnmatchcase(name, one)), "")
        return how and f"{shortened(name, _SHOWN)} can have a value that is not followed: {how}"


def _patterns(reader: Expressions, name: str | nodes.Node, local: Local) -> list[str]:
    if isinstance(name, str):
        return reader.patterns(name, local, 0)
    try:
        return reader.named([reader.piece(name, local, 0)])
    except RecursionError:
        return [ANY]


def _is_word(value: Any) -> bool:
    """Whether a value is a choice that another may take the place of; paths and templates are none."""
    return isinstance(value, (str, int)) and "/" not in str(value) and not has_markers(str(value))


def collection_of(pattern: str) -> str:
    """The collection that a pattern of a full name begins with, empty where it has none or it is open."""
    full = split_name(pattern.partition(ANY)[0] + "_")
    return full[0] if full is not None else ""
