# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles of no collection: the real ansible-galaxy against a server, repositories and tarballs on loopback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from galaxy_server import BROKEN, CUTS, STALLS, galaxy_server
from galaxy_user import GalaxyUser
from places import ROOT
from shared_venv_process import built, shared_venv

from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy import run as galaxy_run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import parse_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.source import open_roles
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv

#: Where nobody listens.
DOWN = "http://127.0.0.1:9"
META = "dependencies: []\n"


def no_uv() -> Uv:
    raise AssertionError("uv is not needed")


def role(says: str = "hello", meta: str = META, **files: str) -> dict[str, str]:
    """The files of a role that says something."""
    tasks = f"- name: Say\n  ansible.builtin.debug:\n    msg: {says}\n"
    return {"meta/main.yml": meta, "tasks/main.yml": tasks, **files}


def tarball(files: Mapping[str, str], links: Mapping[str, str] | None = None, top: str = "role-1") -> bytes:
    """As a forge makes it: one directory above all."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return stream.getvalue()


def written(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def git(directory: Path, *arguments: str) -> str:
    names = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    argv = ["git", *names, "-C", str(directory), *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def repository(directory: Path) -> str:
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "x")
    git(directory, "tag", "v1")
    return f"git+file://{directory}"


class User(GalaxyUser):
    """Who gets roles."""

    def gets(self, *entries: object, offline: bool = False, upgrade: bool = False) -> dict[str, str]:
        """See :class:`GalaxyUser`."""
        store = Store(str(self.store))
        source = open_roles(store=store, uv=no_uv, runner=self.runner, offline=offline, upgrade=upgrade)
        return {one.name: one.version for one in source.deliver(parse_roles(list(entries)))}

    def refusal(self, *entries: object, offline: bool = False) -> str:
        """The message of the error, with which no role was kept."""
        error = self.gets_an_error(*entries, offline=offline)
        assert list(self.store.glob(".roles/*")) == []
        return error.message

    def files(self, name: str) -> list[str]:
        (tree,) = self.store.glob(f".roles/{name}-*/tree")
        return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_symlink() or not path.is_dir())


@pytest.fixture(name="user")
def fixture_user(store: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    return User(store, home, monkeypatch)


def test_what_was_answered_is_not_asked_again_until_an_upgrade(user: User) -> None:
    with galaxy_server([]) as server:
        user.has(SERVER=server.url)
        server.roles = {
            "acme.web": {"1.0.0": tarball(role(meta="dependencies: [acme.base]"))},
            "acme.base": {"1.1.0": tarball(role())},
        }
        first = {"acme.base": "1.1.0", "acme.web": "1.0.0"}
        assert user.gets("acme.web") == first
        asked = len(server.asked)
        server.roles["acme.web"]["2.0.0"] = tarball(role())
        assert user.gets("acme.web") == user.gets({"name": "acme.web"}) == first
        assert user.gets("acme.web,1.0.0", "acme.base,1.1.0") == first, "what an analysis found is not asked again"
        assert (len(server.asked), len(user.runner.argvs)) == (asked, 1)
        assert user.gets("acme.web", upgrade=True) == {"acme.web": "2.0.0"}
        server.fault = BROKEN
        assert user.gets("acme.web", offline=True) == {"acme.web": "2.0.0"}
    assert user.files("acme.base") == ["meta/main.yml", "tasks/main.yml"]


def test_dependencies_of_meta_requirements_come_along_by_their_own_addresses(user: User, tmp_path: Path) -> None:
    base = repository(written(tmp_path / "base", role()))
    needs = json.dumps([{"src": base, "name": "base", "version": "v1"}])
    with galaxy_server([]) as server:
        user.has(SERVER=DOWN)
        server.files["web.tar.gz"] = tarball(role(**{"meta/requirements.yml": needs}))
        found = user.gets({"src": f"{server.url}/file/web.tar.gz", "name": "web"})
    assert found == {"base": git(tmp_path / "base", "rev-parse", "HEAD"), "web": ""}


def test_repositories_tarballs_and_directories_of_this_host(user: User, tmp_path: Path) -> None:
    user.has(SERVER=DOWN)
    tree = written(tmp_path / "backup", role())
    url = repository(tree)
    commit = git(tree, "rev-parse", "HEAD")
    (tmp_path / "web.tar.gz").write_bytes(tarball(role(), {"files/here": "../tasks/main.yml"}))
    plain = written(tmp_path / "plain", role(**{"library/own.py": "", "tests/roles/x/y": ""}))
    (plain / "tests" / "roles" / "plain").symlink_to("../../")
    entries = [
        {"src": url, "version": "v1"}, str(tmp_path / "web.tar.gz"), {"src": str(plain), "name": "renamed"},
        {"src": str(tree), "scm": "git", "name": "local"},
    ]  # fmt: skip
    expected = {"backup": commit, "web": "", "renamed": "", "local": commit}
    assert user.gets(*entries) == user.gets(*entries) == expected
    assert len(user.runner.argvs) == 1
    assert user.files("backup") == ["meta/main.yml", "tasks/main.yml"], "nothing of .git"
    assert user.files("web") == ["files/here", "meta/main.yml", "tasks/main.yml"]
    assert "tests/roles/plain" in user.files("renamed"), "a link stays a link"
    (plain / "tasks" / "main.yml").write_text("[]")
    user.gets(*entries)
    assert len(user.runner.argvs) == 2, "a directory of this host can change"


@pytest.mark.parametrize(
    ("files", "links", "said"),
    [
        ({"tasks/main.yml": "[]"}, {}, "does not appear to have a meta/main.yml file"),
        (role(), {"files/out": "../../../secret"}, "not a subpath of the role"),
        (role(), {"files/out": "/etc/passwd"}, "not a subpath of the role"),
        (role(meta="dependencies: [{src: acme.base, name: ../../x.y}]"), {}, "a role has the name '../../x.y'"),
        (role(meta="dependencies: [{src: 'git+file:///x', name: ../x}]"), {}, "a role has the name '../x'"),
        (role(meta="dependencies: [{src: 'git+file:///x', name: x, version: --remote=y}]"), {}, "cannot be used"),
    ],
)
def test_a_role_that_leads_elsewhere_is_refused(
    user: User, tmp_path: Path, files: dict[str, str], links: dict[str, str], said: str
) -> None:
    user.has(SERVER=DOWN)
    (tmp_path / "web.tar.gz").write_bytes(tarball(files, links))
    before = {path for path in tmp_path.rglob("*") if "store" not in path.parts and "home" not in path.parts}
    assert said in user.refusal(str(tmp_path / "web.tar.gz"))
    after = {path for path in tmp_path.rglob("*") if "store" not in path.parts and "home" not in path.parts}
    assert after == before


def test_a_directory_with_a_device_or_a_link_out_is_refused(user: User, tmp_path: Path) -> None:
    tree = written(tmp_path / "web", role())
    os.mkfifo(tree / "pipe")
    assert "pipe of the role is neither a file nor a directory" in user.refusal(str(tree))
    (tree / "pipe").unlink()
    (tree / "out").symlink_to("../secret")
    assert "out of the role is a symlink that leaves the role" in user.refusal(str(tree))
    assert user.runner.argvs == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [(BROKEN, "HTTP Code: 500"), (CUTS, "failed to download the file: IncompleteRead")],
)
def test_each_fault_of_a_server_is_one_clear_error(user: User, fault: str, said: str) -> None:
    with galaxy_server([], fault=fault) as server:
        user.has(SERVER=server.url)
        server.roles = {"acme.web": {"1.0.0": tarball(role(**{"files/much": os.urandom(20000).hex()}))}}
        message = user.refusal("acme.web")
    assert (
        "ansible-galaxy cannot fetch the role acme.web: " in message
        and said in message
        and "--ignore-errors" not in message
    )


def test_a_server_that_is_down_and_one_that_does_not_have_it(user: User, tmp_path: Path) -> None:
    user.has(SERVER=DOWN)
    assert "Connection refused" in user.refusal("acme.web")
    assert "run this once without it" in user.refusal("acme.web", offline=True)
    with galaxy_server([]) as server:
        user.has(SERVER=server.url)
        assert "acme.web was not found on" in user.refusal("acme.web")
        server.roles = {"acme.web": {"1.0.0": tarball(role())}}
        assert "acme.web has no version 3.0.0; it has " in user.refusal("acme.web,3.0.0")
        assert "HTTP Error 404" in user.refusal({"src": f"{server.url}/file/none.tar.gz"})
    gone = user.refusal(f"git+file://{tmp_path}/none")
    assert f"git cannot clone file://{tmp_path}/none (fatal: '{tmp_path}/none' does not appear to be" in gone
    tree = repository(written(tmp_path / "there", role()))
    without = user.refusal(f"{tree},v9")
    assert f"file://{tmp_path}/there has no branch, tag or commit v9 (error: pathspec 'v9'" in without
    assert "keyring" not in f"{gone}{without}"


def test_a_server_that_stops_in_the_middle_is_not_waited_for_without_end(user: User) -> None:
    user.monkeypatch.setattr(galaxy_run, "FETCH_TIMEOUT", 4.0)
    with galaxy_server([], fault=STALLS) as server:
        user.has(SERVER=server.url)
        server.roles = {"acme.web": {"1.0.0": tarball(role())}}
        assert "cannot fetch the role acme.web: it ran longer than 4 s" in user.refusal("acme.web")


@pytest.fixture(name="options")
def fixture_options(
    store: Path, home: Path, wheelhouse: Path, uv: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Those of shared_venv for a venv with ansible-core, for which no index is asked."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    return {
        "store": str(store), "name": "site", "ansible_core": "*", "python": sys.executable, "search": tuple(sys.path),
        "find_links": [str(wheelhouse)], "index_url": f"{DOWN}/simple", "environment": {"HOME": str(home)},
    }  # fmt: skip


def test_a_venv_has_them_and_a_lock_brings_exactly_them_back(
    options: dict[str, Any], store: Path, tmp_path: Path
) -> None:
    lock = tmp_path / "lock"
    lock.mkdir()
    with galaxy_server([]) as server:
        server.roles = {"acme.web": {"1.0.0": tarball(role(), {"files/here": "../tasks/main.yml"})}}
        options["environment"]["ANSIBLE_GALAXY_SERVER"] = server.url
        first = built(**options, roles=["acme.web"], lock=str(lock))
        asked = len(server.asked)
        second = built(**options, roles=["acme.web"], lock=str(lock))
        assert len(server.asked) == asked
        assert (first["changed"], second["changed"]) == (True, False)
        assert first["roles"] == second["roles"] == [{"name": "acme.web", "version": "1.0.0"}]
        tasks = store / "site" / "share" / "ansible" / "roles" / "acme.web" / "tasks" / "main.yml"
        assert "msg: hello" in tasks.read_text()
        subprocess.run(["rm", "-rf", store], check=True)
        again = built(**options, roles=["acme.web"], lock=str(lock), locked=True)
        assert again["digest"] == first["digest"]
        subprocess.run(["rm", "-rf", store], check=True)
        server.roles["acme.web"]["1.0.0"] = tarball(role("something else"))
        drifted = shared_venv(**options, roles=["acme.web"], lock=str(lock), locked=True)
    assert "The content of roles differs from the lock: acme.web 1.0.0 (its sha256 is " in drifted["msg"]
    without = built(**{**options, "name": "plain"})
    assert without["digest"] != first["digest"] and without["roles"] == []


def test_a_role_that_was_changed_in_a_venv_is_noticed(options: dict[str, Any], store: Path, tmp_path: Path) -> None:
    tree = written(tmp_path / "web", role())
    first = built(**options, roles=[str(tree)])
    tasks = Path(first["generation"], "share", "ansible", "roles", "web", "tasks", "main.yml")
    tasks.parent.chmod(0o755)
    tasks.chmod(0o644)
    tasks.write_text("[]")
    second = built(**options, roles=[str(tree)])
    assert (second["changed"], second["built"]) == (True, True)
    assert second["generation"] != first["generation"]


SITE = """
- name: Site
  hosts: localhost
  gather_facts: false
  roles:
    - acme.web
    - backup
    - role: common
  tasks:
    - name: What the role brings
      thing:
