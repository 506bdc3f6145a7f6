# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What one Python file imports, and what its functions do with it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .guards import Function, functions_of
from .imports import Import, parse_python
from .option_names import name_options_in_tests
from .plain_forms import use_plain_forms, written_defaults
from .switches import written_switches

# What only code needs that was not read before is imported there.


@dataclass(frozen=True)
class Code:
    """A parsed Python file; ``problem`` says why it could not be parsed, with the line.

    ``is_limit``: only the analysis cannot read or parse it.

    ``texts`` are the texts that it assigns to variables, at its top or in a class, ``defaults`` those of its options,
    ``switches`` settings that are on or off, and ``given`` what it gives values by name elsewhere.
    """

    path: Path
    imports: tuple[Import, ...] = ()
    functions: tuple[Function, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    given: Mapping[str, bool | None] = field(default_factory=dict)
    problem: str = ""
    line: int = 1
    is_limit: bool = False


def parsed_code(source: bytes, path: Path) -> Code:
    """Parse the source of the file ``path``."""
    from .import_finder import imports_of

    try:
        tree = parse_python(source)
        defaults = written_defaults(tree)
        use_plain_forms(tree)
        nodes = list(ast.walk(tree))
        switches, given = written_switches(nodes)
        name_options_in_tests(nodes)
        imports, functions = imports_of(tree, str(path)), functions_of(tree)
        return Code(path, imports, functions, dict(_texts(nodes)), defaults, switches, given)
    except SyntaxError as error:
        return Code(path, problem=f"it does not parse: {error.msg}", line=error.lineno or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        reason = f"it cannot be parsed: {str(error) or 'it is nested too deeply'}"
        return Code(path, problem=reason, is_limit=not isinstance(error, ValueError))


def _texts(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """The first assignment counts: it comes last here, in the order in which a dict is filled."""
    assigned = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    for node in reversed(assigned):
        value = getattr(node.value, "value", None)
        if isinstance(value, str):
            yield from ((target.id, value) for target in node.targets if isinstance(target, ast.Name))
