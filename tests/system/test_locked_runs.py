# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""With a lock, a machine that has nothing yet installs what the lock lists, whatever its sources have now."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from controller import Controller, Run
from environments import environment
from galaxy_server import GalaxyServer, galaxy_server
from places import ROOT
from shared_venv_process import built, shared_venv

from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import read_lock

#: Where nobody listens.
DOWN = "http://127.0.0.1:9"
MODULE = "#!/usr/bin/python\nimport json\nprint(json.dumps({{'msg': 'tools {}'}}))\n"
SITE = "- name: Site\n  hosts: localhost\n  gather_facts: false\n  tasks:\n    - name: Say\n      acme.tools.hello:\n"
UPDATE = "run once without --venv-locked to update it"


def git(directory: Path, *arguments: str) -> str:
    names = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    argv = ["git", *names, "-C", str(directory), *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def commit(directory: Path) -> str:
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "x")
    return git(directory, "rev-parse", "HEAD")


def write_collection(directory: Path, version: str, says: str | None = None, name: str = "tools") -> Path:
    (directory / "plugins" / "modules").mkdir(parents=True, exist_ok=True)
    (directory / "README.md").touch()
    (directory / "plugins" / "modules" / "hello.py").write_text(MODULE.format(says or version))
    described = {"namespace": "acme", "name": name, "version": version, "readme": "README.md", "authors": ["me"]}
    (directory / "galaxy.yml").write_text(json.dumps(described))
    return directory


def write_role(directory: Path, says: str) -> Path:
    for name, text in {"meta/main.yml": "dependencies: []\n", "tasks/main.yml": f"- debug: {{msg: {says}}}\n"}.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


@pytest.fixture(scope="module", name="tarballs")
def fixture_tarballs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """``acme.tools`` in three versions, the first also with another content."""
    home = tmp_path_factory.mktemp("home")
    developer = Controller(venv=environment("dev"), home=home)
    found = {}
    for says, version, name in (
        ("1.0.0", "1.0.0", "tools"), ("changed", "1.0.0", "tools"), ("2.0.0", "2.0.0", "tools"),
        ("more", "1.0.0", "more"),
    ):  # fmt: skip
        tree = write_collection(home / says, version, says, name)
        run = developer.run("ansible-galaxy", "collection", "build", "--output-path", home / f"{says}-built", tree)
        assert run.returncode == 0, run.output
        (path,) = (home / f"{says}-built").glob("*.tar.gz")
        found[says] = path.read_bytes()
    return found


@dataclass
class Project:
    """A project, and somebody who runs its playbook with a lock, each time on a machine that has nothing yet."""

    controller: Controller
    wheelhouse: Path
    directory: Path
    server: GalaxyServer
    stores: list[Path] = field(default_factory=list)

    def write(self, name: str, content: Any) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    def run(self, *arguments: str) -> Run:
        self.stores.append(self.controller.home / f"store-{len(self.stores)}")
        options = ["--venv-store", self.stores[-1], "--venv-find-links", self.wheelhouse, "--venv-lock", "lock"]
        argv = ["site.yml", "-v", *map(str, options), "--venv-index-url", f"{DOWN}/simple", *arguments]
        settings = {"ANSIBLE_GALAXY_SERVER": self.server.url}
        return self.controller.run(str(ROOT / "bin" / "ansible-playbook-venv"), *argv, cwd=self.directory, env=settings)

    def locks(self) -> Run:
        done = self.run()
        assert done.returncode == 0, done.output
        return done

    def runs_locked(self) -> Run:
        before = self.lock()
        done = self.run("--venv-locked")
        assert done.returncode == 0, done.output
        assert self.lock() == before, "a locked run does not write the lock"
        return done

    def refusal(self) -> str:
        done = self.run("--venv-locked")
        assert done.returncode == 1 and "Traceback" not in done.output, done.output
        (line,) = (one for one in done.stderr.splitlines() if "ERROR" in one)
        return line

    def lock(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.directory / "lock").iterdir()}


