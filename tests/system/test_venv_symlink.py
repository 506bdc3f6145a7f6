# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""venv_symlink for real: projects that share a venv, what their owners do to it, crashes, and two runs at once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess, built, installed, shared_venv

SITE = ["six==1.17.0"]
OWN = "six==1.16.0"

#: Kills the process before its nth change on disk; a sitecustomize module, so that the module itself stays as it is.
#: Without a number it counts them.
_KILLER = """
import atexit, os, signal
changes = []
limit = int(os.environ.get("KILL_BEFORE", "-1"))
def killing(function):
    def call(*args, **options):
        if len(changes) == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        changes.append(function)
        return function(*args, **options)
    return call
if "COUNT" in os.environ:
    atexit.register(lambda: open(os.environ["COUNT"], "w").write(str(len(changes))))
for name in ("mkdir", "rename", "replace", "rmdir", "symlink", "unlink"):
    setattr(os, name, killing(getattr(os, name)))
"""


@pytest.fixture(scope="module", name="warm_store")
def fixture_warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the venvs ``site`` and ``twin``, which the tests of this file only link to."""
    store = tmp_path_factory.mktemp("stores") / "store"
    for name in ("site", "twin"):
        built(store=str(store), name=name, packages=SITE)
    return store


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    directory = tmp_path / "news"
    directory.mkdir()
    (directory / "requirements.txt").write_text(f"{OWN}\n")
    return directory


def start(**options: Any) -> SharedVenvProcess:
    return SharedVenvProcess.start(module="venv_symlink", **options)


def run(**options: Any) -> dict[str, Any]:
    """Run the module to its end; returns its answer, also when that is a failure."""
    return start(**options).result()


def linked(**options: Any) -> dict[str, Any]:
    """Run the module to its end for one project and demand that it succeeds; returns what it says of the link."""
    answer = run(**options)
    assert not answer.get("failed"), answer["msg"]
    (link,) = answer["links"]
    return {**link, "changed": answer["changed"], "diff": answer["diff"], "warnings": answer.get("warnings", "")}


def listing(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


def users(store: Path) -> list[str]:
    roots = store / ".roots"
    return sorted(os.readlink(root) for root in roots.iterdir() if root.name.startswith("project-"))


def own_venv(directory: Path) -> Path:
    """An isolated venv as people have it, with something in it that must not be lost."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True, env={})
    (directory / "notes").write_text("mine")
    return directory


def test_siblings_use_the_venv_of_their_parent(warm_store: Path, tmp_path: Path) -> None:
    """Each finds its packages through an activated shell; the store knows all three."""
    parent = tmp_path / "dr-daily-report"
    parent.mkdir()
    linked(project=str(parent), target="site", store=str(warm_store), relative=False)
    siblings = [tmp_path / f"dr-daily-report_{name}" for name in ("telegram", "media", "news")]
    for sibling in siblings:
        sibling.mkdir()
        answer = linked(project=str(sibling), target="../dr-daily-report/venv")
        assert (answer["changed"], answer["target"]) == (True, "../dr-daily-report/venv")
        assert answer["generation"] == os.path.realpath(warm_store / "site")
        script = f"cd {sibling} && . venv/bin/activate && python -c 'import six; print(six.__version__)'"
        shell = subprocess.run(["bash", "-c", script], env={}, capture_output=True, text=True, check=True)
        assert shell.stdout == "1.17.0\n"
    assert set(users(warm_store)) >= {str(directory / "venv") for directory in (parent, *siblings)}
    refused = shared_venv(store=str(warm_store), name="site", state="absent")
    assert str(parent / "venv") in refused["msg"]
    for directory in (parent, *siblings):
        assert linked(project=str(directory), state="absent", store=str(warm_store))["changed"]
    assert not set(users(warm_store)) & {str(directory / "venv") for directory in (parent, *siblings)}


@pytest.mark.catalogue(26)
def test_the_venv_of_a_project_is_kept_and_can_be_brought_back(warm_store: Path, project: Path) -> None:
    own_venv(project / "venv")
    options: dict[str, Any] = {"project": str(project), "store": str(warm_store), "target": "site"}
    refused = run(**options)
    assert "'replace: true'" in refused["msg"]
    assert (project / "venv" / "notes").read_text() == "mine"
    predicted = linked(**options, replace=True, _ansible_check_mode=True)
    assert listing(project) == ["requirements.txt", "venv"]
    answer = linked(**options, replace=True)
    assert answer["diff"] == predicted["diff"]
    assert answer["backups"] == [answer["backup"]]
    assert installed(project / "venv") == SITE
    assert linked(project=str(project), store=str(warm_store), state="absent")["changed"]
    os.rename(answer["backup"], project / "venv")
    assert (project / "venv" / "notes").read_text() == "mine"
    assert subprocess.run([str(project / "venv/bin/python"), "-c", "pass"], env={}, check=False).returncode == 0


