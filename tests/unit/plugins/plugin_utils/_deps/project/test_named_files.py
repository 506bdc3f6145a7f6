# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of a home directory a playbook names, and which it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.named_files import (
    BESIDE,
    NamedFiles,
    named_files,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

CORE = Path(__file__).parents[1] / "projects" / "core"


@pytest.fixture(name="home")
def fixture_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def write(home: Path, *names: str, content: str = "") -> None:
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content)


def named(home: Path, *tasks: dict[str, Any], follows_links: bool = False, **play: Any) -> NamedFiles:
    write(home, "site.yml", content=json.dumps([{"hosts": "all", "tasks": list(tasks), **play}]))
    core = Core(CORE)
    return named_files(home, ["site.yml"], core=core, task_keywords=TASK_KEYWORDS, follows_links=follows_links)


def everything(files: NamedFiles) -> list[str]:
    return files.relative([*files.paths, *files.beside])


def found(home: Path, *tasks: dict[str, Any], **play: Any) -> list[str]:
    return [path for path in everything(named(home, *tasks, **play)) if path != "site.yml"]


@pytest.mark.parametrize("name", BESIDE)
def test_what_ansible_looks_for_beside_it(home: Path, name: str) -> None:
    write(home, name if name == "ansible.cfg" else f"{name}/x", f"my_{name}/x", f"{name}.orig")
    assert found(home) == [name]


@pytest.mark.parametrize(
    "name", ["action_plugins", "lookup_plugins", "vars_plugins", "test_plugins", "library", "module_utils", "handlers"]
)
def test_the_directories_of_local_plugins(home: Path, name: str) -> None:
    assert name in BESIDE


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"copy": {"src": "a"}}, ["a"]),
        ({"ansible.builtin.copy": "src=a dest=/a"}, ["a"]),
        ({"copy": {"src": "dir/"}}, ["dir"]),
        ({"copy": {"src": "{{ playbook_dir }}/dir/b"}}, ["dir/b"]),
        ({"copy": {"src": "{{ item }}"}, "loop": ["a", "dir/b"]}, ["a", "dir/b"]),
        ({"copy": {"src": "{{ name }}"}, "vars": {"name": "a"}}, ["a"]),
        ({"copy": {"content": "{{ lookup('file', 'a') }}"}}, ["a"]),
        ({"copy": {"content": "{{ query('ansible.builtin.file', 'a', 'dir/b') }}"}}, ["a", "dir/b"]),
        ({"copy": {"content": "{{ lookup('file', playbook_dir ~ '/a') }}"}}, ["a"]),
        ({"copy": {"content": "{{ lookup('csvfile', 'key', file='a') }}"}}, ["a"]),
        ({"copy": {"content": "{{ lookup('ini', 'key file=a') }}"}}, ["a"]),
        ({"copy": {"content": "{{ lookup('first_found', {'files': ['none', 'b'], 'paths': ['dir']}) }}"}}, ["dir/b"]),
        ({"copy": {"src": "{{ item }}"}, "with_fileglob": "dir/*"}, ["dir/b", "dir/c"]),
        ({"debug": {"msg": "{{ item }}"}, "with_file": ["a"]}, ["a"]),
        ({"debug": {"msg": "x"}, "when": "lookup('file', 'a') == ''"}, ["a"]),
        ({"assert": {"that": ["lookup('file', 'a') == ''"]}}, ["a"]),
        ({"script": "dir/b --an 'argument'"}, ["dir/b"]),
        ({"script": {"cmd": "dir/b"}}, ["dir/b"]),
        ({"script": "creates=/x dir/b"}, ["dir/b"]),
        ({"copy": {"content": "{{ query('fileglob', [unknown, 'a']) }}"}}, ["a"]),
        ({"unarchive": {"src": "a", "dest": "/"}}, ["a"]),
        ({"assemble": {"src": "dir", "remote_src": False}}, ["dir"]),
        ({"template": {"src": "a"}}, ["a"]),
        ({"include_vars": "vars.yml"}, ["vars.yml"]),
        ({"include_vars": {"dir": "dir"}}, ["dir"]),
        ({"include_tasks": "part.yml"}, ["part.yml"]),
        ({"import_tasks": {"file": "part.yml"}}, ["part.yml"]),
        ({"kubernetes.core.k8s": {"src": "a"}}, ["a"]),
        ({"include_role": {"name": "dir/role"}}, ["dir/role"]),
        ({"block": [{"copy": {"src": "a"}}]}, ["a"]),
        # What a run elsewhere reads on the managed host, or only writes.
        ({"copy": {"src": "a", "remote_src": True}}, []),
        ({"file": {"src": "a", "path": "/a", "state": "link"}}, []),
        ({"fetch": {"src": "a", "dest": "dir"}}, []),
        ({"copy": {"content": "a", "dest": "a"}}, []),
        ({"file": {"path": ".ssh/id_rsa", "state": "absent"}}, []),
        # What only the run will know, and what is not there.
        ({"copy": {"src": "{{ unknown }}"}}, []),
        ({"include_vars": "{{ unknown }}.yml"}, []),
        ({"copy": {"src": "../outside"}}, []),
        ({"copy": {"src": "/etc/hosts"}}, []),
        ({"debug": {"msg": "{{ lookup('env', 'a') }} a dir"}}, []),
        ({"copy": {"src": ".ssh/id_rsa"}}, [".ssh/id_rsa"]),
    ],
)
def test_what_a_task_names(home: Path, task: dict[str, Any], expected: list[str]) -> None:
    write(home, "a", "dir/b", "dir/c", "dir/role/tasks/x.yml", ".ssh/id_rsa", "../outside")
    write(home, "vars.yml", "part.yml", "unrelated.yml", content="[]")
    assert found(home, task) == expected


