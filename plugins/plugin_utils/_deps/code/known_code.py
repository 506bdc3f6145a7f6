# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The code of a file as a fact about its content, so that a file that does not change is parsed once for all runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..facts import KnownFacts
from .conditions import OptionTest
from .demands import Handed
from .guards import Branch, Function, RequiredFlag
from .imports import Import
from .parsed_code import Code, parsed_code

_PLAIN = (str, int, float, bool, type(None))
#: Fields that are in a fact as they are in the code.
_COPIED = ("texts", "defaults", "switches", "given", "problem", "line", "is_limit")


def known_code(source: bytes, path: Path, facts: KnownFacts | None) -> Code:
    """The code of a file, from the facts where they have its content; without ``facts`` it is parsed."""
    if facts is None:
        return parsed_code(source, path)
    name = hashlib.sha256(source).hexdigest()
    fact: dict[str, Any] | None = facts.get(name, dict[str, Any])
    if fact is not None:
        facts.add(name, fact)
        return _read(fact, path)
    code = parsed_code(source, path)
    if all(isinstance(value, _PLAIN) for value in _literals(code)):
        facts.add(name, _written(code))
    return code


def _literals(code: Code) -> Iterator[object]:
    """The values in the code that can be any literal of Python, some of which JSON does not have."""
    yield from code.defaults.values()
    for function in code.functions:
        for branch in function.branches:
            yield from branch.test.values or ()


def _written(code: Code) -> dict[str, Any]:
    numbers = {id(function): number for number, function in enumerate(code.functions)}
    return {
        "imports": [{**vars(one), "flags": sorted(one.flags)} for one in code.imports],
        "functions": [_function(one, numbers) for one in code.functions],
        "texts": dict(code.texts),
        "defaults": dict(code.defaults),
        "switches": dict(code.switches),
        "given": dict(code.given),
        "problem": code.problem,
        "line": code.line,
        "is_limit": code.is_limit,
    }


def _function(function: Function, numbers: dict[int, int]) -> dict[str, Any]:
    """``numbers`` are the places of the functions in their file: a branch is one of them."""
    return {
        **vars(function),
        "always": sorted(function.always),
        "sometimes": sorted(function.sometimes),
        "required_flags": [
            {**vars(one), "flags": sorted(one.flags), "calls": sorted(one.calls)} for one in function.required_flags
        ],
        "branches": [
            {"test": vars(one.test), "function": numbers[id(one.function)], "certain": one.certain}
            for one in function.branches
        ],
        "results": {name: sorted(sources) for name, sources in function.results.items()},
        "bases": sorted(function.bases),
        "named": sorted(function.named),
        "passes": sorted(function.passes),
    }


def _read(fact: dict[str, Any], path: Path) -> Code:
    imports = (Import(**{**one, "flags": frozenset(one["flags"])}) for one in fact["imports"])
    functions = [_read_function(one) for one in fact["functions"]]
    for function, one in zip(functions, fact["functions"], strict=True):
        function.branches += [_read_branch(branch, functions) for branch in one["branches"]]
    rest = {name: fact[name] for name in _COPIED}
    return Code(path, tuple(imports), tuple(functions), **rest)


def _read_function(one: dict[str, Any]) -> Function:
    return Function(
        **{
            **one,
            "always": set(one["always"]),
            "sometimes": set(one["sometimes"]),
            "required_flags": [
                RequiredFlag(**{**flag, "flags": frozenset(flag["flags"]), "calls": frozenset(flag["calls"])})
                for flag in one["required_flags"]
            ],
            "branches": [],
            "results": {name: set(sources) for name, sources in one["results"].items()},
            "bases": frozenset(one["bases"]),
            "named": {Handed(*handed) for handed in one["named"]},
            "passes": {Handed(*handed) for handed in one["passes"]},
        }
    )


def _read_branch(one: dict[str, Any], functions: Sequence[Function]) -> Branch:
    values = one["test"]["values"]
    test = OptionTest(**{**one["test"], "values": None if values is None else tuple(values)})
    return Branch(test, functions[one["function"]], one["certain"])
