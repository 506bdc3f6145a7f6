# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What Ansible's plays and tasks say: names without values of variables, the tasks that will run, and their hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ansible import constants as C
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.playbook.block import Block
from ansible.playbook.task_include import TaskInclude

from ...module_utils._printable import shortened
from ...module_utils._progress import MAX_STEP
from .estimate import INCLUDE_WEIGHT

#: Ansible makes the task that gathers facts anew for each play: it has no id that could be known before.
GATHERING = "gather_facts"
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def task_id(task: Any) -> str:
    return GATHERING if _is_gathering(task) else str(task._uuid)


def task_name(task: Any) -> str:
    """The name as the playbook has it: what Ansible puts in the place of an expression can be a secret."""
    name = task.name if _is_gathering(task) else _written(task, "name") or task.action
    role = task._role.get_name() if task._role else ""
    return _plain(f"{role} : {name}" if role and role not in name else name)


def play_name(play: Any) -> str:
    """The name as the playbook has it, else its pattern of hosts."""
    hosts = (getattr(play, "_ds", None) or {}).get("hosts", "")
    return _plain(_written(play, "name") or (hosts if isinstance(hosts, str) else ",".join(map(str, hosts))))


def _is_gathering(task: Any) -> bool:
    return task.action == GATHERING and not hasattr(task, "_ds")


def _written(item: Any, key: str) -> str:
    """What the playbook says; what is no text there, such as a value of a vault, is not shown."""
    source = getattr(item, "_ds", None)
    value = source.get(key) if isinstance(source, dict) else None
    return value if isinstance(value, str) else ""


def _plain(name: str) -> str:
    return shortened(_EXPRESSION.sub("…", str(name)), MAX_STEP)


def is_include(task: Any) -> bool:
    """Whether it brings tasks that are not known before it runs."""
    return isinstance(task, TaskInclude) and task.action in C._ACTION_ALL_INCLUDES


def goes_on(task: Any) -> bool:
    """Whether a block around the task has a part that runs after its failure."""
    parent = task._parent
    while parent is not None:
        if getattr(parent, "rescue", None) or getattr(parent, "always", None):
            return True
        parent = getattr(parent, "_parent", None)
    return False


def tasks_of_play(play: Any) -> list[tuple[str, int]]:
    """The id and the weight of each task that runs where nothing fails, in their order."""
    roles = [role for role in play.roles if not role.from_include]
    tasks = [*_in(play.pre_tasks), *(task for role in roles for task in _in_role(role))]
    tasks += [*_in(play.tasks), *_in(play.post_tasks)]
    only, skip = set(play.only_tags), set(play.skip_tags)
    found = [(GATHERING, 1)] if _gathers(play) and _is_selected(set(play.tags) or {"always"}, only, skip) else []
    for task in tasks:
        if task.action not in C._ACTION_META and _is_selected(set(map(str, task.tags)), only, skip):
            found.append((str(task._uuid), INCLUDE_WEIGHT if is_include(task) else 1))
    return found


def _in_role(role: Any) -> Iterator[Any]:
    for dependency in role.get_direct_dependencies():
        yield from _in_role(dependency)
    yield from _in(role.get_task_blocks())


def _in(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, Block):
            yield from _in(item.block)
            yield from _in(item.always)
        else:
            yield item


def _gathers(play: Any) -> bool:
    if play.gather_facts is None:
        return bool(C.DEFAULT_GATHERING != "explicit")
    # Until the play begins it can be an expression.
    return "{{" in str(play.gather_facts) or bool(boolean(play.gather_facts, strict=False))


def _is_selected(tags: set[str], only: set[str], skip: set[str]) -> bool:
    """Whether ``--tags`` and ``--skip-tags`` let a task run; Ansible's own function would change the task."""
    tagged = bool(tags)
    tags = tags or {"untagged"}
    by_class = "never" not in tags and ("all" in only or ("tagged" in only and tagged))
    runs = "always" in tags or bool(tags & only) or by_class
    if "all" in skip:
        return runs and "always" in tags and "always" not in skip
    return runs and not tags & skip and not ("tagged" in skip and tagged)


def included_tasks(included: Any, play: Any) -> int:
    """How many tasks an include has brought, whose file Ansible has just read."""
    if included._is_role:
        return sum(1 for _task in _in_role(play.roles[-1])) if play.roles else 1
    loader = included._task._loader
    return _written_tasks(loader.load_from_file(included._filename, unsafe=True, trusted_as_template=True))


def _written_tasks(items: Any) -> int:
    number = 0
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and "block" in item:
            number += _written_tasks(item["block"]) + _written_tasks(item.get("always"))
        else:
            number += 1
    return number


def hosts_of_play(play: Any, *, whole: bool = False) -> list[str]:
    """The hosts of a play that has begun; ``whole``: of all its batches."""
    inventory = play._variable_manager._inventory
    return [host.get_name() for host in inventory.get_hosts(play.hosts, ignore_restrictions=whole)]


def planned_hosts(play: Any) -> int:
    """How many hosts a play will have that has not begun.

    Ansible warns about a pattern without a host, and must not do so before its time: only plain names are looked up.
    """
    inventory = play._variable_manager._inventory
    known = {"all", *inventory.hosts, *(name for name, group in inventory.groups.items() if group.get_hosts())}
    patterns = play.hosts if isinstance(play.hosts, list) else [play.hosts]
    names = [name.strip() for pattern in patterns if isinstance(pattern, str) for name in pattern.split(",")]
    return len(inventory.get_hosts(names)) if names and known.issuperset(names) else 1
