# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The playbooks share, migrate and prune: one command each, run again, stopped, undone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run

NEEDS = {"report": "six\nnetaddr>=1\n", "report_news": "six\njmespath\n", "report_media": "six\n"}


@dataclass
class Siblings:
    """Projects next to each other, and the variables with which they share."""

    controller: Controller
    directory: Path
    wheelhouse: Path
    tests: dict[str, list[str]] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.directory / "store"

    def path(self, name: str) -> Path:
        return self.directory / name

    def venv(self, name: str) -> Path:
        return self.directory / name / "venv"

    def needs(self, name: str, text: str) -> None:
        self.path(name).mkdir(parents=True, exist_ok=True)
        (self.path(name) / "requirements.txt").write_text(text)

    def make_own_venv(self, name: str, *packages: str) -> None:
        """What a project has before: a venv of its own, with ``packages`` as modules of that name."""
        argv = [sys.executable, "-m", "venv", "--without-pip", str(self.venv(name))]
        subprocess.run(argv, check=True)
        (site,) = self.venv(name).glob("lib/python3.*/site-packages")
        for package in packages:
            module, _equals, version = package.partition("==")
            (site / f"{module}.py").write_text(f"__version__ = {version!r}\n")
            info = site / f"{module}-{version}.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}\n")

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        projects = [
            {"path": str(self.path(name)), **({"test": self.tests[name]} if name in self.tests else {})}
            for name in NEEDS
        ]
        given = {
            "shared_venv_projects": projects,
            "shared_venv_store": str(self.store),
            "shared_venv_find_links": [str(self.wheelhouse)],
            "shared_venv_offline": True,
            "shared_venv_pip": False,
        }
        name = f"mobile_ansible.venv.{playbook}"
        return self.controller.playbook(name, *arguments, variables={**given, **variables})

    def share(self, *arguments: str, **variables: Any) -> Run:
        return self.play("share", *arguments, shared_venv_parent=str(self.path("report")), **variables)

    def kinds(self) -> dict[str, str]:
        """What each project's venv is."""
        return {
            name: "link" if self.venv(name).is_symlink() else "own" if self.venv(name).is_dir() else "none"
            for name in NEEDS
        }

    def backups(self) -> dict[str, int]:
        return {name: len(list(self.path(name).glob("venv.backup-*"))) for name in NEEDS}


@pytest.fixture(name="siblings")
def fixture_siblings(tmp_path: Path, controller: Controller, wheelhouse: Path) -> Siblings:
    siblings = Siblings(controller, tmp_path / "projects", wheelhouse)
    for name, text in NEEDS.items():
        siblings.needs(name, text)
    return siblings


ALL_LINK = dict.fromkeys(NEEDS, "link")
ALL_OWN = dict.fromkeys(NEEDS, "own")


def succeeded(ended: Run, *, changed: bool | None = None) -> Run:
    assert ended.returncode == 0, ended.output
    assert changed is None or ("changed=0" not in ended.stdout) == changed, ended.output
    return ended


def everything(directory: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in directory.rglob("*")}


def test_four_steps_of_a_working_life(siblings: Siblings) -> None:
    """Predicted, shared, unchanged; then one project needs more, and all of them have it."""
    before = everything(siblings.directory)
    succeeded(siblings.share("--check"), changed=True)
    assert everything(siblings.directory) == before
    succeeded(siblings.share(), changed=True)
    assert siblings.kinds() == ALL_LINK
    assert os.readlink(siblings.venv("report_news")) == "../report/venv"
    succeeded(siblings.share(), changed=False)
    succeeded(siblings.share("--check"), changed=False)
    siblings.needs("report_media", "six\nmarkupsafe\n")
    more = succeeded(siblings.share(), changed=True)
    affected = ", ".join(sorted(str(siblings.venv(name)) for name in NEEDS))
    assert f"changes for all projects that link to it: {affected}" in " ".join(more.output.split())
    argv = [str(siblings.venv("report") / "bin" / "python"), "-c", "import markupsafe, six, netaddr, jmespath"]
    subprocess.run(argv, check=True)


