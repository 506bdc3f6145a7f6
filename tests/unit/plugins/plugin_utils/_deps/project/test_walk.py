# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What templated names lead to: every candidate that fits, and nothing silently."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from small_projects import HASHES_BY_ITSELF, analysed, dynamic, found, missing, play, reached

ROLES = {f"acme/hard/roles/level{n}/tasks/main.yml": reached(f"of.level.n{n}") for n in range(20)} | {
    "acme/hard/roles/other/tasks/main.yml": reached("of.other.role")
}
LEVELS = {f"of.level.n{n}" for n in range(20)}


@pytest.mark.parametrize(
    "task",
    [
        'include_role: {name: "acme.hard.level{{ n }}"}',
        'import_role: {name: "acme.hard.level{{ n }}"}',
        "include_role: {name: \"{{ 'acme.hard.level' ~ n }}\"}",
        'include_role: name="acme.hard.level{{ n }}"',
    ],
)
def test_the_roles_of_a_collection_that_fit(tmp_path: Path, task: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(task), **ROLES})
    assert missing(analysis) == LEVELS
    assert len(dynamic(analysis)) == 1


def test_a_role_of_the_play_that_fits(tmp_path: Path) -> None:
    files = {"site.yml": "- hosts: all\n  roles: ['acme.hard.level{{ n }}']\n", **ROLES}
    assert missing(analysed(tmp_path, files)) == LEVELS


def test_a_collection_of_templated_roles_that_cannot_be_had(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, {"site.yml": play('include_role: {name: "acme.gone.level{{ n }}"}')})
    (one,) = analysis.unresolved
    assert (one.kind, one.location.line) == ("role", 3)
    assert "does not have acme.gone" in one.reason


SHORT = {
    "roles": "- hosts: all\n  collections: [acme.gone]\n  roles:\n    - of_gone\n",
    "role:": "- hosts: all\n  collections: [acme.gone]\n  roles:\n    - {role: of_gone}\n",
    "include_role": play("include_role: {name: of_gone}", keywords="collections: [acme.gone]"),
    "import_role of a block": play("block:\n    - import_role: {name: of_gone}\n    collections: [acme.gone]"),
    "with core": play("include_role: {name: of_gone}", keywords="collections: [ansible.builtin, acme.gone]"),
    "with one that can be had": play("include_role: {name: of_gone}", keywords="collections: [acme.hard, acme.gone]"),
}


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT)
def test_a_short_role_that_is_nowhere_is_of_the_collection_that_cannot_be_had(tmp_path: Path, text: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": text, **ROLES})
    assert [(one.kind, one.name) for one in analysis.unresolved] == [("role", "acme.gone.of_gone")]
    assert "does not have acme.gone" in analysis.unresolved[0].reason
    assert "acme.gone" in {one.collection for one in analysis.evidence}


@pytest.mark.parametrize(
    ("collections", "name"),
    [
        ("[acme.gone, acme.nowhere]", "of_gone"),
        ("[acme.hard]", "of_gone"),
        ("[acme.gone]", "owner.of_gone"),
        ("[acme.gone]", "below/of_gone"),
    ],
    ids=["two cannot be had", "all can be had", "the name of a role from Galaxy", "a path"],
)
def test_a_short_role_that_is_nowhere_may_be_of_none(tmp_path: Path, collections: str, name: str) -> None:
    text = play(f"include_role: {{name: {name}}}", keywords=f"collections: {collections}")
    analysis = analysed(tmp_path, {"site.yml": text, **ROLES})
    assert missing(analysis, "role") == {name}
    assert {one.collection for one in analysis.evidence} <= {"acme.hard"}


def test_a_short_role_of_the_project_is_no_role_of_a_collection_that_cannot_be_had(tmp_path: Path) -> None:
    files = {
        "site.yml": play("include_role: {name: own}", keywords="collections: [acme.gone]"),
        "roles/own/tasks/main.yml": reached("of.the.project"),
    }
    analysis = analysed(tmp_path, files)
    assert missing(analysis) == {"of.the.project"}
    assert missing(analysis, "role") == set()


def test_a_role_that_only_a_variable_of_this_name_has_is_no_fault(tmp_path: Path) -> None:
    files = {
        "site.yml": play(
            "include_role: {name: \"{{ 'local' if p == 'local' else 'cloud-' + p }}\"}", keywords="vars: {p: local}"
        ),
        "roles/local/tasks/main.yml": reached("of.local.role"),
    }
    analysis = analysed(tmp_path, files)
    assert missing(analysis) == {"of.local.role"}
    assert missing(analysis, "role") == set()
    assert any("cloud-local" in one for one in dynamic(analysis))


def test_a_role_of_a_literal_loop_is_one(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, {"site.yml": play('include_role: {name: "{{ item }}"}\n    loop: [none, nil]')})
    assert missing(analysis, "role") == {"none", "nil"}


def test_no_path_of_the_machine_is_shown(tmp_path: Path) -> None:
    tasks = ["include_vars: '{{ playbook_dir }}/none.yml'", "include_tasks: '{{ playbook_dir }}/{{ x }}.yml'"]
    assert not any(str(tmp_path) in one for one in dynamic(analysed(tmp_path, {"site.yml": play(*tasks)})))


@pytest.mark.parametrize("action", ["acme.web.line:", "action: acme.web.line", "local_action: acme.web.line"])
def test_quotes_that_are_escaped_in_a_free_form(tmp_path: Path, action: str) -> None:
    text = r"""path=/x line='{{ host | acme.web.dashed(\".\", \"-\") }}'"""
    analysis = analysed(tmp_path, {"site.yml": play(f"{action} {text}")})
    assert (missing(analysis, "filter"), dynamic(analysis)) == ({"acme.web.dashed"}, [])


def test_quotes_that_are_escaped_elsewhere_do_not_parse(tmp_path: Path) -> None:
    task = r"""acme.web.line: {path: /x, line: '{{ host | acme.web.dashed(\".\") }}'}"""
    analysis = analysed(tmp_path, {"site.yml": play(task)})
    assert missing(analysis, "filter") == set()
    assert ["does not parse" in one for one in dynamic(analysis)] == [True]


#: Places of variables that another inventory or ``-e`` sets otherwise, and a play that has them.
DEFAULTS = {
    "a role": ("roles/r/defaults/main.yml", "engine: a"),
    "a group": ("group_vars/all.yml", "engine: a"),
    "a group's directory": ("group_vars/all/x.yml", "engine: a"),
    "a host": ("host_vars/db.example.com", "engine: a"),
    "an inventory": ("hosts.yml", "all: {vars: {engine: a}}"),
    "an inventory in INI form": ("hosts", "[all:vars]\nengine=a\n"),
    "default()": ("roles/r/vars/main.yml", "other: a"),
}
ENGINES = {
    f"roles/r/{part}": text
    for one in "ab"
    for part, text in (
        (f"tasks/on_{one}.yml", reached(f"of.tasks.{one}")),
        (f"templates/{one}.j2", "{{ 1 | of.templates." + one + " }}"),
        (f"templates/{one}.inc", "{{ 1 | of.includes." + one + " }}"),
        (f"vars/{one}.yml", "x: '{{ 1 | of.vars." + one + " }}'"),
    )
} | {f"roles/as_{one}/tasks/main.yml": reached(f"of.roles.{one}") for one in "ab"}


@pytest.mark.parametrize("place", DEFAULTS)
def test_what_defaults_choose_can_be_chosen_otherwise(tmp_path: Path, place: str) -> None:
    file, variables = DEFAULTS[place]
    engine = "{{ engine | default('a') }}" if place == "default()" else "{{ engine }}"
    tasks = [
        f'include_tasks: "on_{engine}.yml"',
        f'template: {{src: "{engine}.j2", dest: /x}}',
        f'include_vars: "{engine}.yml"',
        f'include_role: {{name: "as_{engine}"}}',
        "template: {src: main.j2, dest: /x}",
    ]
    config = f"[defaults]\ninventory = {file}\n" if file.startswith("hosts") else "[defaults]\n"
    files = {
        "site.yml": play(keywords="roles: [r]"),
        "roles/r/tasks/main.yml": "".join(f"- {task}\n" for task in tasks),
        "roles/r/templates/main.j2": "{% include " + engine.strip("{} ") + " ~ '.inc' %}",
        "ansible.cfg": config,
        file: variables,
        **ENGINES,
    }
    analysis = analysed(tmp_path, files)
    assert missing(analysis) == {"of.tasks.a", "of.tasks.b", "of.roles.a", "of.roles.b"}
    kinds = ("templates", "includes", "vars")
    assert missing(analysis, "filter") == {f"of.{kind}.{one}" for kind in kinds for one in "ab"}
    assert len(dynamic(analysis)) == len(tasks)


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"roles/r/vars/main.yml": "engine: a"}, "on_{{ engine }}.yml"),
        ({"roles/r/defaults/main.yml": "engine: on_a.yml"}, "{{ engine }}"),
        ({"roles/r/defaults/main.yml": "dir: '{{ role_path }}/tasks'"}, "{{ dir }}/on_a.yml"),
        ({"roles/r/defaults/main.yml": "engines: [a]"}, "on_{{ item }}.yml"),
    ],
)
def test_what_is_no_default_or_has_no_rest_is_what_it_is(tmp_path: Path, files: dict[str, str], name: str) -> None:
    task = f'- include_tasks: "{name}"\n' + ("  loop: '{{ engines }}'\n" if "item" in name else "")
    analysis = analysed(
        tmp_path, {"site.yml": play(keywords="roles: [r]"), "roles/r/tasks/main.yml": task, **files, **ENGINES}
    )
    assert (missing(analysis), dynamic(analysis)) == ({"of.tasks.a"}, [])