@pytest.fixture(name="project")
def fixture_project(controller: Controller, wheelhouse: Path, tarballs: dict[str, bytes], tmp_path: Path) -> Any:
    with galaxy_server([tarballs["1.0.0"]]) as server:
        project = Project(controller, wheelhouse, tmp_path / "project", server)
        project.write("site.yml", SITE)
        yield project


def test_a_collection_of_a_server_is_that_of_the_lock(project: Project, tarballs: dict[str, bytes]) -> None:
    project.locks()
    project.server.tarballs.append(tarballs["2.0.0"])
    assert "tools 1.0.0" in project.runs_locked().stdout


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (["2.0.0"], "The lock lists acme.tools 1.0.0, which cannot be had: ansible-galaxy finds no versions"),
        (["changed"], "acme.tools 1.0.0 from galaxy has another content than the lock lists"),
    ],
)
def test_what_the_server_no_longer_has_is_an_error(
    project: Project, tarballs: dict[str, bytes], served: list[str], said: str
) -> None:
    project.locks()
    project.server.tarballs[:] = [tarballs[one] for one in served]
    assert said in project.refusal()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"site.yml": f"{SITE}    - acme.more.hello:\n"}, "does not have acme.more"),
        (
            {"requirements.yml": {"collections": [{"name": "acme.tools", "version": ">=2"}]}},
            "requirements.yml, line 1: The lock does not meet the requirements: acme.tools >=2 is required, and the "
            "lock has 1.0.0",
        ),
        (
            {"requirements.yml": {"collections": [{"name": "acme.tools", "type": "git", "source": "https://x/y.git"}]}},
            "acme.tools from https://x/y.git is required, and the lock has 1.0.0 from a Galaxy server",
        ),
    ],
)
def test_a_project_that_requires_something_else_is_an_error(
    project: Project, tarballs: dict[str, bytes], files: dict[str, Any], said: str
) -> None:
    project.locks()
    project.server.tarballs += [tarballs["2.0.0"], tarballs["more"]]
    for name, content in files.items():
        project.write(name, content)
    refusal = project.refusal()
    assert said in refusal and UPDATE in refusal


def declare_git(project: Project, tree: Path, version: str | None, *, kind: str) -> None:
    """``http://x/`` is the directory of the repositories: an address of a server, as a project has to have it."""
    config = f'[url "file://{tree.parent}/"]\n\tinsteadOf = http://x/\n'
    (project.controller.home / ".gitconfig").write_text(config)
    address, entry = f"http://x/{tree.name}", {} if version is None else {"version": version}
    if kind == "role":
        project.write("requirements.yml", {"roles": [{"name": "web", "src": address, "scm": "git", **entry}]})
    elif kind == "nameless":
        project.write("requirements.yml", {"collections": [{"name": f"git+{address}", "type": "git", **entry}]})
    else:
        listed = {"name": "acme.tools", "source": f"git+{address}", "type": "git", **entry}
        project.write("requirements.yml", {"collections": [listed]})


ROLE_SITE = "- {name: Site, hosts: localhost, gather_facts: false, roles: [web]}\n"


def written(kind: str, tree: Path, says: str) -> str:
    """The commit of a repository that says it."""
    if kind == "role":
        write_role(tree, f"tools {says}")
    else:
        write_collection(tree, "1.0.0", says)
    return commit(tree)


@pytest.mark.parametrize("kind", ["role", "collection", "nameless"])
@pytest.mark.parametrize("version", [None, "main", "v1"])
def test_the_commit_of_a_repository_is_locked_and_another_revision_is_an_error(
    project: Project, tmp_path: Path, kind: str, version: str | None
) -> None:
    tree = tmp_path / "repositories" / "tools"
    first = written(kind, tree, "first")
    git(tree, "branch", "--move", "main")
    git(tree, "tag", "v1")
    project.write("site.yml", ROLE_SITE if kind == "role" else SITE)
    declare_git(project, tree, version, kind=kind)
    assert "tools first" in project.locks().stdout
    listed = yaml.safe_load(project.lock()["requirements.yml"])["roles" if kind == "role" else "collections"]
    assert [one["version"] for one in listed] == [first]
    written(kind, tree, "second")
    git(tree, "tag", "v2")
    if version == "v1":
        git(tree, "tag", "--force", "v1")
    assert "tools first" in project.runs_locked().stdout
    declare_git(project, tree, "v2", kind=kind)
    assert f"v2 is required, and the lock has {version or 'the newest commit'}: {UPDATE}" in project.refusal()