def test_check_and_run_report_the_same_changed_tasks(siblings: Siblings) -> None:
    """First, where nothing is there; again, where another project joins with a requirement that is new."""
    changed = re.compile(r"changed=[0-9]+")
    for needs in (NEEDS["report_media"], "six\nmarkupsafe\n"):
        siblings.needs("report_media", needs)
        for name in ("report_media", "report_news"):
            siblings.venv(name).unlink(missing_ok=True)
        report = {"shared_venv_report": str(siblings.directory / "reports")}
        said = [succeeded(siblings.share(*arguments, **report), changed=True).stdout for arguments in (["--check"], [])]
        assert changed.search(said[0])[0] == changed.search(said[1])[0] == "changed=2", said  # type: ignore[index]
        assert f"would be linked: {siblings.venv('report_news')} -> ../report/venv" in said[0]
    assert siblings.kinds() == ALL_LINK


def test_a_conflict_leaves_everything_as_it_was_and_names_both(siblings: Siblings) -> None:
    succeeded(siblings.share())
    siblings.needs("report_news", "six==1.17.0\n")
    siblings.needs("report_media", "six==1.16.0\n")
    before, links = everything(siblings.directory / "store" / ".generations"), siblings.kinds()
    # The directory of wheels has only one of the two versions, and a name that is there comes from there only.
    ended = siblings.share(shared_venv_offline=False, shared_venv_find_links=[])
    assert ended.returncode == 2
    for name, pin in (("report_news", "1.17.0"), ("report_media", "1.16.0")):
        assert f"{name} requires six=={pin} ({siblings.path(name)}/requirements.txt, line 1)" in ended.output
    assert (everything(siblings.directory / "store" / ".generations"), siblings.kinds()) == (before, links)


def test_a_dedicated_directory(siblings: Siblings) -> None:
    place = siblings.directory / "shared"
    succeeded(siblings.play("share", shared_venv_path=str(place)), changed=True)
    assert {os.readlink(siblings.venv(name)) for name in NEEDS} == {"../shared"}
    succeeded(siblings.play("share", shared_venv_path=str(place)), changed=False)


def test_where_the_venv_is_must_be_said(siblings: Siblings) -> None:
    ended = siblings.play("share")
    assert ended.returncode == 2
    assert "set shared_venv_parent, shared_venv_path or shared_venv_name" in ended.output


def test_a_venv_of_its_own_is_not_touched_by_share(siblings: Siblings) -> None:
    siblings.make_own_venv("report_news")
    ended = siblings.share()
    assert ended.returncode == 2
    assert "is a directory and not a link" in ended.output
    assert siblings.kinds()["report_news"] == "own"


def with_own_venvs(siblings: Siblings) -> None:
    """Each has what it asks for, ``report_news`` has a module besides that it never asked for."""
    siblings.make_own_venv("report", "six==1.16.0", "netaddr==1.3.0")
    siblings.make_own_venv("report_news", "six==1.16.0", "jmespath==1.0.1", "undeclared==1")
    siblings.make_own_venv("report_media", "six==1.16.0")
    for name, modules in {"report": "six, netaddr", "report_news": "six, jmespath", "report_media": "six"}.items():
        siblings.tests[name] = ["python", "-c", f"import sys, {modules}; assert sys.prefix != sys.base_prefix"]


def test_migrate_then_undo(siblings: Siblings) -> None:
    with_own_venvs(siblings)
    first = succeeded(siblings.play("migrate"), changed=True)
    # The one whose own venv has most of what all need.
    assert f"parent: {siblings.path('report')}" in first.stdout
    assert os.readlink(siblings.venv("report_media")) == "../report/venv"
    assert siblings.kinds() == ALL_LINK
    assert siblings.backups() == dict.fromkeys(NEEDS, 1)
    succeeded(siblings.play("migrate"), changed=False)
    succeeded(siblings.share(), changed=False)
    succeeded(siblings.play("migrate", shared_venv_undo=True), changed=True)
    assert siblings.kinds() == ALL_OWN
    assert siblings.backups() == dict.fromkeys(NEEDS, 0)
    succeeded(siblings.play("migrate", shared_venv_undo=True), changed=False)


