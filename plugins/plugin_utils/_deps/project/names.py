# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a dotted name is: identifiers, or it is no name. Whatever becomes a path or a collection is read here first."""

from __future__ import annotations

import keyword
import re

#: Letters of ASCII: what Galaxy accepts, and no two names that look alike. The longest that a file system can hold.
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,239}")
_MAX_PARTS = 40
_OF_CORE = re.compile(r"^ansible\.(?:builtin|legacy)\.")
#: What Ansible reads as YAML: files of tasks, and files of variables.
YAML_ENDINGS = (".yml", ".yaml")
DATA_ENDINGS = (*YAML_ENDINGS, ".json")
#: What Ansible reads as nothing (REJECT_EXTS in its ``constants.py``), and what it does not run as a module.
IGNORED_ENDINGS = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".retry")
NO_MODULE_ENDINGS = (*IGNORED_ENDINGS[:9], ".yaml", ".yml", ".ini")
#: What ``module_utils/parsing/convert_bool.py`` of ansible-core takes for true, and for false.
TRUE_TEXTS = frozenset({"1", "1.0", "on", "t", "true", "y", "yes"})
FALSE_TEXTS = frozenset({"0", "f", "false", "n", "no", "off"})


def parts_of(name: str) -> tuple[str, ...]:
    """``a.b.c`` as its identifiers; nothing for all that is no dotted name."""
    if len(name) > _MAX_PARTS * 240:
        return ()
    parts = tuple(name.split("."))
    if len(parts) > _MAX_PARTS or not all(_IDENTIFIER.fullmatch(part) for part in parts):
        return ()
    return parts


def is_collection(name: str) -> bool:
    """Whether ``name`` is ``namespace.collection``, neither of them a keyword of Python, as ansible-core asks for."""
    parts = parts_of(name)
    return len(parts) == 2 and not any(keyword.iskeyword(part) for part in parts)


def split_name(name: str) -> tuple[str, str] | None:
    """``ns.coll.directory.plugin`` as (``ns.coll``, ``directory.plugin``); None for what is no full name."""
    parts = parts_of(name)
    collection = ".".join(parts[:2])
    return (collection, ".".join(parts[2:])) if len(parts) > 2 and is_collection(collection) else None


def split_playbook(name: str) -> tuple[str, str] | None:
    """The same for ``ns.coll.directory.playbook``, which is no name of a file such as ``site.test.yml``."""
    return None if name.endswith(YAML_ENDINGS) else split_name(name)


def looks_full(name: str) -> bool:
    """Whether ``name`` is written like a full name: it is one, or it is none."""
    return name.count(".") >= 2 and "/" not in name


def short_name(name: str) -> str:
    """``ansible.builtin.copy`` as ``copy``; other names as they are."""
    return _OF_CORE.sub("", name)
