# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Every way to choose one value for each part, where a part can be several things."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from .literal_functions import Some
from .scope import ANY

#: Items of lists, or members of mappings, that stand for one whose items can be several things.
MAX_CHOICES = 200


def count(options: Iterable[Sequence[Any]]) -> int:
    """How many ways there are."""
    return math.prod(map(len, options))


def lists(options: Sequence[list[Any]]) -> list[list[Any]]:
    """Every list that can be, by what each of its items can be; too many of them become one that has them all."""
    if count(options) * len(options) > max(MAX_CHOICES, len(options)):
        return [Some(itertools.chain.from_iterable(options))]
    return [list(way) for way in itertools.product(*options)]


def mappings(keys: Sequence[str], options: Sequence[list[Any]]) -> list[dict[str, Any]]:
    """Every mapping that can be; of too many, only the members are known that can be one thing."""
    if count(options) > MAX_CHOICES:
        options = [one if len(one) == 1 else [ANY] for one in options]
    return [dict(zip(keys, way, strict=True)) for way in itertools.product(*options)]
