# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A change of anything that was looked at is seen by its stamp."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _cached_analysis, _project_analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._cached_analysis import (
    ProjectAnalysis,
    are_current,
    are_settled,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._core import CoreRelease
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.core_answers import CoreAnswers
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.stamp import Stamp
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sandbox import SandboxAnswer

PLUGIN_UTILS = _cached_analysis.__name__.rpartition(".")[0]


@pytest.fixture(name="root")
def fixture_root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "roles" / "web").mkdir(parents=True)
    (root / "site.yml").write_text("one")
    (root / "linked.yml").symlink_to("site.yml")
    (root / "unread.yml").write_text("three")
    return root


def look(root: Path) -> dict[str, Stamp]:
    files = Files(root)
    assert files.data(root / "site.yml") == b"one"
    assert files.file(root / "linked.yml", root / "absent.yml") == root / "site.yml"
    assert files.file(root / "absent.yml") is None
    assert files.names(root / "roles") == ["web"]
    assert files.directory(root / "later") is None
    return dict(files.looked)


def replace_file(root: Path) -> None:
    (root / "new").write_text("one")
    (root / "new").replace(root / "site.yml")


def edit_and_put_the_time_back(root: Path) -> None:
    status = (root / "site.yml").stat()
    (root / "site.yml").write_text("two")
    os.utime(root / "site.yml", ns=(status.st_atime_ns, status.st_mtime_ns))


def lead_elsewhere(root: Path) -> None:
    (root / "linked.yml").unlink()
    (root / "linked.yml").symlink_to("unread.yml")


def put_a_link_in_its_place(root: Path) -> None:
    (root / "roles").rename(root / "moved")
    (root / "roles").symlink_to("moved")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file is edited": lambda root: (root / "site.yml").write_text("another"),
    "a file is edited, and its time put back": edit_and_put_the_time_back,
    "a file is replaced": replace_file,
    "a file is removed": lambda root: (root / "site.yml").rename(root / "gone.yml"),
    "the mode of a file changes": lambda root: (root / "site.yml").chmod(0o600),
    "a link leads elsewhere": lead_elsewhere,
    "a link is replaced by what it leads to": lambda root: (root / "site.yml").replace(root / "linked.yml"),
    "a file appears where none was": lambda root: (root / "absent.yml").write_text(""),
    "a directory appears where none was": lambda root: (root / "roles" / "web").rename(root / "later"),
    "a directory that was listed gets an entry": lambda root: (root / "roles" / "db").write_text(""),
    "a directory that was listed loses an entry": lambda root: (root / "roles" / "web").rename(root / "web"),
    "a directory becomes a link": put_a_link_in_its_place,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(root: Path, change: str) -> None:
    looked = look(root)
    assert are_current(looked)
    CHANGES[change](root)
    assert not are_current(looked)


@pytest.mark.parametrize("way", ["a link of the project", "a setting"])
@pytest.mark.parametrize("step", ["current", "releases"])
def test_a_link_on_the_way_to_what_is_outside_is_seen(root: Path, way: str, step: str) -> None:
    common = root.parent / "common"
    for release in ("one", "two"):
        for above in ("releases-1", "releases-2"):
            (common / above / release / "roles").mkdir(parents=True)
    (common / "releases").symlink_to("releases-1")
    (common / "current").symlink_to("releases/one")
    files = Files(root, follows_links=True)
    if way == "a setting":
        found = files.follow(common / "current" / "roles")
    else:
        (root / "common").symlink_to("../common/current")
        found = files.directory(root / "common" / "roles")
    assert found == common / "releases-1" / "one" / "roles"
    looked = dict(files.looked)
    assert are_current(looked)
    (common / step).unlink()
    (common / step).symlink_to({"current": "releases/two", "releases": "releases-2"}[step])
    assert not are_current(looked)


def test_what_nobody_looked_at_does_not_count(root: Path) -> None:
    looked = look(root)
    (root / "unread.yml").write_text("other")
    (root / "roles" / "web" / "tasks").mkdir()
    assert are_current(looked)


