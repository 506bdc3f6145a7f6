# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an operation gets and gives, and the table of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from digitalocean_double.account import Account, unprocessable
from digitalocean_double.faults import Fate

_TAG = re.compile(r"[a-zA-Z0-9_:-]{1,255}")


@dataclass(frozen=True)
class Answer:
    """What the API answers: without a body where there is none, with headers that only this answer has."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request that conforms: its parameters by name, its body, and what else an operation may need."""

    path: str
    parameters: Mapping[str, Any]
    body: Any
    #: The address of the API, for links.
    base: str
    #: The fate of the droplet that is created.
    fate: Callable[[], Fate]
    #: Tells the test what went wrong after the answer.
    problem: Callable[[BaseException], None]

    @staticmethod
    def check_tag(name: str) -> None:
        """Refuse what is no name of a tag: the description says so where tags are made, not where droplets are."""
        if not _TAG.fullmatch(name):
            raise unprocessable(f"tag {name!r} is invalid: letters, digits, '_', '-' and ':' are allowed")


_Handler = Callable[[Account, Call], Answer]
#: By the name that the description gives them.
OPERATIONS: dict[str, _Handler] = {}


def operation(*names: str) -> Callable[[_Handler], _Handler]:
    """Have a function carry out the operations of these names."""

    def register(handler: _Handler) -> _Handler:
        OPERATIONS.update(dict.fromkeys(names, handler))
        return handler

    return register


def page(call: Call, name: str, things: list[dict[str, Any]]) -> Answer:
    """The page of a list that a request asks for: the first with 20 by default."""
    size, number = call.parameters.get("per_page", 20), call.parameters.get("page", 1)
    last = max(1, -(-len(things) // size))
    pages: dict[str, int] = {}
    if number > 1:
        pages |= {"first": 1, "prev": number - 1}
    if number < last:
        pages |= {"next": number + 1, "last": last}
    kept = {key: value for key, value in call.parameters.items() if key != "page"}
    links = {rel: f"{call.base}{call.path}?{urlencode({**kept, 'page': target})}" for rel, target in pages.items()}
    body = {
        name: things[(number - 1) * size : number * size],
        "links": {"pages": links} if links else {},
        "meta": {"total": len(things)},
    }
    return Answer(200, body)
