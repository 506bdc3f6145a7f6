# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Plugins that are named by expressions: the values of variables, defaults, both arms of a conditional."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, dynamic, found, missing, play

VALUES = {
    "a literal": ("a.b.c", ""),
    "a variable": ("{{ v }}", "vars: {v: a.b.c}"),
    "a variable of a variable": ("{{ v }}", "vars: {v: '{{ w }}', w: a.b.c}"),
    "a default": ("{{ v | default('a.b.c') }}", ""),
    "a default, always": ("{{ v | default('a.b.c', true) }}", ""),
    "an arm": ("{{ 'a.b.c' if v else omit }}", ""),
    "the other arm": ("{{ omit if v else 'a.b.c' }}", ""),
    "ternary": ("{{ v | ternary('a.b.c', omit) }}", ""),
    "or": ("{{ v or 'a.b.c' }}", ""),
    "a member": ("{{ v.w }}", "vars: {v: {w: a.b.c}}"),
    "an unknown member": ("{{ v[x] }}", "vars: {v: {w: a.b.c}}"),
    "joined": ("{{ v }}.c", "vars: {v: a.b}"),
}
KEYWORDS = [("connection", "connection"), ("become_method", "become")]


@pytest.mark.parametrize(("name", "keywords"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(("keyword", "kind"), KEYWORDS)
def test_keywords(tmp_path: Path, keyword: str, kind: str, name: str, keywords: str) -> None:
    for where in (
        play(f'debug:\n    {keyword}: "{name}"', keywords=keywords),
        play("debug:", keywords=f'{keyword}: "{name}"\n{keywords}'),
    ):
        assert missing(analysed(tmp_path, {"site.yml": where}), kind) == {"a.b.c"}


ACTIONS = {
    "action": 'action: "{name}"',
    "action with arguments": 'action: "{name} x=y"',
    "action as a mapping": 'action: {{module: "{name}", x: y}}',
    "local_action": 'local_action: "{name} x=y"',
    "package": 'package: {{name: x, use: "{name}"}}',
    "service": 'ansible.builtin.service: {{name: x, use: "{name}"}}',
    "package with arguments": 'package: name=x\n    args: {{use: "{name}"}}',
    "package in pairs": 'package: name=x use="{name}"',
    "module_defaults": 'debug:\n    module_defaults: {{package: {{use: "{name}"}}}}',
    "ansible_package_use": 'debug:\n    vars: {{ansible_package_use: "{name}"}}',
    "ansible_facts_modules": 'debug:\n    vars: {{ansible_facts_modules: [setup, "{name}"]}}',
}


@pytest.mark.parametrize(("name", "keywords"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("task", ACTIONS.values(), ids=ACTIONS)
def test_modules(tmp_path: Path, task: str, name: str, keywords: str) -> None:
    assert missing(analysed(tmp_path, {"site.yml": play(task.format(name=name), keywords=keywords)})) == {"a.b.c"}


WORKED_OUT = [
    "{% set c = 'a.b.c' %}{{ c }}",
    "{% set c %}a.{{ 'b' }}.c{% endset %}{{ c }}",
    "{% if x %}{% set c = 'a.b.c' %}{% else %}{% set c = 'a.b.c' %}{% endif %}{{ c }}",
    "{% set c, d = ['a.b', 'c'] %}{{ c }}.{{ d }}",
    "{% with c = 'a.b' %}{{ c }}.c{% endwith %}",
    "{% if x %}a.b.c{% else %}{{ 'a.b' }}.c{% endif %}",
    "{% set c = 'a' %}{% set d = c ~ '.b' %}{{ d }}.c",
    "{{ 'a.b.%s' % 'c' }}",
    "{{ '{}.{}.c'.format('a', 'b') }}",
    "{{ ['a', 'b', 'c'] | join('.') }}",
    "{{ 'a_b_c' | regex_replace('_', '.') }}",
    "{{ x | extract({'y': 'a.b.c'}) }}",
    "{{ ['y'] | map('extract', {'y': 'a.b.c'}) | first }}",
    "{{ dict(y='a.b.c')[x] }}",
    "{{ '{y: a.b.c}' | from_yaml | dict2items | map(attribute='value') | first }}",
    "{{ lookup('vars', 'x', default='a.b.c') }}",
]


@pytest.mark.parametrize("name", WORKED_OUT)
def test_names_that_functions_of_literals_make(tmp_path: Path, name: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play("debug:", keywords=f'connection: "{name}"')})
    assert (missing(analysis, "connection"), dynamic(analysis)) == ({"a.b.c"}, [])


@pytest.mark.parametrize(
    "name",
    [
        "{% set c = x %}{{ c }}",
        "{% set c = c %}{{ c }}",
        "{% for c in ['a', 'b'] %}a.{{ c }}{% endfor %}",
        "{{ ['a', 'b', 'x', 'c'] | reject('eq', 'x') | join('.') }}",
        "{{ x | regex_replace('_', '.') }}",
        "{{ 'a_b_c' | regex_replace('(_|x)+', '.') }}",
        "{{ 'a_b_c' | regex_replace(x, '.') }}",
        "{{ '%999999999s' % 'a' }}",
        "{{ '{:>999999999}'.format('a') }}",
        "{{ '{0.__class__}'.format('a') }}",
        "{{ 'a' | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') | replace('a', "
        "'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') | replace('a', 'aaaaaaaaaa') }}",
    ],
)
def test_names_that_are_not_worked_out_are_dynamic(tmp_path: Path, name: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play("debug:", keywords=f'connection: "{name}"')})
    assert (missing(analysis, "connection"), dynamic(analysis) != []) == (set(), True)


@pytest.mark.parametrize("key", ["{{ k }}", "{{ ['m', 'v'] | first }}"])
def test_facts_whose_names_are_templates(tmp_path: Path, key: str) -> None:
    tasks = (f'set_fact: {{"{key}": a.b.c}}', 'action: "{{ v }}"', "debug:\n    vars: {k: v}")
    assert missing(analysed(tmp_path, {"site.yml": play(*tasks)})) == {"a.b.c"}


CALLS = [
    ("lookup(v, 'x')", "lookup"),
    ("query(v)", "lookup"),
    ("lookup(unknown | default('a.b.c'), 'x')", "lookup"),
    ("x | map(v)", "filter"),
    ("x | map('a.b.c' if y else 'upper')", "filter"),
    ("x | select(v)", "test"),
    ("x | rejectattr('y', v)", "test"),
    ("lookup('a.b.%s' % 'c')", "lookup"),
    ("x | map(['a', 'b', 'c'] | join('.'))", "filter"),
]
SET = [
    "{% set f = 'a.b.c' %}{{ x | map(f) }}",
    "{% set f = 'b' %}{{ x | map('a.' ~ f ~ '.c') }}",
    "{% for f in ['a.b.c'] %}{{ x | map(f) }}{% endfor %}",
    "{% for f, g in {'a.b': 'c'}.items() %}{{ x | map(f ~ '.' ~ g) }}{% endfor %}",
]


@pytest.mark.parametrize("text", SET)
def test_calls_by_names_that_the_template_sets(tmp_path: Path, text: str) -> None:
    in_value = analysed(tmp_path / "value", {"site.yml": play(f'debug: {{msg: "{text}"}}')})
    files = {"site.yml": play("template: {src: t.j2, dest: /x}"), "templates/t.j2": text}
    in_file = analysed(tmp_path / "file", files)
    for analysis in (in_value, in_file):
        assert (missing(analysis, "filter"), dynamic(analysis)) == ({"a.b.c"}, [])


@pytest.mark.parametrize(("call", "kind"), CALLS)
def test_calls(tmp_path: Path, call: str, kind: str) -> None:
    text = play(f'debug: {{msg: "{{{{ {call} }}}}"}}', f'debug:\n    when: "{call}"', keywords="vars: {v: a.b.c}")
    unresolved = [one for one in analysed(tmp_path, {"site.yml": text}).unresolved if one.kind == kind]
    assert [(one.name, one.location.line) for one in unresolved] == [("a.b.c", 4), ("a.b.c", 6)]


SOURCES = {
    "group_vars": {"group_vars/all.yml": "v: a.b.c\n"},
    "host_vars": {"host_vars/db.example.com": "v: a.b.c\n"},
    "INI inventory": {"ansible.cfg": "[defaults]\ninventory=hosts.prod\n", "hosts.prod": "[x]\nh v=a.b.c\n"},
    "YAML inventory": {
        "ansible.cfg": "[defaults]\ninventory=h.yml\n",
        "h.yml": "all: {children: {x: {hosts: {h: {v: a.b.c}}}}}\n",
    },
    "YAML group": {
        "ansible.cfg": "[defaults]\ninventory=h.yml\n",
        "h.yml": "all: {children: {x: {vars: {v: a.b.c}}}}\n",
    },
    "a role that comes later": {"roles/late/defaults/main.yml": "v: a.b.c\n"},
    "set_fact that comes later": {"roles/late/tasks/main.yml": "- set_fact: v=a.b.c\n"},
}


@pytest.mark.parametrize("files", SOURCES.values(), ids=SOURCES)
def test_values_from_all_of_the_project(tmp_path: Path, files: dict[str, str]) -> None:
    text = play('action: "{{ v }}"') + "- hosts: all\n  roles: [late]\n"
    files = {"site.yml": text, "roles/late/meta/main.yml": "{}\n", **files}
    assert missing(analysed(tmp_path, files)) == {"a.b.c"}


def test_a_loop_over_modules(tmp_path: Path) -> None:
    text = play('action: "{{ item }}"\n    loop: [a.b.c, d.e.f]')
    assert missing(analysed(tmp_path, {"site.yml": text})) == {"a.b.c", "d.e.f"}


OPEN = [
    'action: "{{ unknown }}"',
    'action: "{{ ansible_pkg_mgr }} name=x"',
    'debug:\n    connection: "{{ unknown }}"',
    'debug:\n    vars: {ansible_connection: "{{ unknown }}"}',
    'debug: {msg: "{{ lookup(unknown) }}"}',
    'debug: {msg: "{{ x | map(unknown) }}"}',
    'debug: {msg: "{{ x | select(unknown) }}"}',
    'package: {name: x, use: "{{ unknown }}"}',
    'action: "{{ unknown | default(other) }}"',
    "action: \"{{ [unknown, 'debug'] | first }}\"",
    "debug:\n    vars:\n      ansible_connection: !vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        00",
]


@pytest.mark.parametrize("task", OPEN)
def test_what_stays_open_is_said(tmp_path: Path, task: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(task)})
    assert len(dynamic(analysis)) == 1
    assert analysis.unresolved == ()


def test_what_is_known_is_not_open(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, {"site.yml": play('action: "{{ v }}"', keywords="vars: {v: debug}")})
    assert (dynamic(analysis), analysis.unresolved) == ([], ())


@pytest.mark.parametrize("value", ["apple", "1.2.3", "a text, see section 1.2.3", "./some.yml.j2", "!unsafe '{{ v }}'"])
def test_a_value_that_is_no_plugin_is_no_fault(tmp_path: Path, value: str) -> None:
    """The variable may have it for another purpose; a full name can be meant for nothing else."""
    analysis = analysed(tmp_path, {"site.yml": play('action: "{{ v }}"', keywords=f"vars:\n  v: {value}")})
    assert (dynamic(analysis), analysis.unresolved) == (["{{ v }}"], ())


def test_a_service_manager_that_is_not_there_is_replaced_as_ansible_does(tmp_path: Path) -> None:
    tasks = ["service: {name: x, use: nobody}", "package: {name: x, use: nobody}", "service: {name: x, use: auto}"]
    unresolved = analysed(tmp_path, {"site.yml": play(*tasks)}).unresolved
    assert [(one.name, one.location.line) for one in unresolved] == [("nobody", 4)]


COLLECTION = {f"acme/hard/plugins/modules/level{n}.py": f"import of_level_{n}\n" for n in range(12)} | {
    "acme/hard/plugins/modules/other.py": "import of_other\n",
    "acme/hard/plugins/lookup/level_x.py": "import of_lookup\n",
    "acme/hard/plugins/filter/f.py": "class FilterModule:\n    def filters(self):\n        return {'level_f': str}\n",
}


def test_the_modules_of_a_collection_that_fit(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, {"site.yml": play('action: "acme.hard.level{{ n }}"'), **COLLECTION})
    assert found(analysis) == {f"acme.hard.level{n}" for n in range(12)} | {"acme.hard"}
    assert dynamic(analysis) == ["acme.hard.level{{ n }}"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [("lookup('acme.hard.level_' ~ n)", "acme.hard.level_x"), ("x | map('acme.hard.level_' ~ n)", "acme.hard.level_f")],
)
def test_other_plugins_of_a_collection_that_fit(tmp_path: Path, call: str, expected: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(f'debug: {{msg: "{{{{ {call} }}}}"}}'), **COLLECTION})
    assert found(analysis) == {expected, "acme.hard"}