def test_a_project_whose_tests_fail_keeps_its_own_venv(siblings: Siblings) -> None:
    with_own_venvs(siblings)
    siblings.tests["report_news"] = ["python", "-c", "import undeclared"]
    ended = siblings.play("migrate")
    assert ended.returncode == 2
    assert f"{siblings.venv('report_news')} is the project's own venv again: its tests failed" in ended.output
    assert "No module named 'undeclared'" in ended.output
    assert siblings.kinds() == {**ALL_LINK, "report_news": "own"}
    assert siblings.backups() == {**dict.fromkeys(NEEDS, 1), "report_news": 0}
    subprocess.run([str(siblings.venv("report_news") / "bin" / "python"), "-c", "import undeclared"], check=True)


def test_nobody_links_through_a_parent_that_was_rolled_back(siblings: Siblings) -> None:
    with_own_venvs(siblings)
    siblings.tests["report"] = ["python", "-c", "raise SystemExit(1)"]
    ended = siblings.play("migrate")
    assert ended.returncode == 2
    assert f"it links through {siblings.venv('report')}, whose tests failed" in ended.output
    assert siblings.kinds() == ALL_OWN


def test_killed_while_a_project_is_tested(siblings: Siblings) -> None:
    """The test kills the module that runs it; the next run goes on."""
    with_own_venvs(siblings)
    good = siblings.tests["report_news"]
    siblings.tests["report_news"] = ["sh", "-c", "kill -9 $PPID"]
    assert siblings.play("migrate").returncode != 0
    assert siblings.kinds() == ALL_LINK
    siblings.tests["report_news"] = good
    succeeded(siblings.play("migrate"), changed=False)
    assert siblings.kinds() == ALL_LINK
    assert siblings.backups() == dict.fromkeys(NEEDS, 1)


def test_killed_between_backup_and_link(siblings: Siblings) -> None:
    """The next run ends what was begun, whether it migrates or undoes."""
    with_own_venvs(siblings)
    succeeded(siblings.play("migrate"))
    for undo in (False, True):
        # As a crash leaves it: the own venv was moved away, and its link is not there yet.
        siblings.venv("report_media").unlink()
        succeeded(siblings.play("migrate", shared_venv_undo=undo), changed=True)
        assert siblings.kinds() == (ALL_OWN if undo else ALL_LINK)


def test_prune_removes_what_nobody_uses(siblings: Siblings) -> None:
    succeeded(siblings.share())
    siblings.needs("report_media", "six\nmarkupsafe\n")
    succeeded(siblings.share())
    for name in NEEDS:
        siblings.venv(name).unlink()
    (link,) = (path for path in siblings.store.iterdir() if path.is_symlink())
    link.unlink()
    (siblings.store / ".previous" / link.name).unlink()
    ended = siblings.controller.playbook(
        "mobile_ansible.venv.prune",
        variables={"shared_venv_store": str(siblings.store), "shared_venv_older_than": "0"},
    )
    succeeded(ended, changed=True)
    assert "no venv and no project links to it" in ended.stdout
    assert list((siblings.store / ".generations").iterdir()) == []


@pytest.mark.parametrize("playbook", ["share", "verify", "migrate", "prune", "phone_gate"])
def test_no_host_matched(siblings: Siblings, playbook: str) -> None:
    (siblings.directory / "hosts").write_text("[empty]\n")
    ended = siblings.play(playbook, "--inventory", str(siblings.directory / "hosts"))
    assert ended.returncode != 0
    assert "no host matches" in ended.output