def test_a_role_of_a_server_is_that_of_the_lock(project: Project, role_tarball: Callable[[str], bytes]) -> None:
    project.write("site.yml", ROLE_SITE.replace("web", "acme.web"))
    project.server.roles = {"acme.web": {"1.0.0": role_tarball("first")}}
    project.locks()
    project.server.roles["acme.web"]["2.0.0"] = role_tarball("second")
    assert "first" in project.runs_locked().stdout
    project.write("requirements.yml", {"roles": [{"name": "acme.web", "version": "2.0.0"}]})
    assert "the role acme.web 2.0.0 is required, and the lock has 1.0.0" in project.refusal()
    (project.directory / "requirements.yml").unlink()
    project.write("site.yml", ROLE_SITE.replace("web", "acme.web, acme.db"))
    project.server.roles["acme.db"] = {"1.0.0": role_tarball("db")}
    assert "it does not have acme.db" in project.refusal()
    project.write("site.yml", ROLE_SITE.replace("web", "acme.web"))
    project.server.roles = {"acme.web": {"1.0.0": role_tarball("changed")}}
    assert "The content of roles differs from the lock: acme.web 1.0.0 (its sha256 is " in project.refusal()
    project.server.roles = {"acme.web": {"2.0.0": role_tarball("second")}}
    assert "The lock lists the roles acme.web 1.0.0, which cannot be had" in project.refusal()


@pytest.fixture(name="role_tarball")
def fixture_role_tarball(tmp_path: Path) -> Callable[[str], bytes]:
    def make(says: str) -> bytes:
        tree = write_role(tmp_path / "roles" / says / "web-1", says)
        path = tmp_path / "roles" / f"{says}.tar.gz"
        subprocess.run(["tar", "-czf", str(path), "-C", str(tree.parent), "web-1"], check=True)
        return path.read_bytes()

    return make


def test_a_tarball_of_an_address_is_locked(project: Project, tarballs: dict[str, bytes]) -> None:
    project.server.files["tools.tar.gz"] = tarballs["1.0.0"]
    entry = {"name": "acme.tools", "source": f"{project.server.url}/file/tools.tar.gz", "type": "url"}
    project.write("requirements.yml", {"collections": [entry]})
    project.locks()
    project.server.tarballs[:] = [tarballs["2.0.0"]]
    assert "tools 1.0.0" in project.runs_locked().stdout
    project.server.files["tools.tar.gz"] = tarballs["changed"]
    assert "acme.tools 1.0.0 from galaxy has another content than the lock lists" in project.refusal()


@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("requirements.txt", "ansible-core=="),
        ("requirements.txt", "pyyaml=="),
        ("requirements.yml", "  - name: acme.tools\n    version: "),
    ],
)
def test_a_lock_that_lost_a_line_is_an_error_before_anything_is_built(
    project: Project, name: str, removed: str
) -> None:
    project.locks()
    path = project.directory / "lock" / name
    written_text = path.read_text()
    path.write_text(re.sub(rf"^{re.escape(removed)}.*\n", "", written_text, flags=re.MULTILINE))
    assert path.read_text() != written_text
    said = project.refusal()
    assert f"the files in {project.directory}/lock were edited after they were written: restore them" in said, said
    assert "run once without --venv-locked" in said
    assert not list(project.stores[-1].glob(".generations/*")), "nothing was built"
    assert list(project.stores[0].glob(".generations/*"))
    warned = project.locks()
    assert f"The lock in {project.directory}/lock was edited after it was written, and is written again: +" in (
        warned.stderr
    ), warned.output
    assert path.read_text() == written_text
    path.write_bytes(written_text.replace("\n", "\r\n").encode())
    assert "tools 1.0.0" in project.runs_locked().stdout, "line ends are not an edit"
    assert "was edited" not in project.locks().stderr


