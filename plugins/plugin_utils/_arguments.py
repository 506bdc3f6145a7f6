# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options of a task, for action plugins that run no module to check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import AnsibleValidationError, UnsupportedError

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

#: Options that name one file or directory. An empty text would be the current directory, which nobody asked for.
_PATHS = ("dest", "path", "playbook")


def validated(spec: Mapping[str, Any], given: Mapping[str, Any], **rules: Any) -> dict[str, Any]:
    """The options ``given``, checked and converted as a module with this ``spec`` does; raises :class:`InputError`.

    ``rules`` are those of :class:`AnsibleModule` between options, such as ``required_if``.
    """
    values = {name: inventory_sources(value) if name == "inventory" else value for name, value in given.items()}
    checked = ArgumentSpecValidator(dict(spec), **rules).validate(values)
    if checked.error_messages:
        raise InputError("; ".join(_message(error) for error in checked.errors))
    options = dict(checked.validated_parameters)
    for name in _PATHS:
        if isinstance(options.get(name), str) and not options[name].strip():
            raise InputError(
                f"{name}: it is empty, as a variable without a value is; set it to a path, or leave it out"
            )
    return options


def inventory_sources(value: Any) -> Any:
    """A text is one source, as for ``ansible-playbook -i``: its commas are those of a list of hosts.

    Raises :class:`InputError` for an entry that names nothing.
    """
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list) and any(isinstance(one, str) and not one.strip() for one in value):
        raise InputError("the option 'inventory' has an empty entry: name a file, a directory or hosts, or remove it")
    return value


def _message(error: AnsibleValidationError) -> str:
    """Of an unknown option, the validator says only the name, and ``AnsibleModule`` the rest."""
    return f"Unsupported parameters: {error.msg}" if isinstance(error, UnsupportedError) else str(error.msg)
