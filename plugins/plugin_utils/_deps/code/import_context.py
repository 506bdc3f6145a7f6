# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What stands around an import: what happens where it is missing, and what asks for it later."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .conditions import branch_name, names_used, option_test, settled

#: Statements after which a function does nothing more, or nothing more with this item of a loop.
_LEAVING = (ast.Return, ast.Continue, ast.Break)
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass
class Facts:
    """What a part of a file does with names, gathered once for all imports in it.

    ``reads`` counts how often it reads a name, ``holders`` how often for an attribute only, ``stores`` how often the
    name gets a value; ``shared`` are declared global. Of a ``try`` also what gets a value in its handlers (``stubs``),
    and anywhere in it (``assigned``).
    """

    reads: Counter[str] = field(default_factory=Counter)
    holders: Counter[str] = field(default_factory=Counter)
    stores: Counter[str] = field(default_factory=Counter)
    shared: set[str] = field(default_factory=set)
    stubs: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)


class ImportContext:
    """What stands around an import, gathered from the top of the file inwards."""

    def __init__(self, known: dict[ast.AST, Facts]) -> None:
        self._known = known
        self._file: ast.AST | None = None
        self._definition: ast.FunctionDef | ast.AsyncFunctionDef | None = None
        self._tries: list[ast.Try] = []
        self.guard = "hard"
        self.flags: set[str] = set()
        self.stubs: set[str] = set()
        self.function = ""
        self.conditional = False
        self.attempt = 0
        self.block = 0
        self.alternative = 0
        self.caught = False
        self._caught_outside = False
        self._in_handler = False

    def enter(self, parent: ast.AST, child: ast.AST) -> None:
        """Go from ``parent`` into its ``child``."""
        self._file = parent if self._file is None else self._file
        if isinstance(parent, ast.Try) and _catches_missing(parent):
            self._enter_try(parent, child)
        elif isinstance(parent, ast.With):
            names = _declared(parent)
            if names:
                self.guard = "guarded"
                self.flags |= {f"deps:{name}" for name in names}
        elif isinstance(parent, ast.If) and child is not parent.test:
            self._enter_branch(parent, taken=child in parent.body)
        elif isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._definition, self._tries = parent, []
            self.function, self.flags, self.conditional = parent.name, set(), False

    def uses(self, bound: str) -> bool:
        """Whether the function that imports a name goes on with it when it is missing.

        It does not where the handler leaves the function, or where the name is used within the ``try`` only. What is
        imported for the whole file is used elsewhere.
        """
        if self._definition is None or not self._tries or bound in self._facts(self._definition).shared:
            return True
        innermost = self._tries[-1]
        within = sum(self._facts(part).reads[bound] for part in (*innermost.body, *innermost.orelse))
        return not _leaves(innermost) and self._facts(self._definition).reads[bound] > within

    def _enter_try(self, parent: ast.Try, child: ast.AST) -> None:
        if isinstance(child, ast.ExceptHandler):
            if not self._in_handler:
                self.attempt, self._caught_outside = parent.lineno, self.caught
            self._in_handler, self.caught = True, self._caught_outside
            self.alternative += 1
            if self.guard != "unlikely":
                self.guard = "fallback"
        elif child in parent.body:
            self._enter_body(parent)
        self.flags |= self._names(parent)[1]
        if self._definition is not None and _leaves(parent):
            # Whoever calls it can ask it whether the import worked.
            self.flags.add(self._definition.name)

    def _enter_body(self, parent: ast.Try) -> None:
        if not self._in_handler:
            # The second choices within it are of its own: whoever is further out tries something else.
            self.attempt, self._caught_outside = parent.lineno, self.caught
        self.block = parent.lineno
        self._tries.append(parent)
        if not _raises(parent):
            self.guard = "guarded" if self.guard == "hard" else self.guard
            self.caught = True
        self.stubs |= {name for name in self._names(parent)[0] if not self._is_as_good_as_none(name, parent)}

    def _enter_branch(self, parent: ast.If, *, taken: bool) -> None:
        state = settled(parent.test)
        if state is not None:
            self.guard = self.guard if state == taken else "unlikely"
        elif names_used(parent.test) & {"version_info", "platform"}:
            self.guard, self.caught = "fallback", True
        elif self.function and option_test(parent.test) is not None:
            self.function = branch_name(parent, taken=taken)
        else:
            self.conditional = True

    def _is_as_good_as_none(self, name: str, parent: ast.Try) -> bool:
        """Whether only ``object`` or ``None`` takes the place of a name that all of the file reads for its attributes.

        Neither has them, so that the plugin fails where it uses the name.
        """
        if self._file is None:
            return False
        facts = self._facts(self._file)
        given = [value for handler in parent.handlers for value in _given(handler, name)]
        return (
            bool(given)
            and all(map(_has_nothing, given))
            and facts.stores[name] == len(given)
            and facts.holders[name] == facts.reads[name] > 0
        )

    def _names(self, parent: ast.Try) -> tuple[set[str], set[str]]:
        """What gets a value in the handlers of a ``try``, and in all of it."""
        facts = self._facts(parent)
        if not facts.assigned:
            everything = [*parent.body, *parent.orelse, *parent.handlers]
            facts.stubs, facts.assigned = _assigned(parent.handlers), _assigned(everything)
        return facts.stubs, facts.assigned

    def _facts(self, node: ast.AST) -> Facts:
        if node not in self._known:
            facts = self._known[node] = Facts()
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name):
                    counted = facts.reads if isinstance(inner.ctx, ast.Load) else facts.stores
                    counted[inner.id] += 1
                elif isinstance(inner, ast.Attribute):
                    facts.holders.update([inner.value.id] if isinstance(inner.value, ast.Name) else ())
                elif isinstance(inner, ast.Global):
                    facts.shared.update(inner.names)
        return self._known[node]