def test_a_lock_that_was_made_anew_without_a_dependency_is_an_error_before_the_venv_is_used(project: Project) -> None:
    project.locks()
    directory = project.directory / "lock"
    lock = read_lock(str(directory))
    less = replace(lock, packages=tuple(one for one in lock.packages if one[0] != "markupsafe"))
    assert less != lock
    for name, text in less.texts().items():
        (directory / name).write_text(text)
    said = project.refusal()
    assert "markupsafe>=2.0 (required by jinja2) is missing. Run once without --venv-locked" in said, said
    assert not [path for path in project.stores[-1].glob("*") if path.is_symlink()], "there is no venv to use"


def test_a_name_that_nobody_has_is_no_difference(project: Project) -> None:
    project.write(
        "site.yml", f'{SITE}    - {{name: Later, debug: {{msg: "{{{{ 1 | acme.none.x }}}}"}}, when: false}}\n'
    )
    project.locks()
    project.runs_locked()


def test_a_venv_of_a_module_has_the_commit_of_the_lock_in_another_directory(
    home: Path, store: Path, tmp_path: Path, wheelhouse: Path, tarballs: dict[str, bytes]
) -> None:
    """A directory of the project can lie elsewhere on the next machine; a branch can have moved on."""
    tree = write_collection(tmp_path / "tools", "1.0.0", "first")
    first = commit(tree)
    (tmp_path / "lock").mkdir()

    def options(project: str) -> dict[str, Any]:
        more = write_collection(tmp_path / project / "more", "1.0.0", name="more")
        return {
            "name": "site", "collections": [{"name": f"git+file://{tree}"}, {"name": str(more), "type": "dir"}],
            "collections_source": "galaxy", "find_links": [str(wheelhouse)], "index_url": f"{DOWN}/simple",
            "lock": str(tmp_path / "lock"), "environment": {"HOME": str(home), "ANSIBLE_GALAXY_SERVER": DOWN},
        }  # fmt: skip

    built(store=str(store), **options("one"))
    write_collection(tree, "1.1.0", "second")
    commit(tree)
    answer = built(store=f"{store}-2", locked=True, **options("two"))
    assert answer["collections"] == [
        {"name": "acme.more", "version": "1.0.0"}, {"name": "acme.tools", "version": "1.0.0"},
    ]  # fmt: skip
    assert re.search(rf'source: "git\+file://{tree}"\n    version: "{first}" # 1.0.0 sha', lock_of(tmp_path))
    changed = options("two")
    (tmp_path / "two" / "more" / "README.md").write_text("changed")
    refused = shared_venv(store=f"{store}-3", locked=True, **changed)
    assert "The content of collections differs from the lock: acme.more 1.0.0 (its sha256 is " in refused["msg"]


def test_the_role_takes_the_versions_of_the_lock_as_well(project: Project, tarballs: dict[str, bytes]) -> None:
    def ran(number: int, **more: object) -> Run:
        variables = {
            "path": "site.yml", "lock": "lock", "store": str(project.controller.home / f"store-{number}"),
            "controller_store": str(project.controller.home / f"analyses-{number}"), "index_url": f"{DOWN}/simple",
            "find_links": [str(project.wheelhouse)], "verbosity": 1, **more,
        }  # fmt: skip
        given = json.dumps({f"run_playbook_{name}": value for name, value in variables.items()})
        settings = {"ANSIBLE_GALAXY_SERVER": project.server.url}
        argv = ["mobile_ansible.venv.run", "-e", given]
        return project.controller.run("ansible-playbook", *argv, cwd=project.directory, env=settings)

    first = ran(1)
    assert first.returncode == 0 and "tools 1.0.0" in first.stdout, first.output
    project.server.tarballs.append(tarballs["2.0.0"])
    before = project.lock()
    second = ran(2, locked=True)
    assert second.returncode == 0 and "tools 1.0.0" in second.stdout, second.output
    assert project.lock() == before
    project.write("requirements.yml", {"collections": [{"name": "acme.tools", "version": ">=2"}]})
    third = ran(3, locked=True)
    assert third.returncode != 0 and "acme.tools >=2 is required, and the lock has 1.0.0" in third.output


def lock_of(directory: Path) -> str:
    return (directory / "lock" / "requirements.yml").read_text()
