# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ``main()`` of modules, most of which work on a store: options in, one result or one error out."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule

from ._disk_errors import no_space_reported
from ._errors import VenvError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def run_module(
    run: Callable[[AnsibleModule], dict[str, Any]], argument_spec: Mapping[str, Mapping[str, Any]], **rules: Any
) -> None:
    """Hand the module to ``run``, and what it returns or raises to Ansible.

    With an option ``store``, errors of files are the store's. ``rules`` are arguments of :class:`AnsibleModule`.
    """
    module = AnsibleModule(argument_spec=argument_spec, **{"supports_check_mode": True, **rules})
    try:
        with no_space_reported(module.params["store"]) if "store" in argument_spec else nullcontext():
            result = run(module)
    except VenvError as error:
        module.fail_json(**error.details())
    module.exit_json(**result)
