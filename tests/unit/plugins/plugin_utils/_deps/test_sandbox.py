# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process of its own: what it may use, what it answers, and that nothing of a project acts."""

from __future__ import annotations

import resource
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.core_answers import ask_core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory, FetchedRole
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.user_settings import UserSetting
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sandbox import (
    AnalysisLimits,
    AnalysisRequest,
    analyse_in_sandbox,
)

PROJECTS = Path(__file__).parent / "projects"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def source(name: str, /) -> CollectionDirectory | None:
    """The collections of the sample projects."""
    path = PROJECTS / "collections" / Path(*name.split("."))
    return CollectionDirectory(name, "1.2.3", path) if path.is_dir() else None


def request_for(root: Path, *playbooks: str) -> AnalysisRequest:
    """A request with the small core of the sample projects."""
    return AnalysisRequest(str(root), playbooks, str(PROJECTS / "core"), ansible_core="ansible-core~=2.19.5")


def test_the_answer_is_plain_data() -> None:
    answer = analyse_in_sandbox(request_for(PROJECTS / "jinja" / "project"), source=source).report
    assert answer["profile"] == {
        "version": 3,
        "dependencies": {
            "ansible_core": {"package_pip": "ansible-core~=2.19.5"},
            "python": ["hashids", "hvac"],
            "galaxy": {"collections": [{"name": "acme.web", "version": "1.2.3"}]},
        },
    }
    assert {
        "kind": "filter",
        "name": "slug",
        "file": "site.yml",
        "line": 9,
        "collection": "acme.web",
        "plugin": "acme.web.slug",
        "distribution": "hashids",
        "required": True,
        "where": "controller",
        "layer": "table",
    } in answer["evidence"]
    assert [one["name"] for one in answer["unresolved"]] == ["nobodys"]
    assert list(answer["dynamic"][0]) == ["expression", "file", "line"]


def test_collections_are_asked_for_by_name_and_once() -> None:
    asked: list[str] = []

    def noted(name: str, /) -> CollectionDirectory | None:
        asked.append(name)
        return source(name)

    analyse_in_sandbox(request_for(PROJECTS / "routing" / "project"), source=noted)
    assert sorted(asked) == ["acme.gone", "acme.net", "acme.nowhere", "acme.web"]


def test_roles_are_asked_for_with_what_the_project_declares_and_once(tmp_path: Path) -> None:
    asked: list[tuple[str, Mapping[str, Any] | None]] = []
    role = tmp_path / "store" / "web"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yml").write_text("- nobodys:\n")

    def roles(name: str, entry: Mapping[str, Any] | None, /) -> list[FetchedRole] | str:
        asked.append((name, entry))
        return [FetchedRole("web", role, "1.0", "acme.web", sha256="0" * 64)] if name == "web" else f"nobody has {name}"

    root = tmp_path / "project"
    root.mkdir()
    (root / "site.yml").write_text("- hosts: all\n  roles: [web, web, acme.none]\n- hosts: all\n  roles: [web]\n")
    (root / "requirements.yml").write_text("roles: [{src: acme.web, name: web}]\n")
    report = analyse_in_sandbox(request_for(root, "site.yml"), source=source, roles=roles).report
    assert asked == [("web", {"name": "web", "src": "acme.web"}), ("acme.none", None)]
    galaxy = report["profile"]["dependencies"]["galaxy"]
    assert galaxy["roles"] == [{"name": "web", "src": "acme.web", "version": "1.0", "sha256": "0" * 64}]
    assert {one["name"]: (one["file"], one["reason"]) for one in report["unresolved"]}["acme.none"] == (
        "site.yml", "nobody has acme.none",
    )  # fmt: skip
    assert "web/tasks/main.yml" in [one["file"] for one in report["unresolved"]]


