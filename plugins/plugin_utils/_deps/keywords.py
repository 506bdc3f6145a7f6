# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The keywords that ansible-core knows. They are its own attributes; to import what has them takes half a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class AnsibleKeywords:
    """``tasks`` are the keys of a task, a handler and a block that are no action, ``plays`` the keys of a play."""

    tasks: Sequence[str]
    plays: Sequence[str]


@lru_cache(maxsize=1)
def ansible_keywords() -> AnsibleKeywords:
    """Those of the ansible-core of this Python."""
    from ansible.playbook.block import Block
    from ansible.playbook.handler import Handler
    from ansible.playbook.play import Play

    tasks = {*Block.fattributes, *Handler.fattributes, "local_action"}
    # ``user`` is the old name of one.
    return AnsibleKeywords(sorted(tasks), sorted({*Play.fattributes, "user"}))