@pytest.mark.catalogue(28)
def test_a_venv_that_has_gone_is_one_error_and_comes_back(tmp_path: Path, project: Path) -> None:
    store = tmp_path / "store"
    options: dict[str, Any] = {"project": str(project), "store": str(store), "target": "site"}
    built(store=str(store), name="site", packages=SITE)
    linked(**options)
    (store / "site").unlink()
    answer = run(**options)
    assert answer["error_code"] == "target"
    assert f"points to {store}/site, where nothing exists: create the venv first" in answer["msg"]
    assert os.readlink(project / "venv") == "../store/site"
    built(store=str(store), name="site", packages=SITE)
    assert not linked(**options)["changed"]
    assert installed(project / "venv") == SITE


def test_the_python_of_the_project_is_compared(warm_store: Path, project: Path) -> None:
    options: dict[str, Any] = {"project": str(project), "store": str(warm_store), "target": "site"}
    minor = "{}.{}".format(*sys.version_info)
    (project / ".python-version").write_text("3.9\n")
    (project / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.9"\n')
    assert f"but the project requires ==3.9.* ({project}/.python-version" in run(**options)["msg"]
    assert linked(**options, python=minor)["python"]["version"].startswith(f"{minor}.")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a store to another user")
def test_a_store_of_another_user_is_refused(tmp_path: Path, project: Path) -> None:
    store = tmp_path / "store"
    built(store=str(store), name="site", packages=SITE)
    chown_all(store)
    options: dict[str, Any] = {"project": str(project), "store": str(store), "target": "site"}
    for target in ("site", str(store / "site")):
        answer = run(**{**options, "target": target})
        assert answer.get("error_code") == "store", answer
        assert f"{store} belongs to another user" in answer["msg"]
    assert os.listdir(project) == ["requirements.txt"]


# What owners do to it -----------------------------------------------------------------------------------------------

NOBODY = 65534


def chown_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def fingerprint(root: Path) -> dict[str, str]:
    """Every file and link below ``root`` with its content."""
    return {
        str(path.relative_to(root)): os.readlink(path)
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(name="home_of_nobody")
def fixture_home_of_nobody() -> Iterator[Path]:
    """A directory that a user without rights can reach and owns."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can act as another user")
    directory = Path(tempfile.mkdtemp(prefix="home-"))
    directory.chmod(0o755)
    yield directory
    for path in (directory, *directory.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(directory)


@pytest.mark.catalogue(27, 34)
@pytest.mark.parametrize("command", ["rm -rf venv/", "find venv/ -delete", "rm -rf venv/*", "rm -rf venv"])
def test_the_owner_cannot_wipe_what_all_share(home_of_nobody: Path, command: str) -> None:
    """The same command empties a venv that is not read-only: it reaches the files, and they withstand it."""
    store, project = home_of_nobody / "store", home_of_nobody / "project"
    control = home_of_nobody / "control"
    project.mkdir()
    options: dict[str, Any] = {"project": str(project), "store": str(store), "target": "site"}
    generation = Path(built(store=str(store), name="site", packages=SITE)["generation"])
    linked(**options)
    own_venv(control / "real")
    (control / "venv").symlink_to("real")
    chown_all(home_of_nobody)
    before = fingerprint(generation)
    as_owner = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "sh", "-c"]
    for directory in (control, project):
        subprocess.run([*as_owner, command], cwd=directory, env={"PATH": os.defpath}, check=False, capture_output=True)
    assert fingerprint(generation) == before
    assert installed(store / "site") == SITE
    if command == "rm -rf venv":
        assert not (project / "venv").is_symlink()
    else:
        assert installed(project / "venv") == SITE
        assert fingerprint(control / "real") == {}


# Crashes and races --------------------------------------------------------------------------------------------------


@pytest.fixture(name="killer")
def fixture_killer(tmp_path: Path) -> str:
    """The value of PYTHONPATH with which a process obeys KILL_BEFORE."""
    directory = tmp_path / "killer"
    directory.mkdir()
    (directory / "sitecustomize.py").write_text(_KILLER)
    return os.pathsep.join([str(directory), *sys.path])


def is_killed(killer: str, *, before: int, **options: Any) -> bool:
    """Run the module and kill it before a change on disk; False when it had ended by then."""
    environment = {"PYTHONPATH": killer, "KILL_BEFORE": str(before)}
    process = start(environment=environment, **options).process
    output, errors = process.communicate(timeout=600)
    assert process.returncode in (0, -9), output + errors
    return process.returncode == -9


@pytest.mark.catalogue(2)
def test_kill_9_before_each_change_of_a_replacement(warm_store: Path, tmp_path: Path, killer: str) -> None:
    """Nothing of the user's is lost at any moment, and the next run ends what was begun and leaves nothing else."""
    options: dict[str, Any] = {"store": str(warm_store), "target": "site", "replace": True}
    between, before = 0, 0
    while True:
        project = tmp_path / f"project-{before}"
        own_venv(project / "venv")
        killed = is_killed(killer, before=before, project=str(project), **options)
        notes = [path.read_text() for path in project.glob("*/notes") if not path.parent.is_symlink()]
        assert notes == ["mine"]
        between += not os.path.lexists(project / "venv")
        is_done = (project / "venv").is_symlink() and str(project / "venv") in users(warm_store)
        answer = linked(project=str(project), **options)
        backup = os.path.basename(answer["backups"][0])
        assert answer["changed"] != is_done
        assert listing(project) == ["venv", backup]
        assert (project / backup / "notes").read_text() == "mine"
        assert installed(project / "venv") == SITE
        assert str(project / "venv") in users(warm_store)
        assert not [path for path in (warm_store / ".roots").iterdir() if path.name.startswith(".")]
        assert not linked(project=str(project), **options)["changed"]
        if not killed:
            break
        before += 1
    assert before >= 5
    assert between >= 1, "no kill came between the backup and the link"


@pytest.mark.parametrize("targets", [("site", "site"), ("site", "twin")], ids=["same", "different"])
def test_runs_at_once_on_one_project(warm_store: Path, project: Path, targets: tuple[str, str]) -> None:
    """All succeed; there is one backup, one entry, and one link that says what one of them asked for."""
    own_venv(project / "venv")
    options: dict[str, Any] = {"project": str(project), "store": str(warm_store), "replace": True}
    answers = [run.result() for run in [start(target=target, **options) for target in targets * 3]]
    assert [answer.get("msg") for answer in answers] == [None] * 6
    links = [answer["links"][0] for answer in answers]
    assert len([link["backup"] for link in links if link["backup"]]) == 1
    if targets == ("site", "site"):
        assert sum(answer["changed"] for answer in answers) == 1
    text = os.readlink(project / "venv")
    assert os.path.basename(text) in targets
    assert listing(project) == ["requirements.txt", "venv", os.path.basename(links[0]["backups"][0])]
    assert users(warm_store).count(str(project / "venv")) == 1


# Many projects in one run -------------------------------------------------------------------------------------------


@pytest.fixture(name="family")
def fixture_family(tmp_path: Path) -> list[Path]:
    directories = [tmp_path / name for name in ("report", "report_news", "report_media")]
    for directory in directories:
        directory.mkdir()
    return directories


def texts(family: list[Path]) -> list[str | None]:
    return [os.readlink(one / "venv") if (one / "venv").is_symlink() else None for one in family]


def test_a_family_is_linked_in_one_run(warm_store: Path, family: list[Path]) -> None:
    """Predicted, done, unchanged; through the parent's link, which is not there before; then through another's."""
    options: dict[str, Any] = {"projects": [str(one) for one in family], "target": "site", "store": str(warm_store)}
    predicted = run(**options, parent=str(family[0]), _ansible_check_mode=True)
    assert texts(family) == [None] * 3
    done = run(**options, parent=str(family[0]))
    assert done["changed"] and done["diff"] == predicted["diff"], done
    assert [one["path"] for one in done["links"]] == [f"{one}/venv" for one in family]
    assert texts(family)[1:] == ["../report/venv"] * 2
    assert [installed(one / "venv") for one in family] == [SITE] * 3
    assert set(users(warm_store)) >= {f"{one}/venv" for one in family}
    assert not run(**options, parent=str(family[0]))["changed"]
    run(**options, parent=f"{family[1]}/")
    assert texts(family)[0] == "../report_news/venv" == texts(family)[2]
    assert [installed(one / "venv") for one in family] == [SITE] * 3
    assert run(**options, state="absent")["changed"]
    assert (texts(family), set(users(warm_store)) & {f"{one}/venv" for one in family}) == ([None] * 3, set())


@pytest.mark.parametrize("wrong", ["parent", "quote", "dollar", "directory", "file", "python", "requires-python"])
def test_nothing_is_changed_where_one_project_cannot_be_linked(
    warm_store: Path, family: list[Path], wrong: str
) -> None:
    """Neither a link nor a venv that is replaced, though all other projects are in order and come first."""
    own_venv(family[0] / "venv")
    last: dict[str, Any] = {"path": str(family[-1])}
    options: dict[str, Any] = {"target": "site", "store": str(warm_store), "parent": str(family[0]), "replace": True}
    if wrong == "parent":
        options["parent"] = str(family[0].parent / "reprot")
    elif wrong in ("quote", "dollar", "directory"):
        last["path"] = str(family[0].parent / {"quote": "it's", "dollar": "$HOME", "directory": "absent"}[wrong])
        if wrong != "directory":
            os.mkdir(last["path"])
    elif wrong == "file":
        (family[-1] / "venv").write_text("mine")
    elif wrong == "python":
        last["python"] = "3.5"
    else:
        (family[-1] / "pyproject.toml").write_text('[project]\nrequires-python = "<3.5"\n')
    before = [fingerprint(one) for one in family]
    answer = run(projects=[*map(str, family[:-1]), last], **options)
    assert answer.get("failed"), answer
    expected = {
        "parent": "reprot is not among the projects",
        "quote": "is not a valid path of a venv",
        "dollar": "is not a valid path of a venv",
        "directory": "absent is not a directory of this host",
        "file": "report_media/venv is a file",
        "python": "report_media/venv: target: ",
        "requires-python": "the project requires <3.5",
    }
    assert expected[wrong] in answer["msg"]
    assert [fingerprint(one) for one in family] == before
    assert [one for one in users(warm_store) if one.startswith(str(family[0].parent))] == []


def test_a_spare_isolated_venv_goes_with_the_next_link(tmp_path: Path, warm_store: Path, project: Path) -> None:
    """Once nothing runs in it, whoever built it; and what is not ours in it stays."""
    isolated = project / ".venv-isolated"
    built(store=str(isolated), name="venv", packages=[OWN])
    options: dict[str, Any] = {"project": str(project), "store": str(warm_store)}
    answer = linked(**options, target="./.venv-isolated/venv")
    assert answer["isolated"] and "points to an isolated venv" in str(answer["warnings"])
    assert not linked(**options, target="./.venv-isolated/venv")["changed"]
    (isolated / "notes").write_text("mine")
    python = str(project / "venv" / "bin" / "python")
    program = "import sys; print('ready', flush=True); sys.stdin.readline(); import six; print(six.__version__)"
    with subprocess.Popen(
        [python, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={}
    ) as running:
        assert running.stdout is not None and running.stdout.readline() == "ready\n"
        assert not linked(**options, target="site")["isolated"]
        assert not linked(**options, target="site")["changed"]
        output, _errors = running.communicate("go\n", timeout=30)
    assert output == "1.16.0\n"
    assert linked(**options, target="site", _ansible_check_mode=True)["changed"]
    assert linked(**options, target="site")["changed"]
    assert listing(isolated) == ["notes"]
    assert not linked(**options, target="site")["changed"]


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.destructive)])
def test_kill_9_on_the_way_back_from_an_isolated_venv(warm_store: Path, project: Path, killer: str, every: int) -> None:
    """Before the first and the last changes, and at some between, while the isolated venv is removed."""
    built(store=str(project / ".venv-isolated"), name="venv", packages=[OWN])
    options: dict[str, Any] = {"store": str(warm_store), "target": "site"}
    linked(project=str(project), **{**options, "target": "./.venv-isolated/venv"})
    counted, count = project.parent / "counted", project.parent / "count"
    shutil.copytree(project, counted, symlinks=True)
    linked(project=str(counted), environment={"PYTHONPATH": killer, "COUNT": str(count)}, **options)
    changes = int(count.read_text())
    assert changes > 50
    moments = (*range(8), *range(20, changes - 12, changes // 4), *range(changes - 12, changes))
    for before in moments[::every]:
        copy = project.parent / f"copy-{before}"
        shutil.copytree(project, copy, symlinks=True)
        assert is_killed(killer, before=before, project=str(copy), **options)
        assert os.path.isfile(copy / "venv" / "bin" / "python")
        linked(project=str(copy), **options)
        assert listing(copy) == ["requirements.txt", "venv"]
        assert installed(copy / "venv") == SITE
        assert str(copy / "venv") in users(warm_store)