@pytest.mark.parametrize(
    ("task", "files"),
    [
        (
            "import_tasks: \"{{ t | default('a') }}_t.yml\"",
            {f"{one}_t.yml": reached(f"of.tasks.{one}") for one in "ab"},
        ),
        (
            "import_role: {name: \"{{ r | default('a') }}_role\"}",
            {f"roles/{one}_role/tasks/main.yml": reached(f"of.tasks.{one}") for one in "ab"},
        ),
        (
            "import_role: {name: r, tasks_from: \"on_{{ t | default('a') }}\"}",
            {f"roles/r/tasks/on_{one}.yml": reached(f"of.tasks.{one}") for one in "ab"},
        ),
    ],
)
def test_what_only_one_of_several_candidates_has_does_not_stop_before_the_first_task(
    tmp_path: Path, task: str, files: dict[str, str]
) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(task), **files})
    assert missing(analysis) == {"of.tasks.a", "of.tasks.b"}
    assert not any(one.stops for one in analysis.unresolved), analysis.unresolved


def test_what_the_only_candidate_has_stops_before_the_first_task(tmp_path: Path) -> None:
    given = play("import_tasks: '{{ known }}.yml'", keywords="vars: {known: a}")
    analysis = analysed(tmp_path, {"site.yml": given, "a.yml": reached("of.tasks.a"), "b.yml": reached("of.tasks.b")})
    assert [(one.name, one.stops) for one in analysis.unresolved] == [("of.tasks.a", True)]


ELSEWHERE = "- hosts: all\n  vars: {k: %s}\n  tasks: []\n"
ONE_OF_TWO = {
    "tasks": ("import_tasks: '{{ k }}.yml'", "a.yml"),
    "a role": ("import_role: {name: '{{ k }}'}", "roles/a/tasks/main.yml"),
    "tasks of a role": ("import_role: {name: r, tasks_from: '{{ k }}'}", "roles/r/tasks/a.yml"),
    "a playbook": ("", "a.yml"),
}


@pytest.mark.parametrize("value", ["b", "'b{{ x }}'", "'acme.gone.{{ x }}'"])
@pytest.mark.parametrize(("task", "file"), ONE_OF_TWO.values(), ids=ONE_OF_TWO)
@pytest.mark.parametrize("is_both", [True, False], ids=["both are there", "only one is there"])
def test_a_value_that_is_found_later_leaves_nothing_certain(
    tmp_path: Path, task: str, file: str, value: str, is_both: bool
) -> None:
    """Another play gives the variable of the name another value: which one is meant is not asked."""
    first = play(task, keywords="vars: {k: a}") if task else "- import_playbook: '{{ k }}.yml'\n  vars: {k: a}\n"
    files = {"site.yml": first + ELSEWHERE % value, file: reached("of.tasks.a") if task else play("of.tasks.a: ")}
    certain = analysed(tmp_path / "alone", {**files, "site.yml": first})
    assert [(one.name, one.stops) for one in certain.unresolved] == [("of.tasks.a", True)]
    if is_both:
        files[file.replace("a.yml", "b.yml").replace("/a/", "/b/")] = files[file].replace("of.tasks.a", "of.tasks.b")
    analysis = analysed(tmp_path / "both", files)
    assert "of.tasks.a" in missing(analysis)
    assert not any(one.stops for one in analysis.unresolved), analysis.unresolved


