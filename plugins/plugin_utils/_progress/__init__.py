# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How far a run is: what is done and expected, a percentage that never falls, and what tasks tell of themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .channel import TaskProgress


def progress_of(task: Any, host: str) -> TaskProgress | None:
    """Where the progress of ``task`` on ``host`` is told; None where nobody listens, or the task is not to be seen.

    Only the callback imports the channel, so that without it nothing is compiled.
    """
    channel = sys.modules.get(f"{__name__}.channel")
    return None if channel is None or task.no_log else channel.of_task(str(task._uuid), host)


def collections_told(progress: TaskProgress | None) -> Callable[[int, int], None] | None:
    """Is told how much of the collections is fetched; None where nobody listens."""
    return None if progress is None else progress.fetching("Fetch the collections")
