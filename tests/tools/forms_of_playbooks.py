# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Forms of plays and tasks that ansible-playbook refuses before the first task, or takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Form:
    """An entry of a playbook, which runs on this machine unless it says otherwise, and the files beside it."""

    entry: Any
    files: Mapping[str, Any] = field(default_factory=dict)
    is_bare: bool = False
    is_first: bool = False

    def written(self, directory: Path) -> Path:
        """A playbook with it behind a play, or before it, whose one task says that it was reached."""
        first = {"hosts": "localhost", "gather_facts": False, "tasks": [{"debug": {"msg": "was reached"}}]}
        second = self.entry if self.is_bare else {"hosts": "localhost", "gather_facts": False, **self.entry}
        for name, content in {**self.files, "site.yml": [second, first] if self.is_first else [first, second]}.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if name == "ansible.cfg" else json.dumps(content))
        return directory / "site.yml"


def of_tasks(*tasks: Any) -> dict[str, Any]:
    """A play with these tasks."""
    return {"tasks": list(tasks)}


_WRONG_KEYS_WARN = {"ansible.cfg": "[defaults]\ninvalid_task_attribute_failed = no\n"}
_SAY = {"debug": {"msg": "text"}}
_LISTENS = {**_SAY, "listen": "a"}
_ROLE = {"roles/web/tasks/main.yml": [_SAY]}
_OTHER = {"other.yml": [{"hosts": "localhost", "gather_facts": False, "tasks": [_SAY]}]}
_MORE = {"more.yml": [_SAY]}

#: Numbers and booleans: JSON has quotes around texts alone.
_NUMBERS = (5, True, 0, False, 1.5)


def _role_task(task: Any) -> Form:
    return Form(of_tasks(task), _ROLE)


