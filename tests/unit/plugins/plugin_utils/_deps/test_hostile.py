# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Texts that are made to last: each ends in less than two CPU seconds, with a short error or a right result."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any

import fuzz_analysis as fuzz
import pytest

HERE = Path(__file__).resolve()
CORE = HERE.parent / "projects" / "core"
BLANKS = " " * 400_000
PLAY = "- hosts: all\n  tasks:\n"


def site(*tasks: str) -> dict[str, str]:
    """A project of one play with these tasks."""
    return {"project/site.yml": PLAY + "".join(f"    - {task}\n" for task in tasks)}


def chain(count: int, name: str, content: str) -> dict[str, str]:
    """Files that lead from each to the next."""
    return {name.format(number): content.format(number + 1) for number in range(count)}


def collection(name: str, content: str) -> dict[str, str]:
    """A file of the collection in use."""
    return {f"source/acme/web/{name}": content}


def module(requirement: str) -> dict[str, str]:
    """The module in use, with a line of documented requirements, and a declaration less."""
    text = json.dumps(requirement)
    code = f"DOCUMENTATION = r'''\nrequirements: [{text}]\n'''\nimport lxml\n"
    return {**collection("plugins/modules/site.py", code), **collection("requirements.txt", "")}


#: Long names: the files to write, and an unresolved name that has to be listed, if it cannot be found without a look.
LONG = "x" * 300
LONG_NAMES = {
    "task file": (site(f"include_tasks: {LONG}.yml"), "file"),
    "long path": (site(f"include_tasks: {'x/' * 5000}a.yml"), "file"),
    "vars file": ({"project/site.yml": f"- hosts: all\n  vars_files: [{LONG}]\n"}, "file"),
    "template": (site(f"template: {{src: {LONG}.j2}}"), "file"),
    "role": (site(f"import_role: {{name: {LONG}}}"), "role"),
    "role of a collection": (site(f"import_role: {{name: acme.web.{LONG}}}"), "role"),
    "tasks of a role": (site(f"import_role: {{name: web, tasks_from: {LONG}}}"), "file"),
    "playbook": ({"project/site.yml": f"- import_playbook: {LONG}.yml\n"}, "file"),
    "module": (site(f"{LONG}: {{a: b}}"), "module"),
    "module of a collection": (site(f"acme.web.{LONG}: {{a: b}}"), "module"),
    "collection": (site(f"{LONG}.{LONG}.{LONG}: {{a: b}}"), "module"),
    "filter": (site(f"debug: {{msg: '{{{{ a | acme.web.{LONG} }}}}'}}"), "filter"),
    "lookup": (site(f"debug: {{msg: '{{{{ lookup(\"acme.web.{LONG}\") }}}}'}}"), "lookup"),
    "ansible.cfg": ({"project/ansible.cfg": f"[defaults]\nroles_path={LONG}\ninventory={LONG}\nlibrary={LONG}\n"}, ""),
    "import": ({"project/library/own.py": f"import ansible.module_utils.{LONG}\nfrom ansible import {LONG}\n"}, ""),
    "redirect": (
        collection("meta/runtime.yml", f"plugin_routing: {{modules: {{site: {{redirect: a.b.{LONG}}}}}}}"), "module",
    ),
    "doc fragment": (collection("plugins/doc_fragments/common.py", f"class A:\n    DOCUMENTATION = '{LONG}'\n"), ""),
}  # fmt: skip

#: Nested without end: what the error has to say.
DEEP = {
    "task files": (
        {**site("include_tasks: t0.yml"), **chain(250, "project/t{}.yml", "- include_tasks: t{}.yml\n")},
        "t59.yml, line 1: .* nested more than 60 deep",
    ),
    "roles": (
        {**site("import_role: {name: r0}"), **chain(250, "project/roles/r{}/meta/main.yml", "dependencies: [r{}]\n")},
        "roles/r59/meta/main.yml, line 1: .* nested more than 60 deep",
    ),
    "included roles": (
        {
            **site("import_role: {name: r0}"),
            **chain(250, "project/roles/r{}/tasks/main.yml", "- name: n\n  include_role: {{name: r{}}}\n"),
        },
        "roles/r59/tasks/main.yml, line 2: .* nested more than 60 deep",
    ),
    "playbooks": (
        {
            "project/site.yml": "- import_playbook: p0.yml\n",
            **chain(250, "project/p{}.yml", "- import_playbook: p{}.yml\n"),
        },
        "p[0-9]+.yml, line 1: .* nested more than 60 deep",
    ),
    "templates": (
        {**site("template: {src: t0.j2}"), **chain(250, "project/templates/t{}.j2", "\n{{% include 't{}.j2' %}}\n")},
        "templates/t60.j2, line 2: .* nested more than 60 deep",
    ),
    "blocks in files": (
        {
            **site("include_tasks: t0.yml"),
            **chain(50, "project/t{}.yml", "- block: [{{block: [{{block: [{{include_tasks: t{}.yml}}]}}]}}]\n"),
        },
        "t14.yml, line 1: .* nested more than 60 deep",
    ),
}  # fmt: skip

