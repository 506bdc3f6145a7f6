# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""An action without a module checks its options first, and an expected error is a failed result with its code."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import ControllerAction


class Divide(ControllerAction):
    """Divides, and has no answer for 0 and none to give for 1."""

    argument_spec = {"by": {"type": "int"}, "whole": {"type": "bool", "default": False}}
    rules = {"required_if": [("whole", True, ("by",))]}
    acted = 0

    def act(self, options: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        self.acted += 1
        if options["by"] == 0:
            raise StoreError("by: it is 0", store="/s")
        if options["by"] == 1:
            raise ZeroDivisionError
        return {"changed": True, **options, "host": task_vars.get("inventory_hostname")}


class WarnedDivide(Divide):
    """Says of an error what the base does not."""

    def failed(self, error: VenvError) -> dict[str, Any]:
        return {**super().failed(error), "warnings": [error.message]}


def action(plugin: type[Divide] = Divide, **arguments: Any) -> Divide:
    task = SimpleNamespace(args=arguments, check_mode=False, async_val=0, action="divide", diff=False)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
    return plugin(
        task=task, connection=connection, play_context=None, loader=None, templar=None, shared_loader_obj=None
    )


def test_the_options_are_converted_and_the_variables_handed_on() -> None:
    result = action(by="2").run(task_vars={"inventory_hostname": "web1"})
    assert result == {"changed": True, "by": 2, "whole": False, "host": "web1"}
    assert action(by=2).run()["host"] is None


@pytest.mark.parametrize(("arguments", "said"), [({"by": "x"}, "by"), ({"with": 2}, "with"), ({"whole": True}, "by")])
def test_options_that_do_not_fit_are_a_failure_before_anything_is_done(arguments: dict[str, Any], said: str) -> None:
    divide = action(**arguments)
    result = divide.run()
    assert (result["failed"], result["changed"], result["error_code"]) == (True, False, "bad_input")
    assert said in result["msg"] and divide.acted == 0


def test_an_expected_error_is_a_failure_with_its_details() -> None:
    result = action(by=0).run()
    assert result == {"failed": True, "changed": False, "msg": "by: it is 0", "error_code": "store", "store": "/s"}
    assert action(WarnedDivide, by=0).run() == {**result, "warnings": ["by: it is 0"]}


def test_any_other_error_is_one_of_the_program() -> None:
    with pytest.raises(ZeroDivisionError):
        action(by=1).run()