def test_text_of_a_project_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python, Jinja and YAML of a project that would leave a mark if anything of it were run."""
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "CANARY"
    python = f"open({str(mark)!r}, 'w').close()\n"
    template = "{{ lookup('pipe', 'touch " + str(mark) + "') }}"
    root = tmp_path / "project"
    for name in ("library/own.py", "filter_plugins/own.py", "module_utils/own.py", "sitecustomize.py", "yaml.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(python)
    (root / "site.yml").write_text(
        f'- name: "{template}"\n  hosts: all\n  vars: {{x: !!python/object/apply:os.mknod ["{mark}"]}}\n'
        f'  tasks:\n    - own:\n    - debug: msg="{{{{ 1 | own }}}}"\n    - include_tasks: "{template}.yml"\n'
    )
    (root / f"{template.replace('/', '_')}.yml").write_text("- own:\n")
    (root / "hosts").write_text("#!/bin/sh\ntouch " + str(mark) + "\n")
    (root / "hosts").chmod(0o755)
    (root / "ansible.cfg").write_text("[defaults]\ninventory = hosts\n")
    before = sorted(tmp_path.rglob("*"))
    analyse_in_sandbox(request_for(root), source=source)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"site.yml": "- hosts: all\n  vars:\n" + textwrap.indent(BOMB, "    ")}, "site.yml, line 8"),
        ({"site.yml": "- hosts: all\n  tasks: " + "[" * 100_000}, "site.yml, line 2: .* nested deeper"),
        ({"site.yml": "- hosts: all\n  tasks:\n   - x\n  - y\n"}, "site.yml, line 4"),
        ({"site.yml": "- hosts: all\n  tasks: text\n"}, "site.yml, line 2: .* tasks are a list"),
        ({"site.yml": "- hosts: all\n  roles: text\n"}, "site.yml, line 2: .* roles are a list"),
        ({"site.yml": "hosts: all\n"}, "has no playbook"),
        ({}, "has no playbook"),
    ],
)
def test_a_bad_project_is_one_error_and_costs_little(files: dict[str, str], message: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(InputError, match=message):
        analyse_in_sandbox(request_for(tmp_path), source=source)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


@pytest.mark.parametrize("name", ["missing.yml", "../site.yml", "/etc/hostname", "fifo.yml"])
def test_a_playbook_that_is_not_there_is_one_error(name: str) -> None:
    with pytest.raises(InputError, match="playbook"):
        analyse_in_sandbox(request_for(PROJECTS / "jinja" / "project", name), source=source)


def test_an_error_of_the_source_is_not_lost() -> None:
    def broken(name: str, /) -> CollectionDirectory | None:
        raise VenvError(f"{name} cannot be fetched")

    with pytest.raises(VenvError, match=r"acme\.web cannot be fetched"):
        analyse_in_sandbox(request_for(PROJECTS / "jinja" / "project"), source=broken)


def test_a_fault_of_the_analysis_is_said(tmp_path: Path) -> None:
    """A core that is broken is nothing that anybody foresees."""
    (tmp_path / "site.yml").write_text("- hosts: all\n  tasks: [{one: }]\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "ansible_builtin_runtime.yml").write_text("[")
    with pytest.raises(VenvError, match=r"The analysis of .* failed: ParserError: "):
        analyse_in_sandbox(AnalysisRequest(str(tmp_path), [], str(tmp_path)), source=source)


def test_what_a_collection_holds_is_read_within_limits(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("- hosts: all\n  tasks: [{acme.web.plain: }]\n")

    def large(name: str, /) -> CollectionDirectory | None:
        (tmp_path / "meta").mkdir(exist_ok=True)
        (tmp_path / "meta" / "runtime.yml").write_bytes(b"#" * 5_000_000)
        return CollectionDirectory(name, "1.0.0", tmp_path)

    with pytest.raises(InputError, match=r"acme\.web/meta/runtime\.yml cannot be read: it is larger than"):
        analyse_in_sandbox(request_for(tmp_path), source=large)


def test_too_much_cpu_time_is_one_error(tmp_path: Path) -> None:
    lines = "".join(f"    - debug: {{msg: '{{{{ a{number} {'+ 1 ' * 200} }}}}'}}\n" for number in range(20_000))
    (tmp_path / "site.yml").write_text("- hosts: all\n  tasks:\n" + lines[:3_900_000].rpartition("    - ")[0])
    with pytest.raises(InputError, match="more than 1 s of CPU time"):
        analyse_in_sandbox(request_for(tmp_path), source=source, limits=AnalysisLimits(cpu_seconds=1))


def test_too_much_memory_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text("- hosts: all\n  tasks:\n" + "    - debug: {msg: x}\n" * 25_000)
    with pytest.raises(VenvError, match="memory"):
        analyse_in_sandbox(request_for(tmp_path), source=source, limits=AnalysisLimits(memory_bytes=60 * 1024**2))


@pytest.mark.parametrize("name", ["", "acme.web"])
def test_a_collection_is_analysed_there_too(name: str) -> None:
    request = AnalysisRequest(
        str(PROJECTS / "collections" / "acme" / "web"),
        [],
        str(PROJECTS / "core"),
        collection=True,
        plugins=["filter:slug"],
        delivered=source(name) if name else None,
    )
    report = analyse_in_sandbox(request, source=source).report
    assert [one["name"] for one in report["plugins"]] == ["acme.web.slug"]
    dependencies = report["profile"]["dependencies"]
    assert [one["name"] for one in dependencies["galaxy"]["collections"]] == ([name] if name else [])
    assert dependencies["python"] == ["hashids"]


@pytest.mark.parametrize(
    ("pinned", "core"), [(None, "ansible-core>=2.15"), ("ansible-core~=2.19", "ansible-core~=2.19")]
)
def test_the_core_of_the_profile_is_what_the_source_pins_or_the_collections_require(
    tmp_path: Path, pinned: str | None, core: str
) -> None:
    for name, text in {
        "galaxy.yml": "namespace: own\nname: tools\nversion: 1.0.0\n",
        "meta/runtime.yml": "requires_ansible: '>=2.15'\n",
        "plugins/modules/x.py": "",
        "site.yml": "- hosts: all\n  tasks: [{own.tools.x: {}}]\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    request = AnalysisRequest(str(tmp_path), ["site.yml"], str(PROJECTS / "core"), ansible_core=pinned)
    answers = replace(ask_core(), requires_python=">=3.11")
    report = analyse_in_sandbox(request, source=source, core=answers).report
    assert report["profile"]["dependencies"]["ansible_core"] == {"package_pip": core}
    assert (report["ansible_core"]["range"], report["ansible_core"]["python"]["controller"]) == (">=2.15", ">=3.11")


@pytest.mark.parametrize(("home", "lost"), [("/nowhere", set()), (None, {"r"})])
def test_what_the_user_sets_and_lets_follow_reaches_the_process(
    tmp_path: Path, home: str | None, lost: set[str]
) -> None:
    root = tmp_path / "project"
    (tmp_path / "shared" / "r" / "tasks").mkdir(parents=True)
    (tmp_path / "shared" / "r" / "tasks" / "main.yml").write_text("[]")
    root.mkdir()
    (root / "site.yml").write_text("- hosts: all\n  roles: [r]\n")
    settings = [
        UserSetting("defaults", "strategy", "acme.none.fast", "ANSIBLE_STRATEGY"),
        UserSetting("defaults", "roles_path", str(tmp_path / "shared"), "/etc/ansible/ansible.cfg", 3),
    ]
    request = replace(request_for(root, "site.yml"), settings=settings, home=home)
    answer = analyse_in_sandbox(request, source=source)
    assert {one["name"] for one in answer.report["unresolved"]} == {"acme.none.fast", *lost}
    assert (str(tmp_path / "shared" / "r") in answer.looked) == (not lost)