#: Large or slow texts, each in a file that is read; all give a result.
SLOW = {
    "blanks in requirements": collection("requirements.txt", f"lxml{BLANKS}# why\nhvac{BLANKS}\n{BLANKS}x\n"),
    "blanks and signs in requirements": collection("requirements.txt", f"{BLANKS}#\nlxml{' #' * 100_000}\n"),
    "links in a documentation": module("L(" * 300_000),
    "links with commas": module("L(a," * 150_000),
    "marks in a documentation": module("C(" * 300_000),
    "clauses that almost fit": module("lxml" + " >=1" * 200 + " x"),
    "clauses without blanks": module("lxml" + ">=1" * 300_000),
    "blanks in a documentation": module("lxml" + BLANKS + "x"),
    "braces in a documentation": collection("plugins/modules/site.py", f"DOCUMENTATION = '''{'{' * 100_000}'''\n"),
    "braces over lines": collection("plugins/modules/site.py", f"DOCUMENTATION = '''{'{ ' * 100_000}'''\n"),
    "brackets in a documentation": collection("plugins/modules/site.py", f"DOCUMENTATION = '''{'- [' * 100_000}'''\n"),
    "half a character in a documentation": collection("plugins/modules/site.py", "DOCUMENTATION = 'a: \\ud800'\n"),
    "half a character in Jinja": site("debug: {msg: \"{{ lookup('acme.web.\\\\ud800') | a('\\\\ud800') }}\"}"),
    "half a character in an import": collection("plugins/modules/site.py", "__import__('a\\ud800')\n"),
    "half a character in a hint": collection("plugins/modules/site.py", "missing_required_lib('\\ud800')\n"),
    "a hint": collection("plugins/modules/site.py", f"import lxml\nmissing_required_lib('{'a ' * 200_000}')\n"),
    "many fragments": collection(
        "plugins/modules/site.py",
        f"DOCUMENTATION = 'extends_documentation_fragment: [{'acme.web.common,' * 20_000}]'\n",
    ),
    "a long dotted name": collection("plugins/modules/site.py", f"import {'a.' * 75_000}a\n"),
    "a long dotted name over lines": collection("plugins/modules/site.py", "import " + "a.\\\n" * 75_000 + "a\n"),
    "a long f-string": collection("plugins/modules/site.py", f"x = f'{'{a}' * 130_000}'\n"),
    "a deep term": collection("plugins/modules/site.py", f"x = {'1+' * 100_000}1\n"),
    "brackets in Python": collection("plugins/modules/site.py", "x = " + "{1:" * 90),
    "a codec that takes its time": collection("plugins/modules/site.py", f"# coding: punycode\n{'a' * 400_000}\n"),
    "an import in a great try": collection(
        "plugins/modules/site.py", "try:\n" + " import c\n" * 1900 + " a = b\n" * 10_000 + "except ImportError: pass\n"
    ),
    "names of filters": collection(
        "plugins/filter/texts.py",
        f"X = {{{'1: 1, ' * 20_000}}}\nclass FilterModule:\n def filters(self):\n  return [{'X, ' * 20_000}]\n",
    ),
    "a deep Jinja term": site(f"debug: {{msg: '{{{{ {'a + ' * 20_000} a }}}}'}}"),
    "a deep Jinja name": site(f"include_tasks: '{{{{ {'a ~ ' * 2000} a }}}}.yml'"),
    "a deep Jinja loop": site(f"{{debug: , loop: '{{{{ {'a + ' * 2000} a }}}}'}}"),
    "brackets in Jinja": site(f"debug: {{msg: '{{{{ {'(' * 100_000}'}}"),
    "braces in Jinja": site(f"debug: {{msg: '{{{{ {'{' * 100_000}'}}"),
    "filters in Jinja": site(f"debug: {{msg: '{{{{ a{' | f' * 100_000} }}}}'}}"),
    "a number in Jinja": site(f"debug: {{msg: '{{{{ {'9' * 100_000} }}}}'}}"),
    "the head of a template": {
        **site("template: {src: a.j2}"), "project/templates/a.j2": f"#jinja2:{'a' * 400_000}\n",
    },
    "values that multiply": {
        "project/site.yml": "- hosts: all\n  vars:\n"
        + "".join(f"    {a}: &{a} '{('{{ ' + b + ' }}') * 200}'\n" for a, b in itertools.pairwise("abcdefgh"))
        + "  tasks: [include_tasks: '{{ a }}{{ a }}.yml']\n",
    },
    "blanks in ansible.cfg": {"project/ansible.cfg": f"[defaults]\nroles_path{' ' * 9000}x\n" * 20},
    "an inventory": {
        "project/ansible.cfg": "[defaults]\ninventory = hosts.ini\n",
        "project/hosts.ini": f"a {'ansible_' * 50_000}\nb ansible_connection{BLANKS}\n",
    },
    "stars": {**site("include_tasks: '{{ a }}" + "*" * 900 + "b{{ a }}.yml'"), "project/tasks/x.yml": "[]"},
    "a line of one MB as a key": site("? " + "a" * 1_000_000 + "\n      : {}"),
    "a line of one MB as free form": site("command: " + "a=b " * 250_000),
    "a line of one MB as a value": site("debug: {msg: " + "a" * 1_000_000 + "}"),
}  # fmt: skip

