# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What requirements files declare decides, with the real ansible-galaxy against a server and repositories of ours."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from environments import environment
from galaxy_server import GalaxyServer, galaxy_server
from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_requests
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._cached_analysis import ProjectAnalysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._core import CoreRelease

MODULE = "#!/usr/bin/python\nimport json\nprint(json.dumps({{'msg': '{}'}}))\n"
NOTHING_ELSE: dict[str, list[object]] = {"undeclared_roles": [], "unused_roles": [], "unmet": [], "problems": []}
SITE = "- name: Site\n  hosts: localhost\n  gather_facts: false\n  tasks:\n    - acme.tools.hello:\n"


def write_tree(directory: Path, name: str, version: str, **dependencies: str) -> Path:
    namespace, short = name.split(".")
    (directory / "plugins" / "modules").mkdir(parents=True)
    (directory / "README.md").touch()
    (directory / "plugins" / "modules" / "hello.py").write_text(MODULE.format(f"{name} {version}"))
    described = {"namespace": namespace, "name": short, "version": version, "readme": "README.md", "authors": ["me"]}
    required = {one.replace("_", "."): versions for one, versions in dependencies.items()}
    (directory / "galaxy.yml").write_text(json.dumps({**described, "dependencies": required}))
    return directory


@pytest.fixture(scope="module", name="server")
def fixture_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GalaxyServer]:
    """``acme.tools`` has three releases; the last one requires what only the last ``acme.base`` is."""
    home = tmp_path_factory.mktemp("home")
    trees = [
        write_tree(home / "tools1", "acme.tools", "1.0.0", acme_base=">=1.0.0"),
        write_tree(home / "tools2", "acme.tools", "1.5.0", acme_base=">=1.0.0"),
        write_tree(home / "tools3", "acme.tools", "2.0.0", acme_base=">=2.0.0"),
        write_tree(home / "base1", "acme.base", "1.1.0"),
        write_tree(home / "base2", "acme.base", "2.1.0"),
        write_tree(home / "extra", "acme.extra", "1.0.0"),
        write_tree(home / "narrow", "acme.narrow", "1.0.0", acme_tools="<2"),
    ]
    developer = Controller(venv=environment("dev"), home=home)
    run = developer.run("ansible-galaxy", "collection", "build", "--output-path", home, *map(str, trees))
    assert run.returncode == 0, run.output
    with galaxy_server([path.read_bytes() for path in home.glob("*.tar.gz")]) as server:
        yield server