"""
#: It needs a package, and lies where a role has its modules.
THING = (
    "from ansible.module_utils.basic import AnsibleModule\nimport jmespath\nAnsibleModule({}).exit_json(msg='thing')\n"
)


def look(path: Path, **options: Any) -> list[dict[str, Any]]:
    """A playbook that analyses the project at ``path``."""
    analyse = {"path": str(path), "playbooks": ["site.yml"], "formats": ["requirements.yml"], **options}
    tasks = [
        {"name": "Analyse", "mobile_ansible.venv.collection_deps": analyse, "register": "found"},
        {"name": "Show", "ansible.builtin.debug": {"msg": "{{ found | to_json }}"}},
    ]
    return [{"name": "Look", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]


def shown(output: str) -> Any:
    """What the last task shows."""
    text = json.loads(output[output.index("{") : output.rindex("}") + 1])["msg"]
    return text if isinstance(text, dict) else json.loads(text)


def test_an_analysis_follows_what_a_project_declares_and_what_a_server_has(
    controller: Controller, store: Path, tmp_path: Path
) -> None:
    backup = repository(written(tmp_path / "backup", role()))
    project = written(tmp_path / "project", {"site.yml": SITE, "roles/common/tasks/main.yml": "[]"})
    (project / "requirements.yml").write_text(json.dumps({"roles": [{"src": "http://x/backup.git", "scm": "git"}]}))
    look_at = controller.home / "look.yml"
    options = {"collections_source": "galaxy", "store": str(store), "unresolved": "warn"}
    look_at.write_text(json.dumps(look(project, **options)))
    with galaxy_server([]) as server:
        server.roles = {
            "acme.web": {
                "1.0.0": tarball(role(meta="dependencies: [acme.base, common]", **{"library/thing.py": THING}))
            },
            "acme.base": {"1.1.0": tarball(role(**{"tasks/main.yml": "- missing_thing:\n"}))},
        }
        settings = {"ANSIBLE_GALAXY_SERVER": server.url, "GIT_CONFIG_COUNT": "1"}
        # The address in the project is one of a server, as it has to be.
        settings |= {"GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/.insteadOf", "GIT_CONFIG_VALUE_0": "http://x/"}
        (tmp_path / "backup.git").symlink_to(tmp_path / "backup" / ".git")
        first = controller.playbook(look_at, cwd=controller.home, env=settings)
        assert first.returncode == 0, first.output
        asked = len(server.asked)
        assert asked > 0
        again = controller.playbook(look_at, cwd=controller.home, env=settings)
        assert len(server.asked) == asked, "what was found is kept"
    found = shown(first.stdout)
    assert shown(again.stdout)["profile"] == found["profile"]
    found_roles = found["profile"]["dependencies"]["galaxy"]["roles"]
    kept = {path.name[-16:] for path in store.glob(".roles/*")}
    assert {one.pop("sha256")[:16] for one in found_roles} == kept, "of exactly what was analysed"
    assert found_roles == [
        {"name": "acme.base", "version": "1.1.0"},
        {"name": "acme.web", "version": "1.0.0"},
        {
            "name": "backup", "src": "http://x/backup.git", "scm": "git",
            "version": git(tmp_path / "backup", "rev-parse", "HEAD"),
        },
    ]  # fmt: skip
    assert "roles:\n- name: acme.base\n  version: 1.1.0\n" in found["files"]["requirements.yml"]
    assert [(one["name"], one["file"], one["line"]) for one in found["unresolved"]] == [
        ("missing_thing", "acme.base/tasks/main.yml", 1)
    ]
    assert [one["distribution"] for one in found["evidence"] if one["distribution"]] == ["jmespath"]
    undeclared = [{"role": "acme.web", "file": "site.yml", "line": SITE.splitlines().index("    - acme.web") + 1}]
    assert found["declarations"] == {
        "undeclared": [], "unused": [], "unmet": [], "problems": [], "undeclared_roles": undeclared,
        "unused_roles": [],
    }  # fmt: skip
    assert "role acme.web. Add" in " ".join(first.stderr.split())
    assert backup.startswith("git+file:")


def test_another_source_says_what_to_do_and_paths_of_the_host_are_not_read(
    controller: Controller, store: Path, tmp_path: Path, wheelhouse: Path
) -> None:
    secret = written(tmp_path / "secret", role())
    (tmp_path / "secret.tar.gz").write_bytes(tarball(role()))
    needs = json.dumps([{"src": str(tmp_path / "secret.tar.gz"), "name": "hidden"}])
    files = {"vendor/common/meta/main.yml": META, "vendor/deep/meta/main.yml": META}
    files["vendor/deep/meta/requirements.yml"] = needs
    project = written(tmp_path / "project", {"site.yml": SITE.replace("- backup", "- backup\n    - deep"), **files})
    declared = [{"src": str(secret), "name": "backup"}, {"src": "./vendor/common"}, {"src": "./vendor/deep"}]
    (project / "requirements.yml").write_text(json.dumps(declared))
    look_at = controller.home / "look.yml"
    options = {"store": str(store), "unresolved": "warn", "collections_source": str(wheelhouse)}
    look_at.write_text(json.dumps(look(project, **options)))
    ran = controller.playbook(look_at, cwd=controller.home)
    found = shown(ran.stdout)
    reasons = {one["name"]: one["reason"] for one in found["unresolved"]}
    assert "declare it there, set collections_source to galaxy" in reasons["acme.web"]
    assert "has a path outside of the project, which is not read" in reasons["backup"]
    assert "it depends on hidden from" in reasons["deep"]
    assert [one["name"] for one in found["profile"]["dependencies"]["galaxy"]["roles"]] == ["common"]


def test_a_playbook_is_run_with_them_and_roles_of_the_project_go_first(
    controller: Controller, store: Path, tmp_path: Path, wheelhouse: Path
) -> None:
    project = written(tmp_path / "project", {"site.yml": SITE, "roles/common/tasks/main.yml": "[]"})
    written(project / "roles" / "backup", role("the project"))
    program = str(ROOT / "bin" / "ansible-playbook-venv")
    options = ["--venv-source", "galaxy", "--venv-store", store, "--venv-find-links", wheelhouse]
    argv = ["site.yml", *map(str, options), "--venv-index-url", f"{DOWN}/simple"]
    with galaxy_server([]) as server:
        server.roles = {
            "acme.web": {"1.0.0": tarball(role("from the server", **{"library/thing.py": THING}))},
        }
        settings = {"ANSIBLE_GALAXY_SERVER": server.url}
        first = controller.run(program, *argv, cwd=project, env=settings)
        asked = len(server.asked)
        mine = tmp_path / "mine"
        written(mine / "acme.web", role("mine", **{"library/thing.py": THING}))
        second = controller.run(program, *argv, cwd=project, env={**settings, "ANSIBLE_ROLES_PATH": str(mine)})
        assert 0 < asked == len(server.asked)
    assert first.returncode == 0, first.output
    assert "from the server" in first.stdout and "the project" in first.stdout
    assert '"msg": "mine"' in second.stdout and "from the server" not in second.stdout


def test_venv_playbook_has_them_behind_the_roles_path_of_ansible_cfg(
    controller: Controller, store: Path, tmp_path: Path, wheelhouse: Path
) -> None:
    site = [{"name": "Site", "hosts": "localhost", "gather_facts": False, "roles": ["acme.web", "backup"]}]
    project = written(
        tmp_path / "project", {"site.yml": json.dumps(site), "ansible.cfg": "[defaults]\nroles_path=own\n"}
    )
    written(project / "own" / "backup", role("the project"))
    fetched = [written(tmp_path / name, role("the venv")) for name in ("acme.web", "backup")]
    venv = {
        "name": "site", "store": str(store), "ansible_core": "*", "find_links": [str(wheelhouse)],
        "index_url": f"{DOWN}/simple", "roles": [str(path) for path in fetched],
    }  # fmt: skip
    run = {"venv": "site", "store": str(store), "playbook": str(project / "site.yml")}
    tasks = [
        {"name": "Build", "mobile_ansible.venv.shared_venv": venv},
        {"name": "Run", "mobile_ansible.venv.venv_playbook": run, "register": "ran"},
        {"name": "Show", "ansible.builtin.debug": {"msg": "{{ {'log': ran.log} | to_json }}"}},
    ]
    play = controller.home / "play.yml"
    play.write_text(json.dumps([{"name": "All", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    ran = controller.playbook(play, cwd=controller.home)
    assert ran.returncode == 0, ran.output
    log = Path(shown(ran.stdout)["log"]).read_text()
    assert log.index("the venv") < log.index("the project")