def test_what_the_user_may_answer_otherwise_is_not_certain(tmp_path: Path) -> None:
    given = play("import_tasks: '{{ k }}.yml'", keywords="vars_prompt: [{name: k, default: a}]")
    analysis = analysed(tmp_path, {"site.yml": given, "a.yml": reached("of.tasks.a")})
    assert [(one.name, one.stops) for one in analysis.unresolved] == [("of.tasks.a", False)]


def test_a_playbook_that_is_one_of_several_does_not_stop_either(tmp_path: Path) -> None:
    files = {f"{one}_play.yml": play("of.plays." + one + ".m: ") for one in "ab"}
    analysis = analysed(tmp_path, {"site.yml": "- import_playbook: \"{{ p | default('a') }}_play.yml\"\n", **files})
    assert len(analysis.unresolved) == 2 and not any(one.stops for one in analysis.unresolved), analysis.unresolved


def test_what_a_candidate_imports_does_not_stop_either(tmp_path: Path) -> None:
    files = {
        "site.yml": "- import_playbook: \"{{ p | default('a') }}_play.yml\"\n",
        "a_play.yml": play("debug: "),
        "b_play.yml": "- import_playbook: of.plays.b\n- import_playbook: gone.yml\n",
    }
    analysis = analysed(tmp_path, files)
    assert len(analysis.unresolved) == 2 and not any(one.stops for one in analysis.unresolved), analysis.unresolved


def test_bad_yaml_in_one_of_several_files_of_variables_of_a_role_does_not_stop(tmp_path: Path) -> None:
    files = {
        "site.yml": play("import_role: {name: r, vars_from: \"on_{{ 'a' if x else 'b' }}\"}"),
        "roles/r/tasks/main.yml": "[]",
        "roles/r/vars/on_a.yml": "x: 1\n",
        "roles/r/vars/on_b.yml": "x: [\n",
    }
    analysis = analysed(tmp_path, files)
    assert [(one.location.file, one.stops) for one in analysis.unresolved] == [("roles/r/vars/on_b.yml", False)]


@pytest.mark.parametrize("name", ["enc.yml", "{{ e }}.yml"])
def test_encrypted_tasks_are_told_however_they_are_named(tmp_path: Path, name: str) -> None:
    sealed = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
    site = play(f"include_tasks: '{name}'", keywords="vars: {e: enc}")
    analysis = analysed(tmp_path, {"site.yml": site, "enc.yml": sealed, "secrets.yml": sealed})
    assert [(one.location.file, one.ansible_reads) for one in analysis.unresolved] == [("enc.yml", True)]


MANY = {f"tasks/os/{name}.yml": reached(f"of.tasks.{name}") for name in "abcdefghijklmnopqrst"}
ALL = {f"of.tasks.{name}" for name in "abcdefghijklmnopqrst"}


@pytest.mark.parametrize(
    ("keywords", "name", "expected"),
    [
        ("", "os/{{ ansible_facts.distribution }}.yml", ALL),
        ("", "{{ dir }}/{{ x }}.yml", ALL),
        ("vars: {kind: {x: a, y: b}}", "os/{{ kind[engine] }}.yml", {"of.tasks.a", "of.tasks.b"}),
        ("vars: {kind: {x: a, y: b}}", "os/{{ kind['y'] }}.yml", {"of.tasks.b"}),
        ("vars: {kind: {x: a, y: b}, engine: y}", "os/{{ kind[engine] }}.yml", {"of.tasks.b"}),
        (
            "vars: {kind: {x: a, y: b}}",
            "os/{{ kind.get(engine, 'c') }}.yml",
            {"of.tasks.a", "of.tasks.b", "of.tasks.c"},
        ),
        ("vars: {one: '{{ two | lower }}', two: 'A'}", "os/{{ one }}.yml", {"of.tasks.a"}),
        ("vars: {name: \"{{ name | default('a') }}\"}", "os/{{ name }}.yml", {"of.tasks.a"}),
    ],
)
def test_the_files_that_fit(tmp_path: Path, keywords: str, name: str, expected: set[str]) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(f'include_tasks: "{name}"', keywords=keywords), **MANY})
    assert missing(analysis) == expected
    assert bool(dynamic(analysis)) == (expected == ALL)


def test_files_of_another_kind_do_not_fit(tmp_path: Path) -> None:
    tasks = [
        "include_tasks: '{{ x }}.yml'",
        "include_vars: '{{ x }}.yml'",
        "import_role: {name: r, tasks_from: '{{ x }}'}",
    ]
    files = {
        "site.yml": play(*tasks) + "- import_playbook: '{{ x }}.yml'\n",
        "a.yml": reached("of.the.tasks"),
        "b.yml": "v: '{{ x | of.the.vars }}'\n",
        "c.yml": play("of.the.playbook:"),
        "d.yml": "only text\n",
        "e.yml": "not: [closed\n",
        "roles/r/tasks/main.yml": reached("of.the.main"),
        "roles/r/tasks/v.yml": "a: b\n",
    }
    analysis = analysed(tmp_path, files)
    assert missing(analysis) == {"of.the.tasks", "of.the.playbook", "of.the.main"}
    assert missing(analysis, "filter") == {"of.the.vars"}
    assert any(one.startswith("e.yml (") for one in dynamic(analysis))


@pytest.mark.parametrize(
    ("start", "name", "text"),
    [
        ("include_tasks: '{{ n }}.yml'", "tasks/t{}.yml", "- include_tasks: '{{{{ n }}}}.yml'\n- of.the.n{}:\n"),
        (
            "include_role: {name: 'r{{ n }}'}",
            "roles/r{}/tasks/main.yml",
            "- include_role: {{name: 'r{{{{ n }}}}'}}\n- of.the.n{}:\n",
        ),
        (
            "template: {src: '{{ n }}.j2', dest: /x}",
            "templates/t{}.j2",
            "{{% include n %}}{{{{ x | of.the.n{} }}}}",
        ),
    ],
)
def test_files_that_can_all_include_each_other(tmp_path: Path, start: str, name: str, text: str) -> None:
    files = {name.format(number): text.format(number) for number in range(100)}
    analysis = analysed(tmp_path, {"site.yml": play(start), **files})
    assert {one.name for one in analysis.unresolved} == {f"of.the.n{number}" for number in range(100)}


def test_a_value_that_is_found_later_counts(tmp_path: Path) -> None:
    tasks = ['include_tasks: "os/{{ chosen }}.yml"', "set_fact: {chosen: a}", "include_tasks: later.yml"]
    files = {"site.yml": play(*tasks), "later.yml": "- set_fact: {chosen: b}\n", **MANY}
    assert {"of.tasks.a", "of.tasks.b"} <= missing(analysed(tmp_path, files))


