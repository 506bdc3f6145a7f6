# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The base of action plugins that run no module: options in, one result or one error out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError

from ._arguments import validated


def failed_result(error: VenvError) -> dict[str, Any]:
    """The result of a task that fails with ``error``."""
    return {"failed": True, "changed": False, **error.details()}


class ControllerAction(ActionBase):
    """Works on the controller and needs no connection; a plugin adds its options and :meth:`act`."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    argument_spec: ClassVar[Mapping[str, Mapping[str, Any]]]
    #: The rules between options, such as ``required_if``, as of :class:`AnsibleModule`.
    rules: ClassVar[Mapping[str, Any]] = {}

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Check the options and act; see ActionBase."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            options = validated(self.argument_spec, self._task.args, **self.rules)
            return {**result, **self.act(options, task_vars or {})}
        except VenvError as error:
            return {**result, **self.failed(error)}

    @abstractmethod
    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """The result of the task; raises :class:`VenvError`."""

    def failed(self, error: VenvError) -> dict[str, Any]:
        """The result of a task that fails with ``error``."""
        return failed_result(error)