def test_the_release_of_ansible_core_is_looked_at_once_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A venv that is named by a link has its real path in what was looked at."""
    core = CoreRelease.find()
    (tmp_path / "ansible").symlink_to(core.directory)
    named = CoreRelease(str(tmp_path / "ansible"), core.written_ns)
    looked: dict[str, Stamp] = {
        f"{os.path.realpath(core.directory)}/plugins/filter/core.py": [1],
        str(tmp_path / "site.yml"): None,
    }
    answer = SandboxAnswer({"a": 1}, looked)
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: answer)
    ProjectAnalysis(options_of(tmp_path, "community_package"), core=named).made()
    kept = [json.loads(path.read_text()) for path in (tmp_path / "store" / ".analyses").iterdir()]
    assert [one["looked"] for one in kept if "looked" in one] == [{str(tmp_path / "site.yml"): None}]


def test_what_has_just_changed_is_not_settled(root: Path) -> None:
    """A second change within the same tick of the clock would not be seen."""
    looked = look(root)
    assert not are_settled(looked, since_ns=time.time_ns())
    assert are_settled(looked, since_ns=time.time_ns() + 10 * 10**9)


def options_of(tmp_path: Path, source: str) -> dict[str, Any]:
    """The options of an analysis of a playbook in ``tmp_path``."""
    (tmp_path / "site.yml").write_text("- hosts: all\n")
    return {
        "path": str(tmp_path / "site.yml"), "playbooks": [], "inventory": [], "store": str(tmp_path / "store"),
        "collections_source": source, "index_url": None, "find_links": [], "allow_unresolved": [],
        "unresolved": "fail", "exclude": [],
        "target_packages": "auto", "upgrade": False,
    }  # fmt: skip


def test_ansible_core_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def analysed(_options: Any, _subject: Any, *, core: CoreAnswers, **_told: Any) -> SandboxAnswer:
        given.append(core)
        return SandboxAnswer({}, {})

    monkeypatch.setattr(_project_analysis, "analyse_project", analysed)
    options = options_of(tmp_path, "/")
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    monkeypatch.delattr(_cached_analysis, "ask_core")
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert given[0] == given[1]
    assert {"when", "block", "notify"} <= {*given[0].task_keywords} and "hosts" in given[0].play_keywords
    # One that runs from its sources says nothing.
    assert given[0].requires_python == (importlib.metadata.metadata("ansible-core")["Requires-Python"] or "")


@pytest.mark.parametrize(("source", "is_kept"), [("galaxy", False), ("community_package", True)])
def test_what_servers_do_not_have_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, is_kept: bool
) -> None:
    report = {"unresolved": [{"name": "a.b.c"}]}
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: SandboxAnswer(report, {}))
    options = options_of(tmp_path, source)
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert (ProjectAnalysis(options, core=CoreRelease.find()).known() == report) is is_kept


def test_a_refusal_is_kept_as_any_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = SandboxAnswer({"a": 1}, {}, refusal="a.b.c cannot be resolved")
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: answer)
    options = options_of(tmp_path, "community_package")
    for find in (ProjectAnalysis.made, ProjectAnalysis.known):
        with pytest.raises(ResolutionError, match=r"a\.b\.c cannot be resolved") as refused:
            find(ProjectAnalysis(options, core=CoreRelease.find()))
        assert refused.value.context == {"a": 1}


def test_an_answer_that_depends_on_more_than_was_noted_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = SandboxAnswer({"a": 1}, {}, is_lasting=False)
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: answer)
    options = options_of(tmp_path, "community_package")
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert ProjectAnalysis(options, core=CoreRelease.find()).known() is None


@pytest.mark.parametrize(
    ("source", "of_same", "of_upgrade", "of_other_servers"),
    [
        ("galaxy", True, False, False),
        ("community_package", True, True, True),
        ("/", False, False, False),
    ],
)
def test_what_servers_answered_is_known_for_the_same_servers_until_an_upgrade(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    of_same: bool,
    of_upgrade: bool,
    of_other_servers: bool,
) -> None:
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: SandboxAnswer({"a": 1}, {}))
    options = options_of(tmp_path, source)

    def is_known(**changes: bool) -> bool:
        return ProjectAnalysis({**options, **changes}, core=CoreRelease.find()).known() == {"a": 1}

    assert not is_known()
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert (is_known(), is_known(upgrade=True)) == (of_same, of_upgrade)
    monkeypatch.setenv("ANSIBLE_GALAXY_SERVER", "http://127.0.0.1:9")
    assert is_known() == of_other_servers


def test_roles_are_asked_for_again_by_an_upgrade_or_of_other_servers_whatever_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = SandboxAnswer({"a": 1}, {}, has_roles=True)
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: answer)
    options = options_of(tmp_path, "community_package")
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert ProjectAnalysis(options, core=CoreRelease.find()).known() == {"a": 1}
    assert ProjectAnalysis({**options, "upgrade": True}, core=CoreRelease.find()).known() is None
    monkeypatch.setenv("ANSIBLE_GALAXY_SERVER", "https://other.example.org")
    assert ProjectAnalysis(options, core=CoreRelease.find()).known() is None


def test_an_answer_without_a_role_that_could_not_be_had_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = SandboxAnswer({"a": 1}, {}, is_lasting=False)
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: answer)
    options = options_of(tmp_path, "community_package")
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert ProjectAnalysis(options, core=CoreRelease.find()).known() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"follow_outside": True},
        {"settings": [{"section": "defaults", "key": "strategy", "value": "a.b.c", "file": "ANSIBLE_STRATEGY"}]},
    ],
)
def test_what_the_user_sets_is_part_of_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: SandboxAnswer({"a": 1}, {}))
    options = options_of(tmp_path, "community_package")
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    assert ProjectAnalysis(options, core=CoreRelease.find()).known() == {"a": 1}
    assert ProjectAnalysis({**options, **changes}, core=CoreRelease.find()).known() is None


def test_another_home_is_another_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_project_analysis, "analyse_project", lambda *_given, **_told: SandboxAnswer({"a": 1}, {}))
    options = {**options_of(tmp_path, "community_package"), "follow_outside": True}
    ProjectAnalysis(options, core=CoreRelease.find()).made()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ProjectAnalysis(options, core=CoreRelease.find()).known() is None


def imported_by(statement: str) -> set[str]:
    """The names of the modules that a process has after ``statement``."""
    mount = Path(_cached_analysis.__file__).parent / "_mount.py"
    program = f"""