@dataclass
class Project:
    """A project of a user who has one Galaxy server."""

    root: Path
    store: Path

    def write(self, name: str, content: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(content)

    def uses(self, *names: str) -> None:
        self.write("site.yml", SITE.replace("acme.tools.hello:", "\n    - ".join(f"{name}.hello:" for name in names)))

    def declares(self, *entries: object, at: str = "requirements.yml") -> None:
        """Each entry is on a line of its own, the first one on the second."""
        self.write(at, "collections:\n" + "".join(f"- {json.dumps(one)}\n" for one in entries))

    def report(self, source: str = "galaxy", **more: Any) -> dict[str, Any]:
        options: dict[str, Any] = {
            "path": str(self.root / "site.yml"), "playbooks": [], "collections_source": source,
            "store": str(self.store), "index_url": None, "find_links": [], "offline": False, "allow_unresolved": [],
            "unresolved": "fail", "inventory": [], "upgrade": False, "target_packages": "auto", "exclude": [],
            "max_candidates": 1000, **more,
        }  # fmt: skip
        analysis = ProjectAnalysis(options, core=CoreRelease.find())
        return analysis.known() or analysis.made()

    def collections(self, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.report(**more)["profile"]["dependencies"]["galaxy"]["collections"]
        return found

    def versions(self, **more: Any) -> dict[str, str]:
        return {one["name"]: one["version"] for one in self.collections(**more)}

    def error(self, **more: Any) -> VenvError:
        with pytest.raises(VenvError) as caught:
            self.report(**more)
        assert "\n" not in caught.value.message and "Traceback" not in caught.value.message
        return caught.value


@pytest.fixture(name="project")
def fixture_project(home: Path, store: Path, server: GalaxyServer, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in list(os.environ):
        if name.startswith("ANSIBLE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ANSIBLE_GALAXY_SERVER", server.url)
    project = Project(home / "project", store)
    project.uses("acme.tools")
    monkeypatch.chdir(project.root)
    return project


@pytest.mark.parametrize(
    ("entries", "version"),
    [
        ([], "2.0.0"),
        (["acme.tools"], "2.0.0"),
        ([{"name": "acme.tools", "version": "1.0.0"}], "1.0.0"),
        ([{"name": "acme.tools", "version": ">=1,<2"}], "1.5.0"),
        ([{"name": "acme.tools", "version": ">=1"}, {"name": "acme.tools", "version": "!=2.0.0"}], "1.5.0"),
    ],
)
def test_the_version_is_the_one_that_ansible_galaxy_installs(
    project: Project, entries: list[object], version: str, tmp_path: Path
) -> None:
    project.declares(*entries)
    assert project.versions() == {"acme.tools": version}
    if entries:
        argv = ["collection", "install", "--no-cache", "-r", "requirements.yml", "-p", str(tmp_path / "installed")]
        servers = {"ANSIBLE_GALAXY_SERVER": os.environ["ANSIBLE_GALAXY_SERVER"]}
        user = Controller(venv=environment("dev"), home=tmp_path)
        run = user.run("ansible-galaxy", *argv, cwd=project.root, env=servers)
        assert f"Installing 'acme.tools:{version}'" in run.stdout, run.output


def test_an_impossible_pin_is_an_error_with_its_line_and_no_other_version(project: Project) -> None:
    project.declares("acme.base", {"name": "acme.tools", "version": "9.9.9"}, at="collections/requirements.yml")
    error = project.error()
    assert error.message.startswith("collections/requirements.yml, line 3: ")
    assert "not met: acme.tools:9.9.9" in error.message
    assert (error.context["file"], error.context["line"]) == ("collections/requirements.yml", 3)
    project.uses("acme.base")
    assert project.versions() == {"acme.base": "2.1.0"}, "what is not used does not have to be there"


def test_a_change_of_the_file_is_noticed(project: Project) -> None:
    assert project.versions() == {"acme.tools": "2.0.0"}
    project.declares({"name": "acme.tools", "version": "1.0.0"})
    assert project.versions() == {"acme.tools": "1.0.0"}
    project.declares({"name": "acme.tools", "version": "1.5.0"})
    assert project.versions() == {"acme.tools": "1.5.0"}


def test_a_pin_of_what_is_found_later_decides_what_was_taken_first(project: Project) -> None:
    project.declares("acme.tools", {"name": "acme.base", "version": "<2"})
    project.uses("acme.tools", "acme.base")
    assert project.versions() == {"acme.base": "1.1.0", "acme.tools": "1.5.0"}
    project.declares({"name": "acme.tools", "version": ">=2"}, {"name": "acme.base", "version": "<2"})
    error = project.error()
    assert isinstance(error, ResolutionError)
    assert "requirements.yml, line 3: " in error.message and "acme.base:<2" in error.message


def git(directory: Path, *arguments: str) -> str:
    argv = ["git", "-c", "user.name=me", "-c", "user.email=me@example.org", "-C", str(directory), *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(name="repository")
def fixture_repository(project: Project) -> str:
    tree = write_tree(project.root / "tree", "acme.tools", "0.1.0")
    git(tree, "init", "--quiet")
    git(tree, "add", ".")
    git(tree, "commit", "--quiet", "--message", "x")
    git(tree, "tag", "v1")
    return f"file://{tree}"


@pytest.mark.parametrize("is_named", [True, False])
def test_a_git_repository_is_taken_and_the_profile_builds_the_same(
    project: Project, repository: str, is_named: bool
) -> None:
    entry = {"name": "acme.tools", "type": "git", "source": repository, "version": "v1"}
    project.declares(entry if is_named else {"name": f"git+{repository}", "version": "v1"})
    project.uses("acme.tools", "acme.extra")
    found = project.collections()
    extra, tools = ({key: value for key, value in one.items() if key != "sha256"} for one in found)
    assert extra == {"name": "acme.extra", "version": "1.0.0"}
    assert tools.pop("requested_revision") == "v1"
    commit = git(project.root / "tree", "rev-parse", "HEAD")
    assert {**tools, "source": tools["source"].removeprefix("git+")} == {**entry, "version": commit}
    source = open_source(
        "galaxy", store=Store(str(project.store)), uv=no_uv, runner=SubprocessRunner(), index=PackageIndex(offline=True)
    )
    built = resolve(parse_requests(found), source)
    assert {one.name: one.version for one in built} == {"acme.extra": "1.0.0", "acme.tools": "0.1.0"}
    assert [one.sha256 for one in built] == [one["sha256"] for one in found]


def test_a_project_that_is_a_collection_gets_what_it_depends_on(project: Project, tmp_path: Path) -> None:
    """As ansible-galaxy installs it together with the project."""
    write_tree(project.root, "acme.project", "1.0.0", acme_tools="<2")
    project.uses("acme.tools", "acme.extra")
    found = project.report()
    versions = {one["name"]: one["version"] for one in found["profile"]["dependencies"]["galaxy"]["collections"]}
    assert versions["acme.tools"] == "1.5.0"
    assert [one["collection"] for one in found["declarations"]["undeclared"]] == ["acme.extra"]
    argv = ["collection", "install", "--no-cache", str(project.root), "-p", str(tmp_path / "installed")]
    servers = {"ANSIBLE_GALAXY_SERVER": os.environ["ANSIBLE_GALAXY_SERVER"]}
    developer = Controller(venv=environment("dev"), home=tmp_path)
    run = developer.run("ansible-galaxy", *argv, cwd=tmp_path, env=servers)
    assert run.returncode == 0, run.output
    assert "acme.tools:1.5.0" in run.output
    write_tree(project.root / "other", "acme.project", "1.0.0", acme_tools=">=9")
    (project.root / "other/galaxy.yml").rename(project.root / "galaxy.yml")
    message = project.error().message
    assert message.startswith("galaxy.yml, line 1: ") and "not met: acme.tools:>=9" in message


def no_uv() -> Uv:
    raise AssertionError("uv is not needed")


@pytest.mark.parametrize("entry", ["src/tools", {"name": "acme.tools", "type": "dir", "source": "./src/tools"}])
def test_a_tree_in_the_project_is_built_each_time(project: Project, entry: object) -> None:
    tree = write_tree(project.root / "src" / "tools", "acme.tools", "0.1.0")
    project.declares(entry)
    expected = {"name": "acme.tools", "version": "0.1.0", "type": "dir", "source": str(tree)}
    assert project.collections() == [expected]
    (tree / "galaxy.yml").write_text((tree / "galaxy.yml").read_text().replace("0.1.0", "0.2.0"))
    assert project.collections() == [{**expected, "version": "0.2.0"}]


def test_what_is_used_and_declared_is_compared(project: Project) -> None:
    project.uses("acme.tools", "acme.base", "acme.extra")
    project.declares("acme.tools", "acme.other")
    declarations = project.report()["declarations"]
    (problem,) = declarations["problems"]
    assert "not met: acme.other:*" in problem
    assert {**declarations, "problems": []} == {
        "undeclared": [
            {"collection": "acme.extra", "kind": "module", "name": "acme.extra.hello", "file": "site.yml", "line": 7}
        ],
        "unused": [{"collection": "acme.other", "file": "requirements.yml", "line": 3}],
        **NOTHING_ELSE,
    }
    (project.root / "requirements.yml").unlink()
    assert project.report()["declarations"] == {"undeclared": [], "unused": [], **NOTHING_ELSE}


@pytest.mark.parametrize(
    ("entries", "used"),
    [(["acme.narrow"], "acme.tools"), (["acme.narrow", "acme.tools"], "acme.tools"), (["acme.narrow"], "acme.base")],
)
def test_what_a_declared_collection_depends_on_narrows_the_versions(
    project: Project, entries: list[object], used: str, tmp_path: Path
) -> None:
    """Also one that nothing uses, as ansible-galaxy installs all of them together; so what it brings is declared."""
    project.declares(*entries)
    project.uses(used)
    found = project.report()
    (one,) = found["profile"]["dependencies"]["galaxy"]["collections"]
    argv = ["collection", "install", "--no-cache", "-r", "requirements.yml", "-p", str(tmp_path / "installed")]
    servers = {"ANSIBLE_GALAXY_SERVER": os.environ["ANSIBLE_GALAXY_SERVER"]}
    user = Controller(venv=environment("dev"), home=tmp_path)
    run = user.run("ansible-galaxy", *argv, cwd=project.root, env=servers)
    assert f"Installing '{used}:{one['version']}'" in run.stdout, run.output
    assert found["declarations"]["undeclared"] == found["declarations"]["problems"] == []


def test_what_the_project_has_in_another_version_than_it_declares_is_said(project: Project) -> None:
    write_tree(project.root / "collections/ansible_collections/acme/tools", "acme.tools", "0.1.0")
    project.declares({"name": "acme.tools", "version": "2.0.0"})
    found = project.report()
    assert found["profile"]["dependencies"]["galaxy"]["collections"] == [], "Ansible uses the one in the project"
    assert found["declarations"]["unmet"] == [
        {"collection": "acme.tools", "version": "2.0.0", "found": "0.1.0", "file": "requirements.yml", "line": 2}
    ]
    assert found["declarations"]["problems"] == []


@pytest.mark.parametrize("policy", ["as_ansible", "fail"])
@pytest.mark.parametrize(("text", "line"), [("collections: [acme.tools\n", 2), ("roles:\n- include: absent.yml\n", 2)])
def test_requirements_that_cannot_be_read_are_an_error_and_no_other_version_is_used(
    project: Project, text: str, line: int, policy: str
) -> None:
    project.write("requirements.yml", text)
    message = project.error(unresolved=policy).message
    assert message.startswith(f"The requirements of the project cannot be read: requirements.yml:{line}: ")
    assert message.endswith(". Correct them")


def test_a_file_of_another_program_does_not_stop_a_run(project: Project) -> None:
    project.write("requirements.yml", "python: [six]\n")
    assert project.versions(unresolved="as_ansible") == {"acme.tools": "2.0.0"}


def test_a_run_by_the_command_has_the_version_that_is_declared(
    controller: Controller, store: Path, server: GalaxyServer, wheelhouse: Path
) -> None:
    project = Project(controller.home, store)
    project.uses("acme.tools")
    project.declares({"name": "acme.tools", "version": "<2"})
    program = str(ROOT / "bin" / "ansible-playbook-venv")
    options = ["--venv-source", "galaxy", "--venv-store", store, "--venv-find-links", wheelhouse]
    argv = ["site.yml", "-v", *map(str, options), "--venv-index-url", "http://127.0.0.1:9/simple"]
    run = controller.run(program, *argv, cwd=controller.home, env={"ANSIBLE_GALAXY_SERVER": server.url})
    assert run.returncode == 0, run.output
    assert "acme.tools 1.5.0" in run.stdout


def test_the_community_package_meets_a_range_and_no_other_version(
    controller: Controller, store: Path, wheelhouse: Path
) -> None:
    project = Project(controller.home, store)
    project.write("site.yml", SITE.replace("acme.tools.hello:", "ansible.posix.mount:\n    - community.general.xml:"))
    source = {"collections_source": "community_package", "find_links": [str(wheelhouse)], "offline": True}
    common = {"path": "site.yml", "store": str(store), **source}
    tasks: list[dict[str, Any]] = []
    for more in ({}, {"undeclared": "ignore"}, {"undeclared": "fail"}, {"undeclared": "fail", "unresolved": "warn"}):
        answer = {"content": "{{ found | to_json }}", "dest": f"{len(tasks)}.json", "mode": "0600"}
        look = {"mobile_ansible.venv.collection_deps": {**common, **more}, "register": "found", "failed_when": False}
        tasks += [look, {"ansible.builtin.copy": answer}]
    project.write("look.yml", json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))

    def seen(*entries: object) -> list[dict[str, Any]]:
        project.declares(*entries)
        run = controller.playbook("look.yml", cwd=project.root)
        assert run.returncode == 0, run.output
        return [json.loads((project.root / f"{number}.json").read_text()) for number in range(0, len(tasks), 2)]

    *_others, unread = seen({"name": "community.general", "versio": ">=5"})
    assert "The requirements of the project cannot be read: requirements.yml:2: " in unread["msg"], unread["msg"]
    warned, ignored, failed, _same = seen({"name": "community.general", "version": ">=5"})
    said = "1 of the collections and roles that the project uses are not in its requirements files: site.yml:5: "
    said += "ansible.posix"
    assert said in str(warned["warnings"]) and "warnings" not in ignored
    assert said in failed["msg"] and failed["error_code"] == "resolution"
    assert warned["declarations"] == ignored["declarations"] == failed["declarations"]
    first, *_others = seen("ansible.posix", {"name": "community.general", "version": "5.0.0"})
    assert first["msg"].startswith("requirements.yml, line 3: No version of community.general meets all requirements")
    assert "5.0.0" in first["msg"] and "community_package==" in first["msg"] and "declarations" not in first
    git_entry = {"name": "ansible.posix", "type": "git", "source": "https://example.invalid/posix.git"}
    first, *_others = seen(git_entry, "community.general")
    assert first["msg"].startswith("requirements.yml, line 2: ") and "set collections_source to galaxy" in first["msg"]
    project.write("site.yml", SITE.replace("acme.tools.hello", "community.general.xml"))
    first, *_others = seen(git_entry, "community.general")
    assert first["declarations"] == {
        "undeclared": [],
        "unused": [{"collection": "ansible.posix", "file": "requirements.yml", "line": 2}],
        **NOTHING_ELSE,
    }