def test_a_collection_alone_is_required_without_all_of_its_modules(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, {"site.yml": play('action: "acme.hard.{{ m }}"'), **COLLECTION})
    assert (found(analysis), list(analysis.collections)) == ({"acme.hard"}, ["acme.hard"])


def test_a_collection_that_cannot_be_had_is_unresolved(tmp_path: Path) -> None:
    (one,) = analysed(tmp_path, {"site.yml": play('action: "acme.gone.{{ m }}"')}).unresolved
    assert (one.kind, one.name, one.location.line) == ("module", "acme.gone", 3)


def test_modules_of_the_project_that_fit(tmp_path: Path) -> None:
    files = {
        "site.yml": play('action: "own_{{ m }}"'),
        "library/own_a.py": "import of_own\n",
        "library/x.py": "import of_x\n",
    }
    assert missing(analysed(tmp_path, files), "import") == {"of_own"}


def test_apply_of_an_include(tmp_path: Path) -> None:
    files = {"site.yml": play("include_tasks: {file: x.yml, apply: {connection: a.b.c}}"), "x.yml": "[]\n"}
    assert missing(analysed(tmp_path, files), "connection") == {"a.b.c"}


def test_module_defaults_do_not_use_the_collections_keyword(tmp_path: Path) -> None:
    text = play("debug:", keywords="collections: [acme.hard]\nmodule_defaults: {other: {}}")
    assert missing(analysed(tmp_path, {"site.yml": text, **COLLECTION})) == {"other"}
