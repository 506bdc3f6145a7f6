# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""collection_deps for real: ansible-playbook, the community package, a project as users write them."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run

SITE = """\
- name: A site
  hosts: all
  become_method: doas
  vars:
    net: "{{ '192.0.2.0/24' | ansible.utils.ipaddr('network') }}"
  roles: [web]
  tasks:
    - name: A short name that core routes
      ini_file: {path: /tmp/x, section: a, option: b, value: c, mode: "0600"}
    - name: A module whose package is declared in its documentation only
      community.general.xml: {path: /tmp/x}
      when: "'a' is community.general.a_module"
    - name: A redirect over two collections
      community.general.docker_network: {name: x}
    - name: A lookup
      ansible.builtin.debug: {msg: "{{ lookup('dig', 'example.org') }}"}
"""
WEB = "- name: A template\n  ansible.builtin.template: {src: a.j2, dest: /tmp/a}\n"


class Analyst:
    """Runs collection_deps in a play on localhost, with the community package as it lies in the directory of wheels."""

    def __init__(self, controller: Controller, directory: Path, wheelhouse: Path, store: Path) -> None:
        self.controller = controller
        self.directory = directory
        source = {"collections_source": "community_package", "find_links": [str(wheelhouse)], "offline": True}
        self.common = {"store": str(store), **source}

    def run(self, *after: dict[str, Any], check: bool = False, **options: Any) -> Run:
        """Run the module, then the tasks ``after``."""
        task = {"name": "Analyse", "mobile_ansible.venv.collection_deps": {**self.common, **options}, "register": "out"}
        play = {"name": "Look", "hosts": "localhost", "gather_facts": False, "tasks": [task, *after]}
        path = self.directory / "play.yml"
        path.write_text(json.dumps([play]))

        arguments = ["--check"] if check else []
        return self.controller.playbook(path, *arguments, cwd=self.directory)

    def report(self, *, check: bool = False, **options: Any) -> dict[str, Any]:
        """The result of a run that succeeds."""
        answer = self.directory / "answer.json"
        save = {
            "name": "Save",
            "ansible.builtin.copy": {"content": "{{ out | to_json }}", "dest": str(answer), "mode": "0600"},
            "check_mode": False,
        }
        ended = self.run(save, check=check, **options)
        assert ended.returncode == 0, ended.output
        report: dict[str, Any] = json.loads(answer.read_text())
        return report


