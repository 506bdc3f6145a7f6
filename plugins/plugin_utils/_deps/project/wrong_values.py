# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Keywords of plays, blocks and tasks whose values Ansible refuses, whatever the variables are.

The rules are those of ``playbook/base.py``, ``playbook/play.py``, ``playbook/role/`` and ``vars/manager.py``. A number
or boolean is a :class:`Scalar` here: as the name of a file or role it is one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .scan import is_template
from .yaml import Scalar, is_text

_PROMPT = frozenset(["name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"])
_A_MAPPING = "it must be a mapping"
#: Any other keyword without a value is as good as none.
_NEVER_NULL = frozenset({"loop_control", "tags"})
LISTEN = "listen"
_FILES = "its items must be names of files, or lists of these"


def wrong_values(holder: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those of the keywords ``names`` whose values in ``holder`` Ansible refuses, each with what they have to be."""
    for name in names:
        is_given = name in holder and (holder[name] is not None or name in _NEVER_NULL)
        reason = _RULES[name](holder[name]) if is_given else ""
        if reason:
            yield name, reason


def _vars(value: Any) -> str:
    if not isinstance(value, Mapping):
        return _A_MAPPING
    return next((f"{name!s} is no name of a variable" for name in value if not _is_variable(name)), "")


def _is_variable(name: Any) -> bool:
    return not isinstance(name, Scalar) and str(name).isidentifier()


def _vars_files(value: Any) -> str:
    """Of an inner list the first file that exists is taken, so that only the first item is sure to be looked at."""
    items = value if isinstance(value, list) else [value]
    first = [item[0] if isinstance(item, list) and item else item for item in items if item != []]
    return "" if all(isinstance(one, str) for one in first) else _FILES


def _vars_prompt(value: Any) -> str:
    for prompt in value if isinstance(value, list) else [value]:
        if not isinstance(prompt, Mapping):
            return "its items must be mappings"
        if "name" not in prompt:
            return "an item has no name"
        unknown = next((str(key) for key in prompt if key not in _PROMPT), None)
        if unknown is not None:
            return f"an item has the unknown key {unknown}"
    return ""


def _collections(value: Any) -> str:
    return "" if _are_texts(value) else "its items must be names of collections"


def _listen(value: Any) -> str:
    return "" if _are_texts(value) else "it must be a text or a list of texts"


def _are_texts(value: Any) -> bool:
    return all(map(is_text, value if isinstance(value, list) else [value]))


def _tags(value: Any) -> str:
    return "" if isinstance(value, list) or is_text(value) else "it must be a text or a list"


def _register(value: Any) -> str:
    """A mapping is right in newer releases."""
    return f"{value} is no name of a variable" if isinstance(value, str) and not _is_variable(value) else ""


def _module_defaults(value: Any) -> str:
    entries = value if isinstance(value, list) else [value]
    return "" if all(isinstance(one, Mapping) for one in entries) else "it must be a mapping, or a list of mappings"


def _loop_control(value: Any) -> str:
    return "" if isinstance(value, Mapping) else _A_MAPPING


def _args(value: Any) -> str:
    """A template can be a mapping when the task runs."""
    is_one = isinstance(value, Mapping) or (isinstance(value, str) and is_template(value))
    return "" if is_one else _A_MAPPING


_RULES: Mapping[str, Callable[[Any], str]] = {
    "vars": _vars,
    "vars_files": _vars_files,
    "vars_prompt": _vars_prompt,
    "collections": _collections,
    "module_defaults": _module_defaults,
    "loop_control": _loop_control,
    "args": _args,
    "tags": _tags,
    "register": _register,
    LISTEN: _listen,
}
#: Keywords of plays, blocks, tasks and roles.
COMMON = ("vars", "collections", "module_defaults", "tags")
OF_A_PLAY = ("vars_prompt",)
OF_A_TASK = ("loop_control", "args", "register")
OF_A_HANDLER = (LISTEN,)
OF_METADATA = ("collections",)
#: What Ansible looks at when it gets to the play; it looks at the others when it reads the file.
AT_RUN_TIME = ("vars_files",)