def test_a_limit_is_said_with_what_raises_it(tmp_path: Path) -> None:
    files = {"site.yml": play('include_tasks: "os/{{ x }}.yml"'), **MANY}
    (one,) = dynamic(analysed(tmp_path, files, max_candidates=10))
    assert "max_candidates" in one
    (one,) = dynamic(analysed(tmp_path / "again", files))
    assert "max_candidates" not in one


def test_a_literal_name_is_followed_however_much_was_spent(tmp_path: Path) -> None:
    tasks = ['include_tasks: "os/{{ x }}.yml"'] * 2 + ["include_role: {name: r}", "include_tasks: t.yml"]
    files = {
        "site.yml": play(*tasks, keywords="roles: [s]"),
        "roles/r/tasks/main.yml": reached("of.role.r"),
        "roles/s/meta/main.yml": "dependencies: [{role: d}]\n",
        "roles/d/tasks/main.yml": reached("of.role.d"),
        "t.yml": reached("of.tasks.t"),
        **MANY,
    }
    analysis = analysed(tmp_path, files, max_candidates=0)
    assert missing(analysis) == {"of.role.r", "of.role.d", "of.tasks.t"}
    assert all("os/{{ x }}.yml" in one for one in dynamic(analysis)), dynamic(analysis)


def test_what_is_too_much_to_follow_if_a_default_is_set_otherwise_takes_nothing_from_the_rest(tmp_path: Path) -> None:
    others = {f"roles/n{number}_role/tasks/main.yml": "[]" for number in range(120)}
    others |= {f"n{number}_t.yml": "[]" for number in range(120)}
    tasks = [
        "include_role: {name: \"{{ r | default('a') }}_role\"}",
        "include_tasks: \"{{ t | default('a') }}_t.yml\"",
        "include_tasks: '{{ known }}.yml'",
    ]
    files = {
        "site.yml": play(*tasks, keywords="vars: {known: b}"),
        "roles/a_role/tasks/main.yml": reached("of.roles.a"),
        "a_t.yml": reached("of.tasks.a"),
        "b.yml": reached("of.tasks.b"),
        **others,
    }
    analysis = analysed(tmp_path, files, max_candidates=100)
    assert missing(analysis) == {"of.roles.a", "of.tasks.a", "of.tasks.b"}
    assert sum("max_candidates" in one for one in dynamic(analysis)) == 2, dynamic(analysis)


LOOPS = {
    "mappings": ("loop: [{src: a.j2}, {src: b.j2}]", "{{ item.src }}"),
    "a variable": ("loop: '{{ files }}'", "{{ item.src }}"),
    "a template in a variable": ("loop: '{{ more }}'", "{{ item.src }}"),
    "with_items": ("with_items: [{src: a.j2}, {src: b.j2}]", "{{ item.src }}"),
    "with_items of a variable": ("with_items: ['{{ files }}']", "{{ item.src }}"),
    "with_dict": ("with_dict: {x: {src: a.j2}, y: {src: b.j2}}", "{{ item.value.src }}"),
    "with_dict of keys": ("with_dict: {a: 1, b: 2}", "{{ item.key }}.j2"),
    "dict2items": ("loop: '{{ named | dict2items }}'", "{{ item.value }}"),
    "items()": ("loop: '{{ named.items() | list }}'", "{{ item[1] }}"),
    "with_subelements": ("with_subelements: ['{{ users }}', files]", "{{ item.1 }}"),
    "subelements": ("loop: \"{{ users | subelements('files') }}\"", "{{ item.1 }}"),
    "with_nested": ("with_nested: [[x, y], [a, b]]", "{{ item.1 }}.j2"),
    "with_together": ("with_together: [[x, y], [a, b]]", "{{ item.1 }}.j2"),
    "product": ("loop: \"{{ ['x', 'y'] | product(['a', 'b']) | list }}\"", "{{ item.1 }}.j2"),
    "with_indexed_items": ("with_indexed_items: [a, b]", "{{ item.1 }}.j2"),
    "loop_var": ("loop: [a, b]\n    loop_control: {loop_var: one}", "{{ one }}.j2"),
    "lists together": ("loop: '{{ files + none | default([]) }}'", "{{ item.src }}"),
    "selected": ("loop: \"{{ files | selectattr('src', 'defined') | sort(attribute='src') }}\"", "{{ item.src }}"),
    "attributes": ("loop: \"{{ files | map(attribute='src') | list }}\"", "{{ item }}"),
    "with_fileglob": ("with_fileglob: ['../templates/only/*.j2']", "{{ item }}"),
    "fileglob": ("loop: \"{{ query('fileglob', '../templates/only/*.j2') }}\"", "{{ item }}"),
}
LOOP_VARS = (
    "vars: {files: [{src: a.j2}, {src: b.j2}], more: '{{ files }}', named: {x: a.j2, y: b.j2}, "
    "users: [{files: [a.j2]}, {files: [b.j2]}]}"
)


@pytest.mark.parametrize(("loop", "source"), LOOPS.values(), ids=LOOPS)
def test_templates_that_a_loop_names(tmp_path: Path, loop: str, source: str) -> None:
    files = {
        "site.yml": play(f'template: {{src: "{source}", dest: /x}}\n    {loop}', keywords=LOOP_VARS),
        **{f"templates/{name}.j2": f"{{{{ x | of.filter.{name} }}}}" for name in ("a", "b", "never", "xa", "xb")},
        "templates/only/one.j2": "{{ x | of.filter.a }}",
        "templates/only/two.j2": "{{ x | of.filter.b }}",
    }
    assert missing(analysed(tmp_path, files), "filter") == {"of.filter.a", "of.filter.b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ lookup('template', name) }}", {"a", "b"}),
        ("{{ lookup('template', 'a.j2' if x else 'b.j2') }}", {"a", "b"}),
    ],
)
def test_templates_that_an_expression_names(tmp_path: Path, text: str, expected: set[str]) -> None:
    files = {
        "site.yml": play(
            f'debug: {{msg: "{text}"}}', keywords="vars: {name: '{{ n }}.j2', n: b}\nvars_files: [more.yml]"
        ),
        "more.yml": "n: a\n",
        **{f"templates/{name}.j2": f"{{{{ x | of.filter.{name} }}}}" for name in ("a", "b", "c")},
    }
    assert missing(analysed(tmp_path, files), "filter") == {f"of.filter.{name}" for name in expected}


@pytest.mark.parametrize(
    "tag", ["{% include part %}", "{% import part as p %}", "{% extends part %}", "{% include ['b.j2', part] %}"]
)
def test_templates_that_a_template_names_by_a_variable(tmp_path: Path, tag: str) -> None:
    files = {
        "site.yml": play("template: {src: main.j2, dest: /x}", keywords="vars: {part: a.j2}"),
        "templates/main.j2": tag,
        "templates/a.j2": "{{ x | of.filter.a }}",
    }
    assert missing(analysed(tmp_path, files), "filter") == {"of.filter.a"}


