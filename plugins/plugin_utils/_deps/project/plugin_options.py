# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Keywords, variables and options of actions whose value is the name of a plugin.

ansible-core's documentation has no type for such an option, so that they are listed, each with where core uses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .yaml import Text, line_of

#: Keywords of plays, blocks and tasks, with the kind of the plugin (``playbook/base.py``, ``playbook/play.py``).
PLUGIN_KEYWORDS = {"connection": "connection", "become_method": "become", "strategy": "strategy"}
#: Variables, with the kind of the plugin.
PLUGIN_VARIABLES = {
    "ansible_connection": "connection",  # constants.py, MAGIC_VARIABLE_MAPPING, as the next three
    "ansible_become_method": "become",
    "ansible_network_os": "network_os",
    "ansible_shell_type": "shell",
    "ansible_facts_modules": "module",  # config/base.yml, FACTS_MODULES, which plugins/action/gather_facts.py runs
    "ansible_package_use": "module",  # plugins/action/package.py
}
#: Values that stand for no plugin: ``auto`` of the options below, ``smart`` of FACTS_MODULES.
AUTOMATIC = frozenset({"auto", "smart"})


@dataclass(frozen=True)
class PluginOption:
    """An option of an action; ``optional``: see ``OpenName``."""

    option: str
    kind: str
    optional: bool = False


#: By the short name of the action. Both run the module that they are told (``plugins/action/package.py`` and
#: ``service.py``); the second takes ``ansible.legacy.service`` instead of one that is not there.
_OPTIONS = {
    "package": PluginOption("use", "module"),
    "service": PluginOption("use", "module", optional=True),
}


def named_plugins(action: str, arguments: Mapping[str, Any]) -> Iterator[tuple[PluginOption, Text]]:
    """The plugins that the options of an action name, by the action's short name."""
    option = _OPTIONS.get(action)
    if option is not None:
        yield from ((option, name) for name in plugin_names(arguments.get(option.option)))


def plugin_names(value: Any) -> Iterator[Text]:
    """The names in a value: a text, one with commas, or a list of them."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            whole = "{" in item or getattr(item, "inert", False)
            for name in [item] if whole else item.split(","):
                if name.strip() not in AUTOMATIC:
                    yield Text.at(name.strip(), line_of(item), inert=getattr(item, "inert", False))
