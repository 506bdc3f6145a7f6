# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run the module of the same name, and tell how far it is while it runs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import new_ident
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import failed_result
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.follow import download_into, followed
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.told import ToldProgress, told_progress


class ActionModule(NormalAction):
    """Adds nothing but the progress."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """See ActionBase."""
        host = (task_vars or {}).get("inventory_hostname", "")
        given = self._task.args
        # The module, on the host, has no use for a directory of this machine.
        self._task.args = {option: value for option, value in given.items() if option != "run_directory"}
        run_directory = given.get("run_directory")
        is_run = not (self._task.async_val or self._task.check_mode)
        try:
            with told_progress(self._task, host, run_directory if is_run else None) as progress:
                with self._followed(progress):
                    result = dict(super().run(tmp, task_vars))
                progress.ended(result)
                return result
        except VenvError as error:
            return failed_result(error)
        finally:
            self._task.args = given  # for another try

    def _followed(self, progress: ToldProgress) -> AbstractContextManager[None]:
        dest = self._task.args.get("dest")
        if not progress.is_heard or self._task.async_val or not isinstance(dest, str):
            return nullcontext()
        ident = str(self._task.args.get("progress_id") or new_ident())
        self._task.args = {**self._task.args, "progress_id": ident}
        return followed(progress, download_into(self, dest, ident))