#: The same, where an error names file and line.
REFUSED = {
    "a requirement of 5000 characters": (
        collection("requirements.txt", f"a\nlxml=={'1' * 5000}\n"),
        r"acme\.web/requirements\.txt, line 2: the requirement has more than 4096 characters",
    ),
    "many requirements": (
        collection("requirements.txt", "a\n" * 100_000),
        r"ments\.txt has more than 2000 lines",
    ),
    "a line of ansible.cfg": ({"project/ansible.cfg": f"[defaults]\na{BLANKS}b\n"}, r"ansible\.cfg, line 2 is longer"),
    "tasks again and again": (
        {
            **site(*(f"{{include_tasks: t.yml, collections: [a.b{number}]}}" for number in range(40))),
            "project/t.yml": "- {a: , b: }\n" * 10_000,
        },
        r"t\.yml, line 1: with these there are more than 150000 tasks",
    ),
}


def ends(tmp_path: Path, files: dict[str, str], *, cpu_seconds: float = 2) -> dict[str, Any]:
    """The answer for a sample project with these ``files``; it comes in time."""
    case = fuzz.sample(tmp_path, CORE, inside=False)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    ended = fuzz.run(case)
    assert ended.fault == ""
    assert ended.cpu < cpu_seconds
    answer: dict[str, Any] = ended.answer
    return answer


@pytest.mark.parametrize(("files", "kind"), LONG_NAMES.values(), ids=LONG_NAMES)
def test_a_name_that_no_file_system_takes_is_unresolved(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    unresolved = ends(tmp_path, files)["result"]["unresolved"]
    found = [one for one in unresolved if "x" * 40 in one["name"] + one["reason"] or "x/x/" in one["name"]]
    assert {one["kind"] for one in found} == ({kind} if kind else set())
    assert all(len(json.dumps(one)) < 1000 for one in unresolved)


@pytest.mark.parametrize(("files", "message"), DEEP.values(), ids=DEEP)
def test_what_is_nested_without_end_is_an_error_with_file_and_line(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    error = ends(tmp_path, files)["error"]
    assert re.search(message, error["msg"]), error["msg"]
    assert len(error["msg"]) < 400


def test_a_file_that_is_nested_too_deep_is_unresolved_with_its_line(tmp_path: Path) -> None:
    result = ends(tmp_path, site("block: [{" * 40 + "a: b" + "}]" * 40))["result"]
    (one,) = [one for one in result["unresolved"] if one["kind"] == "file" and one["name"] == "site.yml"]
    assert (one["file"], one["line"]) == ("site.yml", 3)
    assert "nested deeper than 60 levels" in one["reason"]


@pytest.mark.parametrize("files", SLOW.values(), ids=SLOW)
def test_what_would_last_ends_with_a_result(tmp_path: Path, files: dict[str, str]) -> None:
    answer = ends(tmp_path, files)
    assert len(json.dumps(answer)) < 20_000
    assert "result" in answer, answer


@pytest.mark.parametrize(("files", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_too_large_is_an_error_with_file_and_line(tmp_path: Path, files: dict[str, str], message: str) -> None:
    error = ends(tmp_path, files, cpu_seconds=10)["error"]
    assert re.search(message, error["msg"]), error["msg"]
    assert len(error["msg"]) < 400


@pytest.mark.parametrize(
    ("task", "key"), [("no.such.m{}: ", "unresolved"), ("include_tasks: '{{{{ a }}}}{}'", "dynamic")]
)
def test_lists_are_cut_with_a_count(tmp_path: Path, task: str, key: str) -> None:
    result = ends(tmp_path, site(*(task.format(number) for number in range(1500))), cpu_seconds=10)["result"]
    assert len(result[key]) == 1000
    assert result["totals"][key] >= 1500
    assert len(json.dumps(result)) < 1_000_000


def test_random_projects(tmp_path: Path) -> None:
    """A few; more are made by ``tests/tools/fuzz_analysis.py``, or with ANALYSIS_FUZZ_SEEDS."""
    count = int(os.environ.get("ANALYSIS_FUZZ_SEEDS", "5"))
    assert tmp_path.is_dir()
    assert list(fuzz.fuzz(iter(range(count)), CORE, cpu_seconds=10)) == []