@pytest.fixture(name="warm", scope="module")
def fixture_warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the tests of this file share: collections are unpacked once."""
    return tmp_path_factory.mktemp("stores") / "store"


@pytest.fixture(name="analyst")
def fixture_analyst(controller: Controller, tmp_path: Path, wheelhouse: Path, warm: Path) -> Analyst:
    """An analyst with an empty directory."""
    return Analyst(controller, tmp_path, wheelhouse, warm)


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    """A playbook, a role, a template."""
    root = tmp_path / "project"
    for name, content in {
        "site.yml": SITE,
        "roles/web/tasks/main.yml": WEB,
        "roles/web/templates/a.j2": "{{ x | community.general.jc('ls') }}\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def test_a_project_gives_a_profile_with_its_evidence(analyst: Analyst, project: Path) -> None:
    report = analyst.report(path=str(project))
    dependencies = report["profile"]["dependencies"]
    assert dependencies["ansible_core"] == {"package_pip": "ansible-core~=2.19.5"}
    assert dependencies["python"] == ["dnspython", "jc", "lxml>=2.3.0", "netaddr>=0.10.1", "requests"]
    names = [one["name"] for one in dependencies["galaxy"]["collections"]]
    assert names == ["ansible.utils", "community.docker", "community.general"]
    first = dependencies["galaxy"]["collections"][0]
    assert re.fullmatch("[0-9a-f]{64}", first.pop("sha256"))
    assert first == {"name": "ansible.utils", "version": "6.0.0"}
    assert {
        "kind": "filter",
        "name": "community.general.jc",
        "file": "roles/web/templates/a.j2",
        "line": 1,
        "collection": "community.general",
        "plugin": "community.general.jc",
        "distribution": "jc",
        "required": True,
        "where": "controller",
        "layer": "documentation",
    } in report["evidence"]
    assert [report[key] for key in ("changed", "unresolved", "dynamic")] == [False, [], []]


def test_check_mode_says_the_same(analyst: Analyst, project: Path) -> None:
    real, checked = (analyst.report(path="project/site.yml", check=check) for check in (False, True))
    assert real == checked
    assert real["profile"] == analyst.report(path=str(project))["profile"]


def test_text_of_a_project_stays_inert_in_results(analyst: Analyst, tmp_path: Path) -> None:
    """Names with templates in them come back as data; another task that is handed them does not run them."""
    root = tmp_path / "hostile"
    root.mkdir()
    plain = "{{ lookup('pipe', 'touch CANARY') }}"
    (root / "site.yml").write_text(
        f'- name: "{plain}"\n  hosts: all\n  tasks:\n    - include_tasks: "{plain}"\n    - {{action: "{plain}"}}\n'
        f'    - community.general.xml: "{plain}"\n'
    )
    (root / f"{plain}.yml").write_text(f'- name: "{plain}"\n  nobody.knows.this: "{plain}"\n')
    shown = {"name": "Hand on", "ansible.builtin.debug": {"msg": "{{ out.dynamic }} {{ out.dynamic[0].expression }}"}}
    again = {"name": "Template again", "ansible.builtin.set_fact": {"kept": "{{ out.dynamic[0].expression }}"}}
    used = {"name": "Use", "ansible.builtin.debug": {"msg": "{{ kept }}{{ kept | upper }}"}}
    ended = analyst.run(shown, again, used, path=str(root), allow_unresolved=["nobody.knows.this"])
    assert ended.returncode == 0, ended.output
    assert "touch CANARY" in ended.stdout
    assert list(tmp_path.rglob("CANARY")) == []


FAILURES = {
    "a path that is missing": ({"path": "nowhere.yml"}, {}, "nowhere.yml does not exist"),
    "invalid YAML": ({"path": "bad.yml"}, {"bad.yml": "- hosts: all\n  tasks: [\n"}, "bad.yml, line 3"),
    "no playbook": ({"path": "bad.yml"}, {"bad.yml": "a: b\n"}, "bad.yml, line 1: this YAML cannot be used"),
    "an unknown collection": (
        {"path": "one.yml"},
        {"one.yml": "- hosts: all\n  tasks:\n    - no.such.module:\n"},
        "one.yml:3: module no.such.module: the source of collections does not have no.such",
    ),
    "an unknown module": (
        {"path": "one.yml"},
        {"one.yml": "- hosts: all\n  tasks:\n    - no_such_module:\n"},
        "one.yml:3: module no_such_module: neither the project nor ansible-core has",
    ),
    "galaxy, offline": (
        {"path": "one.yml", "collections_source": "galaxy"},
        {"one.yml": "- hosts: all\n  tasks:\n    - no.such.module:\n"},
        "collections_source galaxy: the store does not have no.such in a version that is required",
    ),
    "a source that is missing": (
        {"path": "one.yml", "collections_source": "/no/such/directory"},
        {"one.yml": "[]"},
        "does not exist",
    ),
    "an option that does not exist": ({"path": "one.yml", "paths": []}, {"one.yml": "[]"}, "paths"),
}


@pytest.mark.parametrize(("options", "files", "message"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_one_clear_error(
    analyst: Analyst, tmp_path: Path, options: dict[str, Any], files: dict[str, str], message: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    ended = analyst.run(**options)
    assert ended.returncode == 2, ended.output
    assert message in " ".join(ended.output.split())
    assert "Traceback" not in ended.output


def test_an_unresolved_name_passes_when_it_is_allowed(analyst: Analyst, tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("- hosts: all\n  tasks:\n    - no.such.module:\n    - community.general.xml:\n")
    report = analyst.report(path="one.yml", allow_unresolved=["no.such.module"])
    assert [one["name"] for one in report["unresolved"]] == ["no.such.module"]
    assert report["profile"]["dependencies"]["python"] == ["lxml>=2.3.0"]


TERMINAL = {
    "a module": {"one.yml": '- hosts: all\n  tasks:\n    - "no.such.\\e[2J\\u202Ex\\x9bm\\r\\ny\\u2028": {}\n'},
    "an import": {
        "one.yml": "- hosts: all\n  tasks: [{own: }]\n",
        "library/own.py": "import importlib\nimportlib.import_module('no\\x1b[2J.such')\nimport no_such_\u0645odule\n",
    },
    "YAML that does not parse": {"one.yml": '- hosts: "\x1b[2J\x9b2J"\n'},
    "a key": {"one.yml": '- hosts: all\n  "\\e[2J\\u202E": [\n'},
    "a file": {"one.yml": '- import_playbook: "\\e]0;x\\a\\u2066.yml"\n'},
    "a collection": {"one.yml": '- hosts: all\n  roles: ["a.b.\\e[31m"]\n'},
}


@pytest.mark.parametrize("files", TERMINAL.values(), ids=TERMINAL)
def test_nothing_that_a_terminal_obeys_is_printed(analyst: Analyst, tmp_path: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    ended = analyst.run(path=str(tmp_path / "one.yml"))
    assert ended.returncode == 2, ended.output
    acting = {one for one in ended.output if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs")}
    assert acting <= {"\n"}