_SCALARS: Mapping[str, Callable[[Any], Form]] = {
    "play hosts": lambda value: Form({"hosts": value}),
    "hosts item": lambda value: Form({"hosts": ["localhost", value]}),
    "play tags": lambda value: Form({"tags": value}),
    "task tags": lambda value: Form(of_tasks({**_SAY, "tags": value})),
    "block tags": lambda value: Form(of_tasks({"block": [_SAY], "tags": value})),
    "role tags": lambda value: Form({"roles": [{"role": "web", "tags": value}]}, _ROLE),
    "play collections": lambda value: Form({"collections": value}),
    "collections item": lambda value: Form(of_tasks({**_SAY, "collections": [value]})),
    "block collections": lambda value: Form(of_tasks({"block": [_SAY], "collections": value})),
    "role collections": lambda value: Form({"roles": [{"role": "web", "collections": value}]}, _ROLE),
    "module": lambda value: Form(of_tasks({"debug": value})),
    "include_tasks": lambda value: Form(of_tasks({"include_tasks": value})),
    "action": lambda value: Form(of_tasks({"action": value})),
    "local_action": lambda value: Form(of_tasks({"local_action": value})),
    "action module": lambda value: Form(of_tasks({"action": {"module": value}})),
    "import_role vars_from": lambda value: _role_task({"import_role": {"name": "web", "vars_from": value}}),
    "include_role tasks_from": lambda value: _role_task({"include_role": {"name": "web", "tasks_from": value}}),
    "role meta collections": lambda value: Form(
        {"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": {"collections": value}}
    ),
}
#: Those of which a text of the same characters is refused, too.
_QUOTED: Mapping[str, Callable[[Any], Form]] = {
    "args": lambda value: Form(of_tasks({**_SAY, "args": value})),
    "register": lambda value: Form(of_tasks({**_SAY, "register": value})),
    "include_tasks apply": lambda value: Form(of_tasks({"include_tasks": {"file": "more.yml", "apply": value}}), _MORE),
    "include_role apply": lambda value: _role_task({"include_role": {"name": "web", "apply": value}}),
}
#: Documents and lists of which those are taken that are as good as empty.
_EMPTY_OR_NOT: Mapping[str, Callable[[Any], Form]] = {
    "imported document": lambda value: Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": value}),
    "role tasks": lambda value: Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": value}),
    "role meta": lambda value: Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": value}),
    "role dependencies": lambda value: Form(
        {"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": {"dependencies": value}}
    ),
    "role vars": lambda value: Form({"roles": ["web"]}, {**_ROLE, "roles/web/vars/main.yml": value}),
    "role defaults": lambda value: Form({"roles": ["web"]}, {**_ROLE, "roles/web/defaults/main.yml": value}),
    "vars_from": lambda value: Form(
        of_tasks({"import_role": {"name": "web", "vars_from": "more"}}), {**_ROLE, "roles/web/vars/more.yml": value}
    ),
    "role vars directory": lambda value: Form({"roles": ["web"]}, {**_ROLE, "roles/web/vars/main/more.yml": value}),
}
#: Files of variables that Ansible reads when it gets there: the play with them is the first.
_OF_VARIABLES: Mapping[str, Callable[[Any], Form]] = {
    "vars_files": lambda value: Form({"vars_files": "more.yml", **of_tasks(_SAY)}, {"more.yml": value}, is_first=True),
    "include_vars": lambda value: Form(of_tasks({"include_vars": "more.yml"}), {"more.yml": value}, is_first=True),
    "include_vars name": lambda value: Form(
        of_tasks({"include_vars": {"file": "more.yml", "name": "a"}}), {"more.yml": value}, is_first=True
    ),
    "include_vars dir": lambda value: Form(
        of_tasks({"include_vars": {"dir": "more"}}), {"more/a.yml": value}, is_first=True
    ),
    "included role vars": lambda value: Form(
        of_tasks({"include_role": {"name": "web"}}), {**_ROLE, "roles/web/vars/main.yml": value}, is_first=True
    ),
    "group_vars": lambda value: Form(of_tasks(_SAY), {"group_vars/all": value}, is_first=True),
    "group_vars directory": lambda value: Form(of_tasks(_SAY), {"group_vars/all/a.yml": value}, is_first=True),
    "host_vars": lambda value: Form(of_tasks(_SAY), {"host_vars/localhost.yml": value}, is_first=True),
}
_READ_BY_TASKS = ("include_vars", "include_vars name", "include_vars dir")


def _forms(made: Mapping[str, Callable[[Any], Form]], values: Sequence[Any]) -> dict[str, Form]:
    return {f"{name} {json.dumps(value)}": form(value) for name, form in made.items() for value in values}