import runpy, sys
runpy.run_path({str(mount)!r})["mount_collection"]()
{statement}
print(*sys.modules, sep="\\n")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines())


@pytest.mark.parametrize("module", ["_command.main", "_project_analysis"])
def test_what_only_the_process_of_an_analysis_needs_is_imported_there(module: str) -> None:
    """Each of these takes as long as all of our own code on the way to an answer that is known."""
    name = f"{PLUGIN_UTILS}.{module}"
    imported = imported_by(f"import {name}")
    assert name in imported
    assert not imported & {"jinja2", "yaml", "packaging", "findimports", "http.client", "ssl", "email"}


def test_what_only_some_runs_need_is_imported_by_them() -> None:
    """A configuration outside of the project, several projects with different cores, help: none of them is usual."""
    arguments = f"from {PLUGIN_UTILS}._command import arguments, interface, main"
    arguments += '\narguments.separate(["site.yml", "--venv-json"])'
    arguments += '\ninterface.Interface(((("-i", "--inventory"), True),)).read(["site.yml", "-i", "hosts"])'
    imported = imported_by(arguments)
    assert "argparse" in imported
    versions = f"{PLUGIN_UTILS.rpartition('.')[0]}.module_utils._collections.versions"
    assert not imported & {"configparser", "pathlib", "shutil", versions}
