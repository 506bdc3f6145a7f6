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
from linking import OWN, SITE, linked, listing, own_venv, run, users
from shared_venv_process import built, installed, shared_venv


def test_siblings_use_the_venv_of_their_parent(site_store: Path, tmp_path: Path) -> None:
    """Each finds its packages through an activated shell; the store knows all three."""
    parent = tmp_path / "dr-daily-report"
    parent.mkdir()
    linked(project=str(parent), target="site", store=str(site_store), relative=False)
    siblings = [tmp_path / f"dr-daily-report_{name}" for name in ("telegram", "media", "news")]
    for sibling in siblings:
        sibling.mkdir()
        answer = linked(project=str(sibling), target="../dr-daily-report/venv")
        assert (answer["changed"], answer["target"]) == (True, "../dr-daily-report/venv")
        assert answer["generation"] == os.path.realpath(site_store / "site")
        script = f"cd {sibling} && . venv/bin/activate && python -c 'import six; print(six.__version__)'"
        shell = subprocess.run(["bash", "-c", script], env={}, capture_output=True, text=True, check=True)
        assert shell.stdout == "1.17.0\n"
    assert set(users(site_store)) >= {str(directory / "venv") for directory in (parent, *siblings)}
    refused = shared_venv(store=str(site_store), name="site", state="absent")
    assert str(parent / "venv") in refused["msg"]
    for directory in (parent, *siblings):
        assert linked(project=str(directory), state="absent", store=str(site_store))["changed"]
    assert not set(users(site_store)) & {str(directory / "venv") for directory in (parent, *siblings)}


@pytest.mark.catalogue(26)
def test_the_venv_of_a_project_is_kept_and_can_be_brought_back(site_store: Path, project: Path) -> None:
    own_venv(project / "venv")
    options: dict[str, Any] = {"project": str(project), "store": str(site_store), "target": "site"}
    refused = run(**options)
    assert "'replace: true'" in refused["msg"]
    assert (project / "venv" / "notes").read_text() == "mine"
    predicted = linked(**options, replace=True, _ansible_check_mode=True)
    assert listing(project) == ["requirements.txt", "venv"]
    answer = linked(**options, replace=True)
    assert answer["diff"] == predicted["diff"]
    assert answer["backups"] == [answer["backup"]]
    assert installed(project / "venv") == SITE
    assert linked(project=str(project), store=str(site_store), state="absent")["changed"]
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


def test_the_python_of_the_project_is_compared(site_store: Path, project: Path) -> None:
    options: dict[str, Any] = {"project": str(project), "store": str(site_store), "target": "site"}
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


# What owners do to it -------------------------------------------------------------------------------------------------

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


# Many projects in one run ---------------------------------------------------------------------------------------------


@pytest.fixture(name="family")
def fixture_family(tmp_path: Path) -> list[Path]:
    directories = [tmp_path / name for name in ("report", "report_news", "report_media")]
    for directory in directories:
        directory.mkdir()
    return directories


def texts(family: list[Path]) -> list[str | None]:
    return [os.readlink(one / "venv") if (one / "venv").is_symlink() else None for one in family]


def test_a_family_is_linked_in_one_run(site_store: Path, family: list[Path]) -> None:
    """Predicted, done, unchanged; through the parent's link, which is not there before; then through another's."""
    options: dict[str, Any] = {"projects": [str(one) for one in family], "target": "site", "store": str(site_store)}
    predicted = run(**options, parent=str(family[0]), _ansible_check_mode=True)
    assert texts(family) == [None] * 3
    done = run(**options, parent=str(family[0]))
    assert done["changed"] and done["diff"] == predicted["diff"], done
    assert [one["path"] for one in done["links"]] == [f"{one}/venv" for one in family]
    assert texts(family)[1:] == ["../report/venv"] * 2
    assert [installed(one / "venv") for one in family] == [SITE] * 3
    assert set(users(site_store)) >= {f"{one}/venv" for one in family}
    assert not run(**options, parent=str(family[0]))["changed"]
    run(**options, parent=f"{family[1]}/")
    assert texts(family)[0] == "../report_news/venv" == texts(family)[2]
    assert [installed(one / "venv") for one in family] == [SITE] * 3
    assert run(**options, state="absent")["changed"]
    assert (texts(family), set(users(site_store)) & {f"{one}/venv" for one in family}) == ([None] * 3, set())


@pytest.mark.parametrize("wrong", ["parent", "quote", "dollar", "directory", "file", "python", "requires-python"])
def test_nothing_is_changed_where_one_project_cannot_be_linked(
    site_store: Path, family: list[Path], wrong: str
) -> None:
    """Neither a link nor a venv that is replaced, though all other projects are in order and come first."""
    own_venv(family[0] / "venv")
    last: dict[str, Any] = {"path": str(family[-1])}
    options: dict[str, Any] = {"target": "site", "store": str(site_store), "parent": str(family[0]), "replace": True}
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
    assert [one for one in users(site_store) if one.startswith(str(family[0].parent))] == []


def test_a_spare_isolated_venv_goes_with_the_next_link(tmp_path: Path, site_store: Path, project: Path) -> None:
    """Once nothing runs in it, whoever built it; and what is not ours in it stays."""
    isolated = project / ".venv-isolated"
    built(store=str(isolated), name="venv", packages=[OWN])
    options: dict[str, Any] = {"project": str(project), "store": str(site_store)}
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