def test_what_plays_and_variables_name(home: Path) -> None:
    write(home, "own.yml", content="cert: \"{{ lookup('file', 'cert.pem') }}\"\nansible_ssh_private_key_file: keys/id")
    write(home, "cert.pem", "keys/id", "keys/other")
    assert found(home, vars_files=["own.yml"]) == ["cert.pem", "keys/id", "own.yml"]


def test_what_a_role_names_lies_in_it_or_beside_the_playbook(home: Path) -> None:
    write(home, "roles/web/tasks/main.yml", content=json.dumps([{"copy": {"src": name}} for name in (".netrc", "b")]))
    write(home, "roles/web/files/.netrc", "b", ".netrc")
    assert found(home, roles=["web"]) == ["b", "roles", "roles/web", "roles/web/files/.netrc"]


def test_a_playbook_that_is_imported_brings_what_is_beside_it(home: Path) -> None:
    write(home, "sub/more.yml", content='[{"hosts": "all", "roles": ["web"]}]')
    write(home, "sub/roles/web/tasks/main.yml", content="[]")
    write(home, "sub/group_vars/all.yml", "sub/other")
    (home / "site.yml").write_text('[{"import_playbook": "sub/more.yml"}]')
    files = named_files(home, ["site.yml"], core=Core(CORE), task_keywords=TASK_KEYWORDS)
    assert everything(files) == ["site.yml", "sub/group_vars", "sub/more.yml", "sub/roles", "sub/roles/web"]


def test_what_an_ansible_cfg_beside_it_names(home: Path) -> None:
    write(
        home,
        "ansible.cfg",
        content="[defaults]\nroles_path = lib\ninventory = hosts\nfilter_plugins = own/filter\n"
        "vault_password_file = .vault\nprivate_key_file = ~/.ssh/id_rsa\n",
    )
    write(home, "lib/web/tasks/main.yml", content="[]")
    write(home, "lib/unused/x", "hosts", "own/filter/f.py", "own/other", ".vault", ".ssh/id_rsa")
    assert found(home, roles=["web"]) == [".vault", "ansible.cfg", "hosts", "lib/web", "own/filter"]


def test_a_link_keeps_its_name(home: Path) -> None:
    write(home, "real/page.j2")
    (home / "page.j2").symlink_to("real/page.j2")
    assert found(home, {"template": {"src": "page.j2"}}) == ["page.j2", "real/page.j2"]


