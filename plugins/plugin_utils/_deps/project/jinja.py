# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Names of plugins in Jinja: jinja2's own parser makes a tree, which is read and never rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.lexer import Lexer
from jinja2.parser import Parser

from .template_variables import assignments, walked

#: Longer texts are not read: no one writes them. For so many tokens the parser takes most of a second.
MAX_CHARACTERS = 1_000_000
MAX_TOKENS = 60_000
#: Longer texts are not matched as a whole.
_SHORT = 2000
#: Text with variables, their attributes and items alone, which is always valid: most values are no more than that.
_VARIABLE = r"(?!(?:not|and|or|in|is|if|else)\b)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\['[^'\\{}]*'\]|\[\d{1,9}\])*"
_ONLY_VARIABLES = re.compile(rf"[^{{}}]*(?:\{{\{{ *{_VARIABLE} *\}}\}}[^{{}}]*)*", re.ASCII)
#: The functions that call a lookup.
LOOKUPS = frozenset({"lookup", "query", "q"})
#: Filters whose first argument names another filter, and those where an argument names a test.
_NAMES_FILTER = {"map": 0}
_NAMES_TEST = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
_HEADER = re.compile(r"\A#jinja2:(?P<options>[^\n]{0,1000})\n")
#: The options of a template that change how it is read.
DELIMITERS = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
)
#: Those that the lookup ``template`` has.
_OF_LOOKUP = tuple(name for name in DELIMITERS if not name.startswith("block"))
#: The plugins that have options of their own, for which the lookup ``config`` looks.
CONFIGURED_PLUGINS = frozenset({
    "become", "cache", "callback", "cliconf", "connection", "httpapi", "inventory", "lookup", "netconf", "shell",
    "vars",
})  # fmt: skip
_EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.loopcontrols")


@dataclass(frozen=True)
class JinjaName:
    """A plugin's name in a text: ``kind`` is filter, test, lookup or template (a file that is included).

    ``expression`` is what names it where that is no literal; ``name`` is empty then.
    """

    kind: str
    name: str
    line: int
    expression: nodes.Node | None = field(default=None, compare=False, repr=False)
    #: For a template, the literal options of the lookup that renders it.
    options: tuple[tuple[str, str], ...] = ()
    is_rendered: bool = False
    #: What the variables can be that the template sets itself; see ``assignments``.
    assigned: Mapping[str, Sequence[nodes.Expr | None]] = field(default_factory=dict, compare=False, repr=False)


class JinjaError(Exception):
    """The text does not parse; ``line`` counts from 1 within the text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


_OPTIONS: dict[str, Any] = {"extensions": list(_EXTENSIONS), "trim_blocks": True, "autoescape": False}


def environment(**delimiters: str) -> jinja2.Environment:
    """An environment to parse with; nothing is ever rendered in it."""
    return jinja2.Environment(**{**_OPTIONS, **delimiters})


_ENVIRONMENT = environment()


class _ValueLexer(Lexer):
    """A backslash in the strings of a value is one, as ``AnsibleLexer`` of Ansible's ``_templating`` has it."""

    def tokeniter(self, *arguments: Any, **named: Any) -> Iterator[tuple[int, str, str]]:
        """What ``Lexer.wrap`` decodes then."""
        is_expression = False
        for line, kind, part in super().tokeniter(*arguments, **named):
            is_expression = kind == "variable_begin" or (is_expression and kind != "variable_end")
            yield line, kind, part.replace("\\", "\\\\") if is_expression and kind == "string" else part


class _ValueEnvironment(jinja2.Environment):
    @cached_property
    def lexer(self) -> Lexer:  # Jinja has a property here, which asks a cache of its own
        return _ValueLexer(self)


_OF_VALUES = _ValueEnvironment(**_OPTIONS)


def has_markers(text: str) -> bool:
    """Whether a text has what Ansible opens an expression or a statement with."""
    return "{{" in text or "{%" in text  # A loop takes longer, and it is asked everywhere.


def has_no_names(text: str) -> bool:
    """Whether that a value has no names in it can be seen without a parser: plain text, and variables alone."""
    return not has_markers(text) or _only_variables(text)


def names_in_text(text: str) -> tuple[JinjaName, ...]:
    """The names in a value with ``{{ }}`` or ``{% %}``; none for plain text. Raises :class:`JinjaError`."""
    return () if has_no_names(text) else tuple(_names(parsed(text)))


def names_in_expression(text: str) -> tuple[JinjaName, ...]:
    """The names in a bare expression (``when:`` and its like); one that is none, but has braces, is read as text."""
    return tuple(_names(parsed_expression(text)))


def _only_variables(text: str) -> bool:
    return len(text) <= _SHORT and _ONLY_VARIABLES.fullmatch(text) is not None


def names_in_template(text: str, delimiters: dict[str, str]) -> tuple[JinjaName, ...]:
    """The names in a template file; its ``#jinja2:`` line goes before ``delimiters`` of the task."""
    header = _HEADER.match(text)
    chosen = {key: value for key, value in delimiters.items() if key in DELIMITERS}
    if header:
        chosen.update(_header_options(header["options"]))
        text = "\n" + text[header.end() :]
    try:
        parser = environment(**chosen) if chosen else _ENVIRONMENT
    except (AssertionError, ValueError, TypeError) as error:
        raise JinjaError(f"its delimiters cannot be used: {error}", 1) from error
    return tuple(_names(_parse(parser, text)))


def parsed(text: str) -> nodes.Template:
    """The tree of a value with ``{{ }}``, which is read for its names and for its value. Raises :class:`JinjaError`."""
    return _parse(_OF_VALUES, text)