BLANKS = {
    "include_tasks": "include_tasks: my file.yml",
    "import_tasks": "import_tasks: my file.yml",
    "in quotes": "include_tasks: \"'my file.yml'\"",
    "as an option": "include_tasks: {file: my file.yml}",
    "templated": "include_tasks: \"my {{ x | default('file') }}.yml\"",
    "with a comparison": "include_tasks: \"{{ 'my file.yml' if a == b else 'my file.yml' }}\"",
}


@pytest.mark.parametrize("task", BLANKS.values(), ids=BLANKS)
def test_paths_with_blanks(tmp_path: Path, task: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": play(task), "my file.yml": reached("of.my.file")})
    assert missing(analysis) == {"of.my.file"}
    assert missing(analysis, "file") == set()


def test_variables_and_playbooks_with_blanks(tmp_path: Path) -> None:
    files = {
        "site.yml": play("include_vars: my vars.yml name=q") + "- import_playbook: my book.yml\n",
        "my vars.yml": "a: '{{ x | of.my.vars }}'\n",
        "my book.yml": play("of.my.book:"),
    }
    analysis = analysed(tmp_path, files)
    assert missing(analysis, "filter") == {"of.my.vars"}
    assert missing(analysis) == {"of.my.book"}


@pytest.mark.parametrize(
    ("name", "reason"), [("acme.hard.none", "has no playbook 'none'"), ("acme.gone.x", "does not have acme.gone")]
)
def test_a_playbook_that_its_collection_does_not_have(tmp_path: Path, name: str, reason: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": f"- import_playbook: {name}\n", "acme/hard/galaxy.yml": ""})
    (one,) = analysis.unresolved
    assert (one.kind, one.name, one.location.line) == ("playbook", name, 1)
    assert reason in one.reason


KEYWORDS = {
    "play": ("- hosts: all\n  whne: x\n  tasks: []\n", 2),
    "block": ("- hosts: all\n  tasks:\n  - block: []\n    whne: x\n", 4),
    "task": ("- hosts: all\n  tasks:\n  - debug:\n    whne: x\n", 4),
    "task before its action": ("- hosts: all\n  tasks:\n  - whne: x\n    debug:\n", 3),
    "task of a collection": ("- hosts: all\n  tasks:\n  - acme.gone.x:\n    whne: x\n", 4),
    "task with action": ("- hosts: all\n  tasks:\n  - action: debug\n    whne: x\n", 4),
    "handler": ("- hosts: all\n  handlers:\n  - debug:\n    whne: x\n", 4),
}


@pytest.mark.parametrize(("text", "line"), KEYWORDS.values(), ids=KEYWORDS)
def test_an_unknown_keyword_is_called_one(tmp_path: Path, text: str, line: int) -> None:
    unresolved = analysed(tmp_path, {"site.yml": text}).unresolved
    (one,) = [one for one in unresolved if one.name == "whne"]
    assert (one.kind, one.location.line) == ("keyword", line)


def test_a_task_with_nothing_else_has_an_unknown_module(tmp_path: Path) -> None:
    """As Ansible says it: couldn't resolve module/action 'whne'."""
    (one,) = analysed(tmp_path, {"site.yml": play("whne: x")}).unresolved
    assert (one.kind, one.name) == ("module", "whne")


@pytest.mark.parametrize("keyword", ["user", "strategy", "vars_prompt", "serial", "collections", "force_handlers"])
def test_the_keywords_of_a_play_are_known(tmp_path: Path, keyword: str) -> None:
    unresolved = analysed(tmp_path, {"site.yml": play("debug:", keywords=f"{keyword}: linear")}).unresolved
    assert not any("no keyword of this name" in one.reason for one in unresolved)


def test_the_roles_that_are_found_are_in_the_evidence(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, {"site.yml": play('include_role: {name: "acme.hard.o{{ n }}"}'), **ROLES})
    assert "acme.hard.other" in found(analysis)


PROMPTS = "vars_prompt:\n- name: a\n  {}\n- name: b\n  private: true\n  confirm: true"


@pytest.mark.parametrize(
    ("option", "lines"),
    [
        ("encrypt: sha512_crypt", [4]),
        ('encrypt: "{{ scheme }}"', [4]),
        ("encrypt:", []),
        ("encrypt: false", []),
        ("private: false", []),
    ],
)
def test_a_prompt_that_is_encrypted_hashes_as_password_hash(tmp_path: Path, option: str, lines: list[int]) -> None:
    prompts = analysed(tmp_path / "a", {"site.yml": play(keywords=PROMPTS.format(option))})
    hashed = analysed(tmp_path / "b", {"site.yml": play("debug: msg=\"{{ 'a' | password_hash('sha512') }}\"")})
    found = [(one.distribution, one.required, one.where) for one in prompts.evidence]
    assert found == ([(one.distribution, one.required, one.where) for one in hashed.evidence] if lines else [])
    assert [one.location.line for one in prompts.evidence] == lines


@pytest.mark.parametrize(
    "task",
    [
        'assert: {that: ["x | a.b.name"]}',
        'action: {module: assert, that: "x | a.b.name"}',
        'action: assert that="x | a.b.name"',
        'local_action: {module: ansible.builtin.assert, that: "x | a.b.name"}',
        '{ansible.builtin.assert: , args: {that: "x | a.b.name"}}',
        '{debug: , args: {var: "x | a.b.name"}}',
        'action: debug var="x|a.b.name"',
        '{debug: {msg: x}, loop: [1], loop_control: {break_when: ["item | a.b.name"]}}',
    ],
)
def test_bare_expressions_of_any_spelling(tmp_path: Path, task: str) -> None:
    assert missing(analysed(tmp_path, {"site.yml": play(task)}), "filter") == {"a.b.name"}


def test_keywords_of_an_imported_playbook(tmp_path: Path) -> None:
    variables = '{x: "{{ y | a.b.of_value }}", ansible_connection: a.b.of_hosts}'
    text = f"- import_playbook: more.yml\n  when: x is a.b.of_condition\n  vars: {variables}\n"
    analysis = analysed(tmp_path, {"site.yml": text, "more.yml": play("debug:")})
    assert missing(analysis, "filter") == {"a.b.of_value"}
    assert missing(analysis, "test") == {"a.b.of_condition"}
    assert missing(analysis, "connection") == {"a.b.of_hosts"}


ITEMS = "action: '{{ item }}'"
TWICE = {
    "include_tasks": [
        play("{include_tasks: in.yml, loop: [a.b.one]}", "{include_tasks: in.yml, loop: [a.b.two]}"),
        {"in.yml": f"- {ITEMS}\n"},
    ],
    "with_items, in a block": [
        play("{include_tasks: in.yml, with_items: a.b.one}", "block: [{include_tasks: in.yml, with_items: a.b.two}]"),
        {"in.yml": f"- block:\n  - {ITEMS}\n"},
    ],
    "another variable": [
        play(
            "{include_tasks: in.yml, loop: [a.b.one], loop_control: {loop_var: m}}",
            "{include_tasks: in.yml, loop: [a.b.two], loop_control: {loop_var: m}}",
        ),
        {"in.yml": "- action: '{{ m }}'\n"},
    ],
    "a loop and vars": [
        play(
            "{include_tasks: in.yml, loop: [a.b.one], loop_control: {loop_var: m}}",
            "{include_tasks: in.yml, vars: {m: a.b.two}}",
        ),
        {"in.yml": "- action: '{{ m }}'\n"},
    ],
    "vars of the item": [
        play(
            "{include_tasks: in.yml, loop: [one], vars: {m: 'a.b.{{ item }}'}}",
            "{include_tasks: in.yml, loop: [two], vars: {m: 'a.b.{{ item }}'}}",
        ),
        {"in.yml": "- action: '{{ m }}'\n"},
    ],
    "vars of apply": [
        play(
            "include_tasks: {file: in.yml, apply: {vars: {m: a.b.one}}}",
            "include_tasks: {file: in.yml, apply: {vars: {m: a.b.two}}}",
        ),
        {"in.yml": "- action: '{{ m }}'\n"},
    ],
    "a file in a file": [
        play("{include_tasks: out.yml, loop: [a.b.one]}", "{include_tasks: out.yml, loop: [a.b.two]}"),
        {"out.yml": "- import_tasks: in.yml\n", "in.yml": f"- {ITEMS}\n"},
    ],
    "a loop over the item": [
        play("{include_tasks: out.yml, loop: [[a.b.one]]}", "{include_tasks: out.yml, loop: [[a.b.two]]}"),
        {"out.yml": "- {include_tasks: in.yml, loop: '{{ item }}'}\n", "in.yml": f"- {ITEMS}\n"},
    ],
    "a file that includes itself": [
        play("{include_tasks: in.yml, loop: [{m: a.b.one, c: [{m: a.b.two, c: []}]}]}"),
        {"in.yml": "- action: '{{ item.m }}'\n- {include_tasks: in.yml, loop: '{{ item.c }}'}\n"},
    ],
    "a loop over what is learned later": [
        play("{include_tasks: in.yml, loop: '{{ later }}'}", "set_fact: {later: [a.b.one, a.b.two]}"),
        {"in.yml": f"- {ITEMS}\n"},
    ],
    "include_role": [
        play("{include_role: {name: r}, loop: [a.b.one]}", "{include_role: {name: r}, loop: [a.b.two]}"),
        {"roles/r/tasks/main.yml": f"- {ITEMS}\n"},
    ],
    "tasks_from": [
        play(
            "{include_role: {name: r, tasks_from: x}, loop: [one]}",
            "{include_role: {name: r, tasks_from: x}, loop: [two]}",
        ),
        {
            "roles/r/tasks/x.yml": "- include_tasks: '{{ item }}.yml'\n",
            "roles/r/tasks/one.yml": reached("a.b.one"),
            "roles/r/tasks/two.yml": reached("a.b.two"),
        },
    ],
    "tasks_from of the item": [
        play(
            "{include_role: {name: r, tasks_from: '{{ item }}'}, loop: [one]}",
            "{include_role: {name: r, tasks_from: '{{ item }}'}, loop: [two]}",
        ),
        {"roles/r/tasks/one.yml": reached("a.b.one"), "roles/r/tasks/two.yml": reached("a.b.two")},
    ],
    "tasks_from of what is learned later": [
        play("{include_role: {name: r, tasks_from: '{{ m }}'}}", "set_fact: {m: one}", "set_fact: {m: two}"),
        {"roles/r/tasks/one.yml": reached("a.b.one"), "roles/r/tasks/two.yml": reached("a.b.two")},
    ],
    "playbooks of two directories": [
        "- import_playbook: one/site.yml\n- import_playbook: two/site.yml\n",
        {
            "one/site.yml": "- hosts: all\n  roles: [r]\n",
            "two/site.yml": "- hosts: all\n  roles: [r]\n",
            "roles/r/tasks/main.yml": "- include_tasks: '{{ playbook_dir }}/own.yml'\n",
            "one/own.yml": reached("a.b.one"),
            "two/own.yml": reached("a.b.two"),
        },
    ],
}


@pytest.mark.parametrize(("text", "files"), TWICE.values(), ids=TWICE)
def test_what_is_included_again_with_other_variables(tmp_path: Path, text: str, files: dict[str, str]) -> None:
    assert missing(analysed(tmp_path, {"site.yml": text, **files})) == {"a.b.one", "a.b.two"}


@pytest.mark.parametrize("other", ["{{ unknown }}", "{{ unknown.of_it }}"])
def test_a_loop_that_is_not_known_beside_one_that_is(tmp_path: Path, other: str) -> None:
    tasks = ["{include_tasks: in.yml, loop: [a.b.one]}", f"{{include_tasks: in.yml, loop: '{other}'}}"]
    analysis = analysed(tmp_path, {"site.yml": play(*tasks), "in.yml": f"- {ITEMS}\n"})
    assert missing(analysis) == {"a.b.one"}
    assert dynamic(analysis) == ["{{ item }}"]


def test_templates_that_are_rendered_again_with_other_variables(tmp_path: Path) -> None:
    tasks = [f"{{template: {{src: out.j2, dest: /x}}, loop: [{name}]}}" for name in ("one", "two")]
    files = {f"{name}.j2": f"{{{{ x | a.b.{name} }}}}" for name in ("one", "two")}
    out = {"out.j2": "{% include item ~ '.j2' %}{{ x | map(named) }}"}
    analysis = analysed(tmp_path, {"site.yml": play(*tasks), **files, **out})
    assert missing(analysis, "filter") == {"a.b.one", "a.b.two"}


def test_loops_in_files_that_include_each_other_are_bounded(tmp_path: Path) -> None:
    """Each of twenty files includes the next one twice: a million ways, twenty files."""
    files = {
        f"in{n}.yml": "".join(
            f"- {{include_tasks: in{n + 1}.yml, loop: [{m}], loop_control: {{loop_var: v{n}}}}}\n" for m in ("x", "y")
        )
        for n in range(20)
    }
    files["in20.yml"] = "- action: 'a.b.{{ v3 }}'\n"
    analysis = analysed(tmp_path, {"site.yml": play("include_tasks: in0.yml"), **files})
    assert missing(analysis) == {"a.b.x", "a.b.y"}


@pytest.mark.parametrize("name", ["ansible_connection", "ansible_become_method", "ansible_shell_type"])
@pytest.mark.parametrize("place", ["dependencies", "roles"])
def test_variables_of_plugins_as_parameters_of_a_role(tmp_path: Path, name: str, place: str) -> None:
    kind = {"ansible_connection": "connection", "ansible_become_method": "become", "ansible_shell_type": "shell"}[name]
    entry = f"[{{role: s, {name}: a.b.c}}]"
    files = {"roles/s/tasks/main.yml": "- debug:\n", "roles/r/meta/main.yml": f"dependencies: {entry}\n"}
    roles = entry if place == "roles" else "[r]"
    assert missing(analysed(tmp_path, {"site.yml": play(keywords=f"roles: {roles}"), **files}), kind) == {"a.b.c"}


RENDERED = {
    "beside it": ("template: {src: d/a.j2, dest: /x}", "templates/d/a.j2", "{% include 'm.j2' %}", "templates/d/m.j2"),
    "in its subdirectory": (
        "template: {src: d/a.j2, dest: /x}",
        "templates/d/a.j2",
        "{% import 'e/m.j2' as m %}",
        "templates/d/e/m.j2",
    ),
    "beside that of a lookup": (
        "debug: {msg: \"{{ lookup('template', 'd/a.j2') }}\"}",
        "templates/d/a.j2",
        "{% extends 'm.j2' %}",
        "templates/d/m.j2",
    ),
    "of a variable": ("debug:", "group_vars/all.yml", "a: \"{{ lookup('template', 'm.j2') }}\"", "templates/m.j2"),
    "a list": ("kubernetes.core.k8s: {template: [a.yml, m.yml]}", "a.yml", "", "templates/m.yml"),
    "a list of options": ("a.b.k8s: {template: [{path: m.yml}]}", "a.yml", "", "templates/m.yml"),
    "a text": ("a.b.k8s: {template: m.yml}", "a.yml", "", "templates/m.yml"),
    "src of a network module": ("cisco.ios.ios_config: {src: m.cfg}", "a", "", "templates/m.cfg"),
    "src of a short network module": ("eos_config: src=m.cfg", "a", "", "m.cfg"),
}


@pytest.mark.parametrize(("task", "file", "text", "included"), RENDERED.values(), ids=RENDERED)
def test_templates_that_are_rendered(tmp_path: Path, task: str, file: str, text: str, included: str) -> None:
    files = {"site.yml": play(task), file: text, included: "{{ x | of.this.template }}"}
    assert "of.this.template" in missing(analysed(tmp_path, files), "filter")


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("debug: {msg: \"{{ lookup('template', 'a.j2') }}\"}", {"a.b.braces"}),
        ("template: {src: a.j2, dest: /x}", {"a.b.braces"}),
        (
            "debug: {msg: \"{{ q('template', 'a.j2', variable_start_string='[[', variable_end_string=']]') }}\"}",
            {"a.b.squares"},
        ),
        ("template: {src: a.j2, dest: /x, variable_start_string: '[[', variable_end_string: ']]'}", {"a.b.squares"}),
        ("a.b.k8s: {template: {path: a.j2, variable_start_string: '[[', variable_end_string: ']]'}}", {"a.b.squares"}),
    ],
)
def test_delimiters_of_templates(tmp_path: Path, task: str, expected: set[str]) -> None:
    files = {"site.yml": play(task), "templates/a.j2": "{{ x | a.b.braces }} [[ x | a.b.squares ]]"}
    assert missing(analysed(tmp_path, files), "filter") == expected


