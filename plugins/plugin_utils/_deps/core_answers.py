# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-core says of itself: the keywords are attributes of its classes, whose import takes half a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class CoreAnswers:
    """``task_keywords`` are the keys of a task, a handler and a block that are no action, ``play_keywords`` of a play.

    ``requires_python`` are the versions of Python that it requires, empty where it was not installed as a package.
    """

    task_keywords: Sequence[str]
    play_keywords: Sequence[str]
    requires_python: str


@lru_cache(maxsize=1)
def ask_core() -> CoreAnswers:
    """Ask the ansible-core of this Python."""
    from ansible.playbook.block import Block
    from ansible.playbook.handler import Handler
    from ansible.playbook.play import Play

    tasks = {*Block.fattributes, *Handler.fattributes, "local_action"}
    # ``user`` is the old name of one.
    return CoreAnswers(sorted(tasks), sorted({*Play.fattributes, "user"}), _requires_python())


def _requires_python() -> str:
    import importlib.metadata

    try:
        return str(importlib.metadata.metadata("ansible-core").json.get("requires_python", ""))
    except importlib.metadata.PackageNotFoundError:
        return ""