def _catches_missing(node: ast.Try) -> bool:
    return any(_catches(handler) for handler in node.handlers)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", getattr(kind, "attr", "")) in _IMPORT_ERRORS for kind in kinds)


def _raises(node: ast.Try) -> bool:
    """Whether every handler gives up: then the import is as good as unguarded."""
    return bool(node.handlers) and all(
        any(isinstance(step, ast.Raise) or _fails(step) for step in handler.body) for handler in node.handlers
    )


def _fails(step: ast.stmt) -> bool:
    call = step.value if isinstance(step, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in ("fail_json", "exit", "raise_from", "fail")


def _assigned(parts: Iterable[ast.AST]) -> set[str]:
    """The names that get a value in the parts of a ``try``."""
    names: set[str] = set()
    for part in parts:
        for step in ast.walk(part):
            if isinstance(step, ast.Name) and isinstance(step.ctx, ast.Store):
                names.add(step.id)
            elif isinstance(step, ast.alias):
                names.add(step.asname or step.name.partition(".")[0])
            elif isinstance(step, (ast.ClassDef, ast.FunctionDef)):
                names.add(step.name)
    return names


def _given(handler: ast.ExceptHandler, name: str) -> Iterator[ast.AST]:
    """The values that a handler assigns to a name, and what else in it gets the name."""
    for step in ast.walk(handler):
        if isinstance(step, ast.Assign):
            named = [target for target in step.targets if isinstance(target, ast.Name) and target.id == name]
            yield from [step.value] if named else []
        elif isinstance(step, (ast.alias, ast.ClassDef, ast.FunctionDef)) and name in _assigned([step]):
            yield step


def _has_nothing(value: ast.AST) -> bool:
    """``object`` or ``None``."""
    return getattr(value, "id", None) == "object" or (isinstance(value, ast.Constant) and value.value is None)


def _declared(node: ast.With) -> list[str]:
    """The names of ``with deps.declare("x"):`` (community.general), where a failure waits for ``deps.validate()``."""
    calls = [item.context_expr for item in node.items]
    return [
        str(getattr(call.args[0], "value", ""))
        for call in calls
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "declare" and call.args
    ]


def _leaves(node: ast.Try) -> bool:
    return any(isinstance(handler.body[-1], _LEAVING) for handler in node.handlers)