def test_a_template_that_is_rendered_with_other_delimiters_too(tmp_path: Path) -> None:
    tasks = ["template: {src: a.j2, dest: /x}", "template: {src: a.j2, dest: /y, variable_start_string: '[['}"]
    files = {"site.yml": play(*tasks), "a.j2": "{{ x | a.b.braces }} [[ x | a.b.squares }}"}
    assert missing(analysed(tmp_path, files), "filter") == {"a.b.braces", "a.b.squares"}


HASHED = {
    "term": ("debug: {msg: \"{{ lookup('password', '/dev/null encrypt=sha512_crypt') }}\"}", True),
    "of core": ("debug: {msg: \"{{ q('ansible.builtin.password', '/dev/null length=9 encrypt=bcrypt') }}\"}", True),
    "keyword": ("debug: {msg: \"{{ lookup('password', '/dev/null', encrypt='bcrypt') }}\"}", True),
    "variable": ("debug: {msg: \"{{ lookup('password', '/dev/null', encrypt=scheme) }}\"}", True),
    "joined": ("debug: {msg: \"{{ lookup('password', '/dev/null encrypt=' ~ scheme) }}\"}", True),
    "with_": ("{debug: , with_password: '/dev/null encrypt=sha512_crypt'}", True),
    "with_ of core": ("{debug: , with_ansible.builtin.password: ['/dev/null encrypt=sha512_crypt']}", True),
    "none": ("debug: {msg: \"{{ lookup('password', '/dev/null length=9', encrypt=none) }}\"}", False),
    "empty": ("debug: {msg: \"{{ lookup('password', '/dev/null', encrypt='') }}\"}", False),
    "name of a file": ("debug: {msg: \"{{ lookup('password', '/dev/no-encrypt=a') }}\"}", False),
    "another lookup": ("debug: {msg: \"{{ lookup('file', 'a encrypt=b') }}\"}", False),
}