def parsed_expression(text: str) -> nodes.Template:
    """The tree of a bare expression, whose strings may have braces, or of a value with ``{{ }}``."""
    try:
        return _parse(_ENVIRONMENT, "{{ (" + text + "\n) }}")
    except JinjaError:
        if not has_markers(text):
            raise
    return _parse(_ENVIRONMENT, text)


def _parse(parser: jinja2.Environment, text: str) -> nodes.Template:
    if len(text) > MAX_CHARACTERS:
        raise JinjaError(f"it is longer than {MAX_CHARACTERS} characters", 1)
    try:
        if len(text) > MAX_TOKENS and sum(1 for _token in islice(parser.lex(text), MAX_TOKENS + 1)) > MAX_TOKENS:
            raise JinjaError(f"it has more than {MAX_TOKENS} tokens", 1)
        # As ``Environment.parse``, which also tells each node of the environment: nothing is rendered.
        return nodes.Template(Parser(parser, text).subparse(), lineno=1)
    except jinja2.TemplateSyntaxError as error:
        raise JinjaError(error.message or "it does not parse", error.lineno) from error
    except (RecursionError, MemoryError) as error:
        raise JinjaError("it is nested too deeply", 1) from error
    except (ValueError, OverflowError) as error:  # a number of thousands of digits
        raise JinjaError(str(error), 1) from error


def _header_options(line: str) -> dict[str, str]:
    """``variable_start_string:'[%', trim_blocks: "yes"`` as a dict of what matters to the parser."""
    found = re.findall(r"(\w+)\s*:\s*(['\"])(.*?)\2", line)
    return {name: value for name, _quote, value in found if name in DELIMITERS}


def _names(template: nodes.Template) -> Iterator[JinjaName]:
    """The names in a tree, each with what the template sets itself where it is needed."""
    assigned: Mapping[str, Sequence[nodes.Expr | None]] | None = None
    for node in walked(template):
        for one in _names_of(node):
            if one.expression is None:
                yield one
                continue
            assigned = assignments(template) if assigned is None else assigned
            yield replace(one, assigned=assigned)


def _names_of(node: nodes.Node) -> Iterator[JinjaName]:
    if isinstance(node, nodes.Filter) and node.name:
        yield JinjaName("filter", node.name, node.lineno)
        yield from _named_by_argument(node)
    elif isinstance(node, nodes.Test) and node.name:
        yield JinjaName("test", node.name, node.lineno)
    elif isinstance(node, nodes.Call):
        yield from _lookup(node)
    elif isinstance(node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield from _included(node.template)


def _included(node: nodes.Expr) -> Iterator[JinjaName]:
    """The files of an include, which takes the first of a list that exists."""
    for one in node.items if isinstance(node, (nodes.List, nodes.Tuple)) else [node]:
        yield _named("template", one)


def _lookup(node: nodes.Call) -> Iterator[JinjaName]:
    if not isinstance(node.node, nodes.Name) or node.node.name not in LOOKUPS or not node.args:
        return
    found = _named("lookup", node.args[0])
    yield found
    if found.name.removeprefix("ansible.builtin.") == "template":
        options = tuple(
            (one.key, text)
            for one in node.kwargs
            if one.key in _OF_LOOKUP and (text := _constant(one.value)) is not None
        )
        for file in node.args[1:]:
            yield replace(_named("template", file), options=options, is_rendered=True)
    yield from _of_options(found.name.removeprefix("ansible.builtin."), node)


def _of_options(lookup: str, node: nodes.Call) -> Iterator[JinjaName]:
    """The plugin whose option the lookup ``config`` reads, and the hashing of the lookup ``password``.

    ``do_encrypt`` of ``utils/encrypt.py`` does the latter for the filter ``password_hash`` as well.
    """
    options = {one.key: one.value for one in node.kwargs}
    kind = _constant(options.get("plugin_type"))
    if lookup == "config" and kind in CONFIGURED_PLUGINS and "plugin_name" in options:
        yield _named(kind, options["plugin_name"])
    is_hashed = _constant(options.get("encrypt")) not in (None, "") or _is_open(options.get("encrypt"))
    if lookup == "password" and (is_hashed or any(map(_encrypts, node.args[1:]))):
        yield JinjaName("filter", "ansible.builtin.password_hash", node.lineno)


def _is_open(node: nodes.Node | None) -> bool:
    return node is not None and not isinstance(node, nodes.Const)


def _encrypts(term: nodes.Expr) -> bool:
    """Whether a term of the lookup ``password`` asks for a hash: ``/dev/null encrypt=sha512_crypt``."""
    return any(encrypts(_constant(one) or "") for one in walked(term))


def encrypts(term: str) -> bool:
    """Whether a text has the parameter ``encrypt``; its value may be in an expression that follows."""
    return any(word.startswith("encrypt=") for word in term.split())


def _named_by_argument(node: nodes.Filter) -> Iterator[JinjaName]:
    for kind, table in (("filter", _NAMES_FILTER), ("test", _NAMES_TEST)):
        position = table.get(node.name.removeprefix("ansible.builtin."))
        if position is not None and len(node.args) > position:
            yield _named(kind, node.args[position])


def _named(kind: str, node: nodes.Expr, line: int | None = None) -> JinjaName:
    name, line = _constant(node), node.lineno if line is None else line
    return JinjaName(kind, name, line) if name is not None else JinjaName(kind, "", line, node)


def _constant(node: nodes.Node | None) -> str | None:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return node.value
    return None
