# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The parts of a text with a template in it that are put out, and the variables that hold in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import nodes

from .jinja import has_markers, parsed
from .template_variables import assignments

#: A name of a file is not longer.
MAX_CHARACTERS = 10_000


@dataclass(frozen=True, eq=False)
class TemplateScope:
    """The variables that a template sets itself, inside of those that hold where it stands; see ``assignments``."""

    outer: Mapping[str, Any]
    assigned: Mapping[str, Sequence[nodes.Expr | None]]


Local = Mapping[str, Any] | TemplateScope


def outside(local: Local) -> Mapping[str, Any]:
    """The variables of a value that a template puts in: what the template sets is not among them."""
    return local.outer if isinstance(local, TemplateScope) else local


def output_in(text: str, local: Local) -> tuple[list[nodes.Node], Local]:
    """The parts that a template puts out one after the other, and the variables in them."""
    parts, assigned = _output(text)
    return parts, TemplateScope(outside(local), assigned) if assigned else local


@lru_cache(maxsize=1024)
def _output(text: str) -> tuple[list[nodes.Node], Mapping[str, Sequence[nodes.Expr | None]]]:
    template = parsed(text)
    return put_out(template.body), assignments(template) if "{%" in text else {}


def put_out(body: list[nodes.Node]) -> list[nodes.Node]:
    """The parts of a template, or of a part of it, that are put out; a loop counts as one unknown part."""
    parts: list[nodes.Node] = []
    for node in body:
        if isinstance(node, nodes.With):
            parts += put_out(node.body)
        elif not isinstance(node, (nodes.Assign, nodes.AssignBlock, nodes.Macro)):
            parts += node.nodes if isinstance(node, nodes.Output) else [node]
    return parts


def is_readable(value: Any) -> bool:
    """Whether a value is a template, and no longer than what is read."""
    return (
        isinstance(value, str)
        and not getattr(value, "inert", False)
        and len(value) <= MAX_CHARACTERS
        and has_markers(value)
    )