@pytest.mark.parametrize(("task", "is_hashed"), HASHED.values(), ids=HASHED)
def test_passwords_that_are_hashed(tmp_path: Path, task: str, is_hashed: bool) -> None:
    hashed = analysed(tmp_path / "a", {"site.yml": play("debug: msg=\"{{ 'a' | password_hash('sha512') }}\"")})
    required = {one.distribution for one in hashed.evidence if one.required}
    assert bool(required) == (not HASHES_BY_ITSELF)
    analysis = analysed(tmp_path / "b", {"site.yml": play(task)})
    assert {one.distribution for one in analysis.evidence if one.required} == (required if is_hashed else set())


@pytest.mark.parametrize(
    ("call", "kind", "names"),
    [
        ("lookup('config', 'x', plugin_type='become', plugin_name='a.b.c')", "become", {"a.b.c"}),
        ("q('ansible.builtin.config', 'x', plugin_name='a.b.c', plugin_type='connection')", "connection", {"a.b.c"}),
        ("lookup('config', 'x', plugin_type='cache', plugin_name=plugin)", "cache", {"a.b.known"}),
        ("lookup('config', 'x', plugin_type='nothing', plugin_name='a.b.c')", "nothing", set()),
        ("lookup('file', 'x', plugin_type='become', plugin_name='a.b.c')", "become", set()),
    ],
)
def test_the_plugin_whose_option_is_looked_up(tmp_path: Path, call: str, kind: str, names: set[str]) -> None:
    files = {"site.yml": play(f'debug: {{msg: "{{{{ {call} }}}}"}}', keywords="vars: {plugin: a.b.known}")}
    assert missing(analysed(tmp_path, files), kind) == names


