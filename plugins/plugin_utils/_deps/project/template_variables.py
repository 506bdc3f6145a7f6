# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The variables that a template sets itself: with ``set``, ``with`` and ``for``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jinja2 import nodes


def walked(template: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes, without recursion: an expression of a thousand terms is a thousand levels deep."""
    pending: list[nodes.Node] = [template]
    while pending:
        node = pending.pop()
        for name in node.fields:
            item = getattr(node, name, None)
            inner = item if isinstance(item, list) else (item,)
            pending += [one for one in inner if isinstance(one, nodes.Node)]
        yield node


def assignments(template: nodes.Template) -> Mapping[str, Sequence[nodes.Expr | None]]:
    """What the variables that a template sets can be; None, where that may be what they are outside of it."""
    found: dict[str, list[nodes.Expr | None]] = {}
    for node in walked(template):
        for name, value in _assigned(node):
            found.setdefault(name, []).append(value)
    sure = {name for node in template.body if not isinstance(node, nodes.For) for name, _value in _assigned(node)}
    return {name: values if name in sure else [*values, None] for name, values in found.items()}


def _assigned(node: nodes.Node) -> Iterator[tuple[str, nodes.Expr]]:
    """The variables that a node sets: by ``set``, with ``with``, or to an item of what is looped over."""
    if isinstance(node, nodes.Assign):
        yield from _unpacked(node.target, node.node)
    elif isinstance(node, nodes.AssignBlock) and node.filter is None:
        parts = [part for one in node.body for part in (one.nodes if isinstance(one, nodes.Output) else [one])]
        yield from _unpacked(node.target, nodes.Concat(parts, lineno=node.lineno))
    elif isinstance(node, nodes.With):
        for target, value in zip(node.targets, node.values, strict=True):
            yield from _unpacked(target, value)
    elif isinstance(node, nodes.For):
        yield from _unpacked(node.target, nodes.Filter(node.iter, "random", [], [], None, None, lineno=node.lineno))


def _unpacked(target: nodes.Node, value: nodes.Node) -> Iterator[tuple[str, nodes.Expr]]:
    """``a = value``, or ``a, b = value``."""
    if isinstance(target, nodes.Name) and isinstance(value, nodes.Expr):
        yield target.name, value
    elif isinstance(target, nodes.Tuple):
        for number, one in enumerate(target.items):
            yield from _unpacked(one, nodes.Getitem(value, nodes.Const(number), "load", lineno=target.lineno))
