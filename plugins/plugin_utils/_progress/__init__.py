# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How far a run is: what is done and expected, a percentage that never falls, and what tasks tell of themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .._profiles.names import DEFAULT_SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .channel import TaskProgress

_MAX_SERVER = 100


def progress_of(task: Any, host: str) -> TaskProgress | None:
    """Where the progress of ``task`` on ``host`` is told; None where nobody listens, or the task is not to be seen.

    Only the callback imports the channel, so that without it nothing is compiled.
    """
    channel = sys.modules.get(f"{__name__}.channel")
    return None if channel is None or task.no_log else channel.of_task(str(task._uuid), host)


def collections_told(progress: TaskProgress | None, source: str | None) -> Callable[[int, int], None] | None:
    """Is told how much of the collections of ``source`` is fetched; None where nobody listens."""
    return None if progress is None else progress.fetching(fetch_step(source))


def fetch_step(source: str | None) -> str:
    """What is said while collections are fetched: who waits for a server sees which one."""
    if source not in (None, DEFAULT_SOURCE):
        return "Fetch the collections"
    from ...module_utils._galaxy.settings import GalaxySettings
    from ...module_utils._printable import listed, shortened

    servers = [shortened(one, _MAX_SERVER) for one in GalaxySettings.of_user().servers]
    return f"Fetch the collections from {listed(servers) if servers else 'the default Galaxy server'}"
