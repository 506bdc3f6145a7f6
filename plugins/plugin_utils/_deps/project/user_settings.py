# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the user's environment, and a configuration that is not the project's, say of plugins.

Names and keys are those of ``config/base.yml`` of ansible-core. Collections are left out: the run sets where they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.mobile_ansible.venv.plugins.module_utils._ansible_config import SEARCH_PATHS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import expand_home, is_host_list

from .stamp import stamp_at

#: The variables that name plugins, and one that decides about wrong keys of includes.
_NAMES = {
    "ANSIBLE_BECOME_METHOD": ("privilege_escalation", "become_method"),
    "ANSIBLE_CACHE_PLUGIN": ("defaults", "fact_caching"),
    "ANSIBLE_CALLBACKS_ENABLED": ("defaults", "callbacks_enabled"),
    "ANSIBLE_FACTS_MODULES": ("defaults", "facts_modules"),
    "ANSIBLE_INVENTORY_CACHE": ("inventory", "cache"),
    "ANSIBLE_INVENTORY_CACHE_PLUGIN": ("inventory", "cache_plugin"),
    "ANSIBLE_INVENTORY_ENABLED": ("inventory", "enable_plugins"),
    "ANSIBLE_INVALID_TASK_ATTRIBUTE_FAILED": ("defaults", "invalid_task_attribute_failed"),
    "ANSIBLE_STDOUT_CALLBACK": ("defaults", "stdout_callback"),
    "ANSIBLE_STRATEGY": ("defaults", "strategy"),
    "ANSIBLE_TRANSPORT": ("defaults", "transport"),
    "ANSIBLE_VARS_ENABLED": ("defaults", "vars_plugins_enabled"),
}
#: The variables that list directories of plugins and of roles; ``inventory`` has commas between its entries.
_PATHS = {"ANSIBLE_HOME": "home", **SEARCH_PATHS}
_INVENTORY = {"ANSIBLE_INVENTORY": "inventory"}
#: The options of ansible-playbook that name plugins, and those that list paths.
_OPTIONS = {"--become-method": _NAMES["ANSIBLE_BECOME_METHOD"], "--connection": _NAMES["ANSIBLE_TRANSPORT"]}
_LISTS_OF_OPTIONS = {"--inventory": "inventory", "--module-path": "library"}
OPTIONS = (*_OPTIONS, *_LISTS_OF_OPTIONS)
_SEPARATORS = {**dict.fromkeys(_PATHS.values(), os.pathsep), "inventory": ","}


@dataclass(frozen=True)
class UserSetting:
    """A setting with the ``file`` and line that has it, or the variable or option; paths in ``value`` are absolute.

    ``adds``: the value of a file counts beside it.
    """

    section: str
    key: str
    value: str
    file: str
    line: int = 1
    adds: bool = False


def of_command_line(options: Mapping[str, Sequence[str]], *, home: str, current: str) -> list[UserSetting]:
    """The settings that ``options`` of ansible-playbook make, by their long names; of several the last counts."""
    found = [
        UserSetting(*_OPTIONS[name], values[-1], name)
        for name, values in sorted(options.items())
        if name in _OPTIONS and values
    ]
    for name, key in _LISTS_OF_OPTIONS.items():
        values = [one for one in options.get(name, ()) if key != "inventory" or not is_host_list(one)]
        if values:
            text = _value(key, _SEPARATORS[key].join(values), home, current, current)
            found.append(UserSetting("defaults", key, text, name, adds=key == "library"))
    return found


def of_environment(environment: Mapping[str, str], *, home: str, current: str) -> list[UserSetting]:
    """The settings that variables make; a relative path starts at the directory ``current``, as for Ansible."""
    keys = {**_NAMES, **{name: ("defaults", key) for name, key in {**_PATHS, **_INVENTORY}.items()}}
    return [
        UserSetting(*keys[name], _value(keys[name][1], environment[name], home, current, current), name)
        for name in sorted(keys)
        if environment.get(name)
    ]


def of_config(text: str, *, path: str, home: str, current: str) -> list[UserSetting]:
    """The settings of the configuration ``text`` at ``path``, to whose directory its paths are relative."""
    # What parses it takes long to import, and most runs have no such file.
    from .ini import setting_lines, settings_of, unquoted

    lines, known = setting_lines(text), {*_NAMES.values(), *(("defaults", key) for key in _SEPARATORS)}
    return [
        UserSetting(
            *name, _value(name[1], unquoted(value), home, os.path.dirname(path), current), path, lines.get(name, 1)
        )
        for name, value in settings_of(text, path=path).items()
        if name in known and value
    ]


def _value(key: str, value: str, home: str, directory: str, current: str) -> str:
    separator = _SEPARATORS.get(key)
    return separator.join(_absolute(value, separator, home, directory, current)) if separator is not None else value


def _absolute(value: str, separator: str, home: str, directory: str, current: str) -> Iterator[str]:
    """The entries of a search path; names of hosts, in an inventory, are no paths."""
    for entry in filter(None, (one.strip() for one in value.split(separator))):
        path = os.path.expandvars(expand_home(entry.replace("{{CWD}}", current), home=home))
        path = os.path.normpath(os.path.join(directory, path))
        if separator == os.pathsep or stamp_at(path) is not None:
            yield path