NAMED = {
    "if": "{% if x %}a.b.one{% else %}a.b.two{% endif %}",
    "elif": "{% if x %}a.b.one{% elif y %}a.b.two{% endif %}",
    "if in a text": "a.b.{% if x %}one{% else %}two{% endif %}",
    "if in if": "{% if x %}a.b.one{% else %}{% if y %}a.b.two{% endif %}{% endif %}",
    "ternary": "{{ x | ternary(true_val='a.b.one', false_val='a.b.two') }}",
    "ternary and a keyword": "{{ x | ternary('a.b.one', false_val='a.b.two') }}",
    "default": "{{ known | default(default_value='a.b.two') }}",
    "lookup": "{{ lookup('vars', 'known', default='a.b.two') }}",
}


@pytest.mark.parametrize("name", NAMED.values(), ids=NAMED)
def test_names_of_plugins_in_statements_and_keywords(tmp_path: Path, name: str) -> None:
    text = play(f'action: "{name}"', keywords="vars: {known: a.b.one}")
    analysis = analysed(tmp_path, {"site.yml": text})
    assert missing(analysis) == {"a.b.one", "a.b.two"}


def test_a_prompt_with_a_default(tmp_path: Path) -> None:
    text = play("ping:", keywords="connection: '{{ conn }}'\nvars_prompt: [{name: conn, default: a.b.one}, {name: x}]")
    assert missing(analysed(tmp_path, {"site.yml": text}), "connection") == {"a.b.one"}


def test_only_the_files_that_a_statement_can_name(tmp_path: Path) -> None:
    files = {f"{name}.yml": reached(f"a.b.{name}") for name in ("one", "two", "other")}
    task = 'include_tasks: "{% if x %}one{% else %}two{% endif %}.yml"'
    assert missing(analysed(tmp_path, {"site.yml": play(task), **files})) == {"a.b.one", "a.b.two"}


BOMBS = {
    "replace": "{{ 'a' " + f"| replace('a', '{'a' * 1000}')" * 4 + " }}",
    "items": "{{ lookup('items', " + ", ".join(["many"] * 1500) + ") }}",
    "union": "{{ many | union(" + ", ".join(["many"] * 1500) + ") }}",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_values_that_would_fill_the_memory_are_not_made(tmp_path: Path, text: str) -> None:
    """Some of them would have a thousand million characters or items."""
    files = {"site.yml": play(f'include_tasks: "{text}"'), "group_vars/all.yml": f"many: [{'x, ' * 2000}]\n"}
    tracemalloc.start()
    analysis = analysed(tmp_path, files)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(dynamic(analysis)) == 1
    assert peak < 100_000_000


@pytest.mark.parametrize(
    "name",
    [
        "debian-{{ version | int + 1 }}.yml",
        "debian-{{ 1 + version | int }}.yml",
        "debian-{{ old + 1 }}.yml",
        "debian-{{ old | float + unknown }}.yml",
        "debian-{{ items | length + others | count }}.yml",
        "debian-{{ old * 2 + unknown }}.yml",
        "debian-{{ 5 + old + 1 }}.yml",
    ],
)
def test_a_sum_in_a_name_is_no_text(tmp_path: Path, name: str) -> None:
    variables = "vars: {old: 6, items: [1], others: [2]}"
    files = {"site.yml": play(f'include_tasks: "{name}"', keywords=variables), "debian-12.yml": reached("a.b.twelve")}
    files["debian-7.yml"] = reached("a.b.seven")
    only = {"debian-{{ old + 1 }}.yml": {"a.b.seven"}, "debian-{{ 5 + old + 1 }}.yml": {"a.b.twelve"}}
    assert missing(analysed(tmp_path, files)) == only.get(name, {"a.b.twelve", "a.b.seven"})


def test_a_pattern_finds_tasks_in_json(tmp_path: Path) -> None:
    files = {
        "site.yml": play('include_role: {name: r, tasks_from: "for-{{ unknown }}.json"}'),
        "roles/r/tasks/for-web.json": '[{"a.b.web": null}]',
        "roles/r/tasks/for-other.json": '{"a": 1}',
    }
    assert missing(analysed(tmp_path, files)) == {"a.b.web"}


@pytest.mark.parametrize(
    "lookup",
    ["lookup('first_found', **options)", "query('first_found', **{'files': ['a.yml'], 'paths': paths}) | first"],
)
def test_options_of_first_found_may_be_spread(tmp_path: Path, lookup: str) -> None:
    variables = "vars: {options: {files: [b.yml, a.yml], paths: [os]}, paths: [os]}"
    files = {"site.yml": play(f'include_tasks: "{{{{ {lookup} }}}}"', keywords=variables)}
    assert missing(analysed(tmp_path, {**files, "os/a.yml": reached("a.b.c")})) == {"a.b.c"}


def test_an_inventory_that_is_not_read_is_said(tmp_path: Path) -> None:
    files = {"site.yml": play("debug:"), "hosts.toml": "[web.hosts]\na = {ansible_connection='acme.gone.x'}\n"}
    found = analysed(tmp_path, files, inventory=["hosts.toml"]).dynamic
    assert [(one.expression[:10], one.location.file) for one in found] == [("hosts.toml", "hosts.toml")]


@pytest.mark.parametrize(
    ("file", "is_found"),
    [
        ("library/own.py", True),
        ("library/sub/own.py", False),
        ("roles/r/library/sub/own.py", False),
        ("mine/own.py", True),
        ("mine/a/b/own.py", True),
        ("mine/a/b/c/own.py", False),
    ],
)
def test_modules_are_searched_as_deep_as_ansible_does(tmp_path: Path, file: str, is_found: bool) -> None:
    config = "[defaults]\nlibrary = mine\n"
    files = {"site.yml": play("own:", keywords="roles: [r]"), "roles/r/tasks/main.yml": "", "ansible.cfg": config}
    assert missing(analysed(tmp_path, {**files, file: "import sys\n"})) == (set() if is_found else {"own"})