def test_a_glob_takes_links_by_their_names(home: Path) -> None:
    write(home, "real/page", "dir/other")
    (home / "dir/page").symlink_to("../real/page")
    task = {"copy": {"src": "{{ item }}", "dest": "/x"}, "with_fileglob": "dir/*"}
    assert found(home, task) == ["dir/other", "dir/page"]


@pytest.mark.parametrize("name", [name for name in BESIDE if name != "ansible.cfg"])
def test_a_link_beside_it_that_leads_out_is_followed_where_links_are(home: Path, name: str) -> None:
    write(home.parent, "outside/x")
    (home / name).symlink_to(home.parent / "outside")
    files = named(home, follows_links=True)
    assert (files.relative(files.paths), files.relative(files.beside)) == (["site.yml"], [name])
    assert not files.problems
    files = named(home)
    assert everything(files) == ["site.yml"]
    assert list(files.problems) == [f"{name} is a link that leads out of the project, and is not followed"]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ({"copy": {"src": "linked/x"}}, ["linked/x"]),
        ({"copy": {"src": "linked/"}}, ["linked"]),
        ({"copy": {"src": "{{ item }}"}, "with_fileglob": "linked/*.txt"}, ["linked/a.txt", "linked/b.txt"]),
        ({"import_tasks": "linked/part.yml"}, ["linked/more.yml", "linked/part.yml"]),
        ({"include_vars": {"dir": "linked/deep"}}, ["linked/deep"]),
        ({"include_role": {"name": "linked/role"}}, ["linked/role", "linked/role/files/of_role"]),
        ({"script": "run.sh"}, ["run.sh"]),
    ],
)
def test_what_a_task_names_behind_a_link_that_leads_out_has_its_place(
    home: Path, task: dict[str, Any], expected: list[str]
) -> None:
    outside = home.parent / "outside"
    write(outside, "x", "a.txt", "b.txt", "c", "deep/y", "role/files/of_role", "run.sh")
    write(outside, "part.yml", content='[{"import_tasks": "more.yml"}]')
    write(outside, "more.yml", content="[]")
    write(outside, "role/tasks/main.yml", content='[{"copy": {"src": "of_role", "dest": "/x"}}]')
    (home / "linked").symlink_to(outside)
    (home / "run.sh").symlink_to(outside / "run.sh")
    assert found(home, task, follows_links=True) == expected
    assert found(home, task) == []


@pytest.mark.parametrize("source", [".", "./", "{{ playbook_dir }}"])
def test_the_whole_home_is_never_named(home: Path, source: str) -> None:
    files = named(home, {"copy": {"src": source, "dest": "/x"}})
    assert everything(files) == ["site.yml"]
    assert list(files.problems) == [f"site.yml names the whole directory {home}"]


def test_a_playbook_that_cannot_be_read_is_a_problem(home: Path) -> None:
    write(home, "site.yml", content="- hosts: [")
    write(home, "files/x")
    files = named_files(home, ["site.yml"], core=Core(CORE), task_keywords=TASK_KEYWORDS)
    assert everything(files) == ["files", "site.yml"]
    assert "site.yml" in next(iter(files.problems))


@pytest.mark.parametrize("task", [{"script": "'two words' --an 'argument'"}, {"script": {"cmd": '"two words" x'}}])
def test_a_script_with_blanks_in_its_name(home: Path, task: dict[str, Any]) -> None:
    write(home, "two words", "two")
    assert found(home, task) == ["two words"]


def test_a_file_that_cannot_be_used_is_a_problem_and_loses_no_other(home: Path) -> None:
    write(home, "broken.yml", content="a: [\n")
    write(home, "later.sh")
    found = named(home, {"include_tasks": "broken.yml"}, {"script": "later.sh"})
    assert {"broken.yml", "later.sh"} <= set(everything(found))
    assert [problem.partition(":")[0] for problem in found.problems] == ["broken.yml, line 2"]
