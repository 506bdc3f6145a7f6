# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-playbook refuses of a play or a task before the first task, because of its form alone.

Each is a key and a reason. Only what each supported ansible-core refuses is here: ``load_data`` of ``Play``, ``Block``
and ``Task``, and ``ModuleArgsParser``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .actions import Action
from .keywords import BLOCK_SECTIONS, SECTIONS
from .scan import is_template
from .wrong_values import AT_RUN_TIME, LISTEN, OF_A_HANDLER, OF_A_PLAY, OF_A_TASK, OF_METADATA, wrong_values
from .yaml import Fields, Scalar, is_text, unless_empty

Wrong = tuple[str, str]

IMPORT_PLAYBOOK = ("import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook")
#: Keywords of tasks and handlers that a block has not.
TASK_ONLY = frozenset({
    "args", "async", "changed_when", "delay", "failed_when", LISTEN, "loop", "loop_control", "poll", "register",
    "retries", "until",
})  # fmt: skip
#: Keywords of tasks that one which includes has not: put them on a block around it, or below ``apply``.
NOT_OF_AN_INCLUDE = frozenset({
    "any_errors_fatal", "async", "become", "become_exe", "become_flags", "become_method", "become_user", "changed_when",
    "check_mode", "connection", "delay", "delegate_facts", "delegate_to", "diff", "environment", "failed_when",
    "ignore_unreachable", "module_defaults", "notify", "poll", "port", "remote_user", "retries", "throttle", "until",
})  # fmt: skip
_FILES = frozenset({"import_tasks", "include_tasks"})
_ROLES = frozenset({"import_role", "include_role"})
_PARTS = ("tasks_from", "handlers_from", "vars_from", "defaults_from")
_WITH_APPLY = frozenset({"include_tasks", "include_role"})
_LOOP = "with_"


def without_hosts(play: Fields) -> Iterator[Wrong]:
    """Ansible finds it when it gets to the play: those before it run."""
    if "hosts" not in play:
        yield "hosts", "the play has none; say on which hosts it runs"


def wrong_in_play(play: Fields) -> Iterator[Wrong]:
    """Of a play that is no ``import_playbook``."""
    hosts = play.get("hosts")
    if "hosts" in play and not hosts:
        yield "hosts", "it is empty; say on which hosts the play runs"
    elif not all(map(is_text, hosts if isinstance(hosts, list) else [hosts] if "hosts" in play else ())):
        yield "hosts", "it must be a text or a list of texts"
    if "user" in play and "remote_user" in play:
        yield "user", "it is the old name of remote_user, which is there too; keep one of them"
    yield from wrong_values(play, OF_A_PLAY)


def wrong_at_run_time(play: Fields) -> Iterator[Wrong]:
    """Ansible finds it when it gets to the play, too."""
    yield from wrong_values(play, AT_RUN_TIME)


def wrong_in_import(play: Fields) -> Iterator[Wrong]:
    """Of an entry of a playbook that imports another one."""
    for name in (*SECTIONS, "roles"):
        if name in play:
            yield name, "what imports a playbook has none; give them a play of their own"
    names = [name for name in IMPORT_PLAYBOOK if name in play]
    if len(names) > 1:
        yield names[1], "one playbook is imported already; import each by an entry of its own"


def wrong_in_task(task: Fields, actions: Sequence[Action], *, are_handlers: bool | None) -> Iterator[Wrong]:
    """Of a task without a block; ``are_handlers``: see :class:`Context`."""
    if are_handlers:
        yield from _wrong_in_handler(task, actions)
    elif LISTEN in task and are_handlers is False:
        yield LISTEN, "only a handler has it, and this is a task; move it to the handlers, or remove the key"
    if not actions:
        yield "action", "the task has no module or action; correct it"
    if "action" in task and "local_action" in task:
        yield "local_action", "the task has an action, too; keep one of them"
    loops = [name for name in task if name.startswith(_LOOP)]
    if len(loops) > 1:
        yield loops[1], f"the task has {loops[0]}, too; keep one of them"
    yield from ((name, "it has no value") for name in loops if task[name] is None)
    yield from wrong_values(task, OF_A_TASK)
    for name in ("action", "local_action"):
        given = task.get(name)
        if isinstance(given, Scalar) or (isinstance(given, Fields) and isinstance(given.get("module"), Scalar)):
            yield name, "it must be a text with a module, or a mapping with one"
    for action in actions:
        if isinstance(task.get(action.name), (list, Scalar)):
            yield action.name, "what the action is given must be a mapping or a text"
        else:
            yield from _wrong_in_import(action, [*loops, *(["loop"] if task.get("loop") is not None else [])])


def unknown_in_include(task: Fields, actions: Sequence[Action]) -> Iterator[Wrong]:
    """Keywords of tasks that one which includes has not."""
    for action in actions:
        if action.short in _WITH_APPLY:
            reason = f"{action.short} has no keyword of this name; put it on a block around the task, or below apply"
            yield from ((name, reason) for name in task if name in NOT_OF_AN_INCLUDE)


def _wrong_in_handler(task: Fields, actions: Sequence[Action]) -> Iterator[Wrong]:
    yield from wrong_values(task, OF_A_HANDLER)
    for action in actions:
        if action.short in _ROLES:
            yield action.name, f"a handler cannot be {action.short}; use include_tasks, or notify a handler of the role"


def _wrong_in_import(action: Action, loops: Sequence[str]) -> Iterator[Wrong]:
    """Of tasks and roles that are imported or included."""
    if action.short.startswith("import_") and action.short in _FILES | _ROLES and loops:
        yield loops[0], f"{action.short} has no loop; use {action.short.replace('import', 'include')}"
    if is_template(action.raw):
        return
    if action.short in _FILES and not action.raw and not action.arguments:
        yield action.name, "no file is named"
    if action.short in _ROLES and not {"name", "role"}.intersection(action.arguments):
        yield action.name, "no role is named"
    if action.short in _ROLES:
        names = [name for name in _PARTS if name in action.arguments and not is_text(action.arguments[name])]
        yield from ((action.name, f"{name} must be a text") for name in names)
    if action.short in _WITH_APPLY and not isinstance(action.arguments.get("apply", {}), dict):
        yield action.name, "apply must be a mapping"


def wrong_in_block(block: Fields) -> Iterator[Wrong]:
    """Of a task with ``block``, ``rescue`` or ``always``."""
    if "block" not in block:
        sections = [name for name in BLOCK_SECTIONS if name in block]
        yield sections[0], "it stands beside a block, and there is none"
    for name in BLOCK_SECTIONS:
        section = block.get(name)
        if name in block and section is None:
            yield name, "it has no tasks"
        if isinstance(section, list) and None in section:
            yield name, "a task in it is empty; remove it"
    yield from (
        (name, "a block has no keyword of this name") for name in block if name in TASK_ONLY or name.startswith(_LOOP)
    )


def wrong_in_role(entry: Any) -> Iterator[Wrong]:
    """Of an item of ``roles:`` or of the dependencies of a role."""
    if isinstance(entry, Fields):
        if not (entry.get("role") or entry.get("name")):
            yield "role", "a role has no name"
    elif not isinstance(entry, str):
        yield "role", "it must be a name, or a mapping with one"


def wrong_in_metadata(metadata: Fields) -> Iterator[Wrong]:
    """Of ``meta/main.yml`` of a role."""
    dependencies = unless_empty(metadata.get("dependencies"))
    if dependencies is not None and not isinstance(dependencies, list):
        yield "dependencies", "it must be a list"
    yield from wrong_values(metadata, OF_METADATA)
