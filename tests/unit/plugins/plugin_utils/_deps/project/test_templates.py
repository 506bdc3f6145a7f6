# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a template includes is searched where Ansible searches; a run of ansible-playbook gave what is expected here."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, dynamic, missing, play


def named(name: str) -> str:
    """A template that is seen to be read: its filter leads nowhere."""
    return f"{{{{ 1 | {name} }}}}"


FILES = {
    "roles/r/templates/d/a.j2": "{% include 'm.j2' %}{% include 'n.j2' %}{% include 'o.j2' %}",
    "roles/r/templates/m.j2": named("role.m.x"),
    "roles/r/templates/d/m.j2": named("beside.m.x"),
    "templates/n.j2": named("base.n.x"),
    "roles/r/templates/d/n.j2": named("beside.n.x"),
    "roles/r/templates/d/o.j2": "{% include 'e/p.j2' %}",
    "roles/r/templates/d/e/p.j2": "{% include 'q.j2' ignore missing %}",
    "roles/r/templates/d/e/q.j2": named("beside.p.x"),
}
ACTION = "template: {src: d/a.j2, dest: /x}"
LOOKUP = "debug: {msg: \"{{ lookup('template', 'd/a.j2') }}\"}"


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([ACTION], {"role.m.x", "base.n.x"}),
        ([LOOKUP], {"beside.m.x", "beside.n.x"}),
        ([LOOKUP, ACTION], {"role.m.x", "base.n.x", "beside.m.x", "beside.n.x"}),
    ],
)
def test_where_includes_are_searched(tmp_path: Path, tasks: list[str], expected: set[str]) -> None:
    role = {"roles/r/tasks/main.yml": "".join(f"- {task}\n" for task in tasks)}
    project = {"site.yml": play(keywords="roles: [r]"), **role, **FILES}
    assert missing(analysed(tmp_path, project), "filter") == expected


def test_a_template_that_two_roles_use_includes_what_each_has(tmp_path: Path) -> None:
    project = {"site.yml": play(keywords="roles: [r, s]"), "templates/a.j2": "{% include 'm.j2' %}"}
    for role in "rs":
        project[f"roles/{role}/tasks/main.yml"] = "- template: {src: a.j2, dest: /x}\n"
        project[f"roles/{role}/templates/m.j2"] = named(f"of.role.{role}")
    assert missing(analysed(tmp_path, project), "filter") == {"of.role.r", "of.role.s"}


def test_templates_that_include_each_other_end(tmp_path: Path) -> None:
    project = {
        "site.yml": play("template: {src: a.j2, dest: /x}", "debug: {msg: \"{{ lookup('template', 'd/b.j2') }}\"}"),
        "templates/a.j2": "{{ lookup('template', 'd/b.j2') }}",
        "templates/d/b.j2": "{% include 'a.j2' %}" + named("no.such.name"),
    }
    assert missing(analysed(tmp_path, project), "filter") == {"no.such.name"}


@pytest.mark.parametrize(
    ("task", "is_read"),
    [
        *((f"{name}: {{src: a.j2, dest: /x}}", False) for name in ("copy", "ansible.builtin.copy", "unarchive")),
        *((f"{name}: {{src: a.j2, dest: /x}}", False) for name in ("ansible.posix.synchronize", "win_copy", "fetch")),
        ("script: {cmd: a.sh, src: a.j2}", False),
        ("acme.hard.rendered: {src: a.j2}", True),
        ("acme.hard.rendered: {src: '{{ name }}.j2'}", True),
        ("acme.hard.rendered: {src: '{{ name }}.{{ ending }}'}", True),
        ("acme.hard.rendered: {src: '{{ name }}{{ dotted }}'}", True),
        ("acme.hard.rendered: {src: '{{ name }}.conf'}", False),
    ],
)
def test_which_src_is_a_template(tmp_path: Path, task: str, is_read: bool) -> None:
    """Core's own actions for files take theirs as it is; of others it may be one if it ends like one."""
    project = {
        "site.yml": play(task, keywords="vars: {name: a, ending: j2, dotted: .j2}"),
        "templates/a.j2": named("x.y.z"),
    }
    assert missing(analysed(tmp_path, project), "filter") == ({"x.y.z"} if is_read else set())


def test_a_src_that_cannot_be_a_template_costs_nothing(tmp_path: Path) -> None:
    """A loop over many files to copy leaves the rest of the analysis what it needs."""
    copied = [
        f"{action}: {{src: '{{{{ item }}}}{end}', dest: /x}}\n    loop: {list(range(50))}"
        for action, end in (("copy", ""), ("acme.hard.rendered", ".yml"))
    ]
    tasks = [*copied * 3, "include_tasks: '{{ chosen }}.yml'"]
    project = {"site.yml": play(*tasks, keywords="vars: {chosen: a}"), "a.yml": "- of.tasks.a:\n"}
    analysis = analysed(tmp_path, project, max_candidates=100)
    assert "of.tasks.a" in missing(analysis)
    assert dynamic(analysis) == []