REFUSED: Mapping[str, Form] = {
    "no hosts": Form({"tasks": [_SAY]}, is_bare=True, is_first=True),
    "hosts null": Form({"hosts": None, "tasks": [_SAY]}),
    "hosts []": Form({"hosts": [], "tasks": [_SAY]}),
    "hosts ''": Form({"hosts": "", "tasks": [_SAY]}),
    "hosts map": Form({"hosts": {"a": "b"}}),
    "hosts [null]": Form({"hosts": [None]}),
    "hosts [map]": Form({"hosts": ["localhost", {}]}),
    "hosts [list]": Form({"hosts": ["localhost", ["a"]]}),
    "play empty": Form({}, is_bare=True, is_first=True),
    "roles {}": Form({"roles": {}}),
    "roles ''": Form({"roles": ""}),
    "roles [null]": Form({"roles": [None]}, _ROLE),
    "roles [{}]": Form({"roles": [{}]}, _ROLE),
    "roles [[]]": Form({"roles": [[]]}, _ROLE),
    "roles [name null]": Form({"roles": [{"role": None}]}, _ROLE),
    "roles [only vars]": Form({"roles": [{"vars": {"a": 1}}]}, _ROLE),
    "play unknown keyword": Form({"taks": []}),
    "play user+remote_user": Form({"user": "a", "remote_user": "b"}),
    "play vars str": Form({"vars": "a"}),
    "play vars []": Form({"vars": []}),
    "play vars bad name": Form({"vars": {"1a": 1}}),
    "vars_prompt noname": Form({"vars_prompt": [{"prompt": "x"}]}),
    "import_playbook+tasks": Form({"import_playbook": "other.yml", "tasks": [_SAY]}, _OTHER, is_bare=True),
    "include old": Form({"include": "other.yml"}, _OTHER, is_bare=True),
    "two import_playbooks": Form(
        {"import_playbook": "other.yml", "ansible.builtin.import_playbook": "other.yml"}, _OTHER, is_bare=True
    ),
    "task str": Form(of_tasks("debug")),
    "task []": Form(of_tasks([])),
    "task {}": Form(of_tasks({})),
    "task no action": Form(of_tasks({"name": "x"})),
    "task no action args": Form(of_tasks({"name": "x", "args": {"a": 1}})),
    "task action null": Form(of_tasks({"action": None})),
    "task action ''": Form(of_tasks({"action": ""})),
    "task action {no module}": Form(of_tasks({"action": {"a": 1}})),
    "task action list": Form(of_tasks({"action": ["debug"]})),
    "task two": Form(of_tasks({"debug": {}, "command": "id"})),
    "task two full": Form(of_tasks({"ansible.builtin.debug": {}, "ansible.builtin.command": "id"})),
    "task same two spellings": Form(of_tasks({"ansible.builtin.debug": {}, "debug": {}})),
    "task action+module": Form(of_tasks({"action": "command id", "debug": {}})),
    "local_action+module": Form(of_tasks({"local_action": "command id", "debug": {}})),
    "task action+local_action": Form(of_tasks({"action": "debug", "local_action": "debug"})),
    "task unknown keyword+mod": Form(of_tasks({"debug": {}, "bogus": 1})),
    "play keyword in task": Form(of_tasks({"debug": {"msg": "x"}, "gather_facts": False})),
    "module list": Form(of_tasks({"debug": ["a"]})),
    "block null": Form(of_tasks({"block": None})),
    "block [null]": Form(of_tasks({"block": [None]})),
    "rescue [null]": Form(of_tasks({"block": [_SAY], "rescue": [None]})),
    "block [str]": Form(of_tasks({"block": ["a"]})),
    "block+loop": Form(of_tasks({"block": [_SAY], "loop": [1]})),
    "block+with": Form(of_tasks({"block": [_SAY], "with_items": [1]})),
    "block+register": Form(of_tasks({"block": [_SAY], "register": "a"})),
    "block+args": Form(of_tasks({"block": [_SAY], "args": {}})),
    "block+action": Form(of_tasks({"block": [_SAY], "debug": {}})),
    "rescue alone": Form(of_tasks({"rescue": [_SAY]})),
    "always alone": Form(of_tasks({"always": [_SAY]})),
    "rescue null": Form(of_tasks({"block": [_SAY], "rescue": None})),
    "two with": Form(of_tasks({"debug": {"msg": "x"}, "with_items": [1], "with_dict": {}})),
    "with null": Form(of_tasks({"debug": {"msg": "x"}, "with_items": None})),
    "with only": Form(of_tasks({"with_items": [1]})),
    "loop_control list": Form(of_tasks({"debug": {"msg": "x"}, "loop": [1], "loop_control": []})),
    "loop_control templ": Form(of_tasks({"debug": {"msg": "x"}, "loop": [1], "loop_control": "{{ a }}"})),
    "task args list": Form(of_tasks({"debug": {}, "args": ["a"]})),
    "task vars []": Form(of_tasks({"debug": {"msg": "x"}, "vars": []})),
    "task vars templ": Form(of_tasks({"debug": {"msg": "x"}, "vars": "{{ a }}"})),
    "vars bad": Form(of_tasks({"debug": {"msg": "x"}, "vars": {"a-b": 1}})),
    "vars templ key": Form({"vars": {"{{ a }}": 1}}),
    "block vars str": Form(of_tasks({"block": [_SAY], "vars": "a"})),
    "block vars bad": Form(of_tasks({"block": [_SAY], "vars": {"a-b": 1}})),
    "role vars bad": Form({"roles": [{"role": "web", "vars": {"a-b": 1}}]}, _ROLE),
    "role vars str": Form({"roles": [{"role": "web", "vars": "a"}]}, _ROLE),
    "role entry include": Form({"roles": [{"include": "web"}]}, _ROLE),
    "include_tasks null": Form(of_tasks({"include_tasks": None})),
    "import_tasks {}": Form(of_tasks({"import_tasks": {}})),
    "import_tasks loop": Form(of_tasks({"import_tasks": "more.yml", "loop": [1]}), _MORE),
    "import_tasks with": Form(of_tasks({"import_tasks": "more.yml", "with_items": [1]}), _MORE),
    "action import_tasks loop": Form(of_tasks({"action": "import_tasks m.yml", "loop": [1]}), _MORE),
    "import_role {}": Form(of_tasks({"import_role": {}}), _ROLE),
    "import_role loop": Form(of_tasks({"import_role": {"name": "web"}, "loop": [1]}), _ROLE),
    "include_role {}": Form(of_tasks({"include_role": {}}), _ROLE),
    "include_role freeform": Form(of_tasks({"include_role": "web"}), _ROLE),
    "imported file map": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": {"a": 1}}),
    "imported file bad task": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": [{"name": "x"}]}),
    "imported file two": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": [{"debug": {}, "command": "id"}]}),
    "role bad task": Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": [{"name": "x"}]}),
    "role two": Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": [{"debug": {}, "command": "id"}]}),
    "role tasks map": Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": {"a": 1}}),
    "role handler bad": Form({"roles": ["web"]}, {"roles/web/handlers/main.yml": [{"name": "x"}]}),
    "role meta [{}]": Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": {"dependencies": [{}]}}),
    "handler no action": Form({"handlers": [{"name": "x"}]}),
    "handler two": Form({"handlers": [{"debug": {}, "command": "id"}]}),
    "handler str": Form({"handlers": ["a"]}),
    "pre_tasks two": Form({"pre_tasks": [{"debug": {}, "command": "id"}]}),
    "post_tasks none": Form({"post_tasks": [{"name": "x"}]}),
    "rescue two": Form(of_tasks({"block": [_SAY], "rescue": [{"debug": {}, "command": "id"}]})),
    "tasks {}": Form({"tasks": {}}),
    "tasks ''": Form({"tasks": ""}),
    "task args text": Form(of_tasks({**_SAY, "args": "text"})),
    "register template": Form(of_tasks({**_SAY, "register": "{{ a }}"})),
    "play tags null": Form({"tags": None}),
    "apply null": Form(of_tasks({"include_tasks": {"file": "more.yml", "apply": None}}), _MORE),
    "vars_from null": _role_task({"import_role": {"name": "web", "vars_from": None}}),
    "play tags map": Form({"tags": {"a": 1}}),
    **{f"task listen {value}": Form(of_tasks({**_SAY, "listen": value})) for value in ("a", ["a"], [], None)},
    "pre_tasks listen": Form({"pre_tasks": [_LISTENS]}),
    "block listen": Form(of_tasks({"block": [_SAY], "listen": "a"})),
    "handler block listen": Form({"handlers": [{"block": [_SAY], "listen": "a"}]}),
    "play listen": Form({"listen": "a"}),
    "role task listen": Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": [_LISTENS]}),
    "imported file listen": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": [_LISTENS]}),
    "include_tasks listen": Form(of_tasks({"include_tasks": "more.yml", "listen": "a"}), _MORE),
    "import_role listen": _role_task({"import_role": {"name": "web"}, "listen": "a"}),
    **{
        f"{action} {name}": Form(of_tasks({action: of, name: value}), {**_ROLE, **_MORE})
        for action, of in (("include_tasks", "more.yml"), ("ansible.builtin.include_role", {"name": "web"}))
        for name, value in (
            ("become", True),
            ("delegate_to", "a"),
            ("notify", "a"),
            ("until", True),
            ("environment", {}),
        )
    },
    "handler listen 5": Form({"handlers": [{**_SAY, "listen": 5}]}),
    "handler listen [5]": Form({"handlers": [{**_SAY, "listen": [5]}]}),
    "task unknown key, wrong keys warn": Form(of_tasks({**_SAY, "bogus": 1}), _WRONG_KEYS_WARN),
    "handler include_role": Form({"handlers": [{"include_role": {"name": "web"}}]}, _ROLE),
    "handler import_role": Form({"handlers": [{"ansible.builtin.import_role": {"name": "web"}}]}, _ROLE),
    "handler action include_role": Form({"handlers": [{"action": "include_role name=web"}]}, _ROLE),
    "handler block import_role": Form({"handlers": [{"block": [{"import_role": {"name": "web"}}]}]}, _ROLE),
    "role handler import_role": Form(
        {"roles": ["top"]}, {**_ROLE, "roles/top/handlers/main.yml": [{"import_role": {"name": "web"}}]}
    ),
    **_forms(_SCALARS, _NUMBERS),
    **_forms(_QUOTED, [*_NUMBERS, "5"]),
    **_forms(_EMPTY_OR_NOT, [5, True, 1.5, "5"]),
    "role meta list": Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": ["a"]}),
    "role dependencies map": Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": {"dependencies": {"a": 1}}}),
}
#: Those that Ansible refuses when it gets there.
REFUSED_LATER: Mapping[str, Form] = {
    **_forms(_OF_VARIABLES, [["a"], "a", 5, True]),
    **_forms({name: _OF_VARIABLES[name] for name in ("vars_files", *_READ_BY_TASKS)}, ["", 0, False, [None]]),
    **_forms({name: _OF_VARIABLES[name] for name in _READ_BY_TASKS}, [[], [{"a": 1}]]),
    "vars_files [{}, 5]": _OF_VARIABLES["vars_files"]([{}, 5]),
}
TAKEN: Mapping[str, Form] = {
    **_forms(_OF_VARIABLES, [{}, None, {"a-b": 1}]),
    **_forms({name: form for name, form in _OF_VARIABLES.items() if name not in _READ_BY_TASKS}, [[]]),
    **_forms({name: _OF_VARIABLES[name] for name in ("included role vars", "group_vars", "host_vars")}, ["", 0, False]),
    "vars_files of a list": _OF_VARIABLES["vars_files"]([{"a": 1}, {"b": 2}]),
    "group_vars README": Form(of_tasks(_SAY), {"group_vars/README": "a"}),
    # Those before it run.
    "no hosts behind another play": Form({"tasks": [_SAY]}, is_bare=True),
    "hosts template": Form({"hosts": "{{ x | default('localhost') }}"}),
    "tasks null": Form({"tasks": None}),
    "roles name ok": Form({"roles": [{"name": "web"}]}, _ROLE),
    "roles unknown key": Form({"roles": [{"role": "web", "bogus": 1}]}, _ROLE),
    "roles ['']": Form({"roles": [""]}, _ROLE),
    "play user": Form({"user": "root"}),
    "play vars name if": Form({"vars": {"if": 1}}),
    "vars null": Form({"vars": None}),
    "task vars null": Form(of_tasks({"debug": {"msg": "x"}, "vars": None})),
    "ansible.legacy.import_playbook": Form({"ansible.legacy.import_playbook": "other.yml"}, _OTHER, is_bare=True),
    "task null": Form(of_tasks(None)),
    "block []": Form(of_tasks({"block": []})),
    "loop null": Form(of_tasks({"debug": {"msg": "x"}, "loop": None})),
    "loop null+with": Form(of_tasks({"debug": {"msg": "x"}, "loop": None, "with_items": [1]})),
    "with then loop": Form(of_tasks({"debug": {"msg": "x"}, "with_items": [1], "loop": [1]})),
    "import_tasks loop null": Form(of_tasks({"import_tasks": "more.yml", "loop": None}), _MORE),
    "args null": Form(of_tasks({"debug": {"msg": "x"}, "args": None})),
    "task args templ": Form(of_tasks({"debug": {}, "args": "{{ a }}"})),
    "include_role args": Form(of_tasks({"include_role": None, "args": {"name": "web"}}), _ROLE),
    "include_tasks args": Form(of_tasks({"include_tasks": None, "args": {"file": "more.yml"}}), _MORE),
    "imported file {}": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": {}}),
    "imported file null": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": None}),
    "imported file ''": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": ""}),
    "imported [null]": Form(of_tasks({"import_tasks": "more.yml"}), {"more.yml": [None]}),
    "included file bad task": Form(of_tasks({"include_tasks": "more.yml"}), {"more.yml": [{"name": "x"}]}),
    "role included bad": Form(
        of_tasks({"include_role": {"name": "web"}}), {"roles/web/tasks/main.yml": [{"name": "x"}]}
    ),
    "role tasks {}": Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": {}}),
    "role tasks [null]": Form({"roles": ["web"]}, {"roles/web/tasks/main.yml": [None]}),
    "role meta deps null": Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": {"dependencies": None}}),
    "role meta deps {}": Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": {"dependencies": {}}}),
    "role meta ''": Form({"roles": ["web"]}, {**_ROLE, "roles/web/meta/main.yml": ""}),
    "handler null": Form({"handlers": [None]}),
    "handler block": Form({"handlers": [{"block": [_SAY]}]}),
    **{f"handler listen {value}": Form({"handlers": [{**_SAY, "listen": value}]}) for value in ("a", ["a"], [], None)},
    **{
        f"{action} {name}": Form(of_tasks({action: of, name: value}), {**_ROLE, **_MORE})
        for action, of in (("import_tasks", "more.yml"), ("import_role", {"name": "web"}))
        for name, value in (("become", True), ("delegate_to", "a"), ("notify", "a"))
    },
    "include_tasks run_once": Form(of_tasks({"include_tasks": "more.yml", "run_once": True}), _MORE),
    "include_role become, wrong keys warn": Form(
        of_tasks({"include_role": {"name": "web"}, "become": False}), {**_ROLE, **_WRONG_KEYS_WARN}
    ),
    "handler block of one that listens": Form({"handlers": [{"block": [_LISTENS]}]}),
    "handler imported file listen": Form({"handlers": [{"import_tasks": "more.yml"}]}, {"more.yml": [_LISTENS]}),
    "handler included file listen": Form({"handlers": [{"include_tasks": "more.yml"}]}, {"more.yml": [_LISTENS]}),
    "handler include_tasks listen": Form({"handlers": [{"include_tasks": "more.yml", "listen": "a"}]}, _MORE),
    "role handler listen": Form({"roles": ["web"]}, {**_ROLE, "roles/web/handlers/main.yml": [_LISTENS]}),
    "included file of a task listens": Form(of_tasks({"include_tasks": "more.yml"}), {"more.yml": [_LISTENS]}),
    "block with delegate": Form(of_tasks({"block": [_SAY], "delegate_to": "localhost"})),
    "tasks ok": Form(of_tasks(_SAY)),
    "meta none": Form(of_tasks({"meta": None})),
    "module null": Form(of_tasks({"ping": None})),
    "task local_action+delegate": Form(of_tasks({"local_action": "debug", "delegate_to": "x"})),
    "register null": Form(of_tasks({**_SAY, "register": None})),
    "role tasks_from text": _role_task({"include_role": {"name": "web", "tasks_from": "5"}}),
    "tags of numbers": Form(of_tasks({**_SAY, "tags": [5, "5"]})),
    **_forms({name: _SCALARS[name] for name in ("task tags", "play collections", "hosts item", "module")}, ["5"]),
    **_forms(_EMPTY_OR_NOT, [0, False]),
    "when map": Form(of_tasks({"debug": {"msg": "x"}, "when": {"a": 1}})),
}
