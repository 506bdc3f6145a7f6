# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run the module of the same name, and tell how far it is while it runs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import new_ident
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import progress_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.follow import download_into, followed


class ActionModule(NormalAction):
    """Adds nothing but the progress."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See ActionBase."""
        with self._followed(task_vars or {}):
            return dict(super().run(tmp, task_vars))

    def _followed(self, variables: dict[str, Any]) -> AbstractContextManager[None]:
        progress = progress_of(self._task, variables.get("inventory_hostname", ""))
        dest = self._task.args.get("dest")
        if progress is None or self._task.async_val or not isinstance(dest, str):
            return nullcontext()
        ident = str(self._task.args.get("progress_id") or new_ident())
        self._task.args = {**self._task.args, "progress_id": ident}
        return followed(progress, download_into(self, dest, ident))
