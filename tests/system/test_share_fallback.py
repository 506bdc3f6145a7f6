# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Projects keep going with isolated venvs while the shared one cannot be used, and go back to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from controller import Controller, Run
from package_index import wheel

NEEDS = {"report": "six\n", "report_news": "six\nnetaddr\n", "report_media": "six\njmespath\n"}


class Family:
    """A parent and two siblings that ask for isolated venvs where the shared one cannot be used."""

    def __init__(self, controller: Controller, directory: Path, wheelhouse: Path) -> None:
        self.controller = controller
        self.directory = directory
        self.wheels = directory / "wheels"
        self.wheels.mkdir(parents=True)
        for version in ("1.0", "2.0"):
            wheel(self.wheels, "colour", {"colour.py": f"__version__ = {version!r}\n"}, version=version)
        self.environment: dict[str, str] = {}
        self.find_links = [str(wheelhouse), str(self.wheels)]
        for name, text in NEEDS.items():
            self.needs(name, text)

    @property
    def store(self) -> Path:
        return self.directory / "store"

    def project(self, name: str) -> Path:
        return self.directory / name

    def needs(self, name: str, text: str) -> None:
        self.project(name).mkdir(parents=True, exist_ok=True)
        (self.project(name) / "requirements.txt").write_text(text)

    def play(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        given = {
            "shared_venv_projects": [{"path": str(self.project(name))} for name in NEEDS],
            "shared_venv_parent": str(self.project("report")),
            "shared_venv_store": str(self.store),
            "shared_venv_find_links": self.find_links,
            "shared_venv_offline": True,
            "shared_venv_pip": False,
            "shared_venv_fallback": "isolated",
            **variables,
        }
        name = f"mobile_ansible.venv.{playbook}"
        return self.controller.playbook(name, *arguments, variables=given, env=self.environment)

    def share(self, *arguments: str, **variables: Any) -> Run:
        return self.play("share", *arguments, **variables)

    def links(self) -> dict[str, str | None]:
        """What each project's link says."""
        links = {name: self.project(name) / "venv" for name in NEEDS}
        return {name: os.readlink(link) if link.is_symlink() else None for name, link in links.items()}

    def isolated(self) -> list[str]:
        """The projects in which there is an isolated venv, or what is left of one."""
        return [name for name in NEEDS if (self.project(name) / ".venv-isolated").exists()]

    def imports(self, name: str, module: str) -> bool:
        argv = [str(self.project(name) / "venv" / "bin" / "python"), "-c", f"import {module}"]
        return subprocess.run(argv, env={}, capture_output=True, check=False).returncode == 0


@pytest.fixture(name="family")
def fixture_family(tmp_path: Path, controller: Controller, wheelhouse: Path) -> Family:
    return Family(controller, tmp_path / "projects", wheelhouse)


SHARED = {"report": None, "report_news": "../report/venv", "report_media": "../report/venv"}
ISOLATED = ".venv-isolated/venv"


def succeeded(run: Run, *, changed: bool | None = None) -> Run:
    assert run.returncode == 0, run.output
    assert changed is None or ("changed=0" not in run.stdout) == changed, run.output
    return run


def through_the_parent(family: Family) -> bool:
    links = family.links()
    return str(links["report"]).startswith("../store/") and {**links, "report": None} == SHARED


def test_conflicting_projects_get_isolated_venvs_and_share_again(family: Family) -> None:
    """Predicted and said; again nothing changes; with other requirements they are built anew; in the end none stays."""
    family.needs("report_news", "colour<2\nnetaddr\n")
    family.needs("report", "colour>=2\n")
    run = succeeded(family.share(), changed=True)
    said = " ".join(run.output.split())
    assert "do not share a venv. Until a run succeeds, 3 projects use an isolated venv." in said and "colour<2" in said
    assert family.links() == dict.fromkeys(NEEDS, ISOLATED)
    assert family.imports("report_news", "netaddr") and not family.imports("report", "netaddr")
    assert "work and were not changed." in succeeded(family.share(), changed=False).output

    family.needs("report_media", "six\nmarkupsafe\n")
    succeeded(family.share("--check"), changed=True)
    assert not family.imports("report_media", "markupsafe")
    succeeded(family.share(), changed=True)
    assert family.imports("report_media", "markupsafe")

    for name, text in NEEDS.items():
        family.needs(name, text)
    succeeded(family.share(), changed=True)
    assert through_the_parent(family)
    assert family.isolated() == []
    assert all(family.imports(name, module) for name in NEEDS for module in ("six", "netaddr", "jmespath"))
    succeeded(family.share(), changed=False)


def test_links_follow_another_parent(family: Family) -> None:
    succeeded(family.share())
    succeeded(family.share(shared_venv_parent=f"{family.project('report_news')}/"), changed=True)
    links = family.links()
    assert str(links.pop("report_news")).startswith("../store/")
    assert set(links.values()) == {"../report_news/venv"}


def test_only_what_does_not_work_becomes_isolated(family: Family) -> None:
    """A sibling needs what cannot be had together; the others keep the venv that they have."""
    family.needs("report_media", "colour>=2\njmespath\n")
    succeeded(family.share())
    before = os.path.realpath(family.project("report") / "venv")
    family.needs("report_news", "colour<2\nnetaddr\n")
    succeeded(family.share(), changed=True)
    assert family.links()["report_news"] == ISOLATED
    assert family.isolated() == ["report_news"]
    assert {os.path.realpath(family.project(name) / "venv") for name in ("report", "report_media")} == {before}
    family.needs("report_news", "six\nnetaddr\n")
    succeeded(family.share(), changed=True)
    assert through_the_parent(family) and family.isolated() == []


def test_where_the_parents_venv_does_not_work_nobody_uses_it(family: Family) -> None:
    """The siblings' links lead to the parent's, which leads to a venv of the parent alone then."""
    succeeded(family.share())
    family.needs("report", "colour<2\n")
    family.needs("report_media", "colour>=2\njmespath\n")
    succeeded(family.share(), changed=True)
    assert family.links() == dict.fromkeys(NEEDS, ISOLATED)
    assert family.imports("report_news", "netaddr")


def test_a_directory_of_its_own_stays_where_it_works(family: Family) -> None:
    """What is broken may be replaced in a repair, which keeps a backup."""
    venvs = {name: family.project(name) / "venv" for name in ("report_news", "report_media")}
    for venv in venvs.values():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, env={})
        (venv / "note").write_text("mine")
    (venvs["report_media"] / "bin" / "python").unlink()
    family.needs("report", "colour<2\n")
    family.needs("report_media", "colour>=2\n")
    family.needs("report_news", "")
    succeeded(family.play("verify", shared_venv_repair=True), changed=True)
    assert (venvs["report_news"] / "note").read_text() == "mine" and not venvs["report_news"].is_symlink()
    assert family.links() == {"report": ISOLATED, "report_news": None, "report_media": ISOLATED}
    assert [note.read_text() for note in family.project("report_media").glob("venv.backup-*/note")] == ["mine"]


def test_a_wrong_option_is_no_reason_to_isolate(family: Family) -> None:
    run = family.share(shared_venv_parent=str(family.directory / "reprot"))
    assert run.returncode != 0
    assert "is not among the projects" in run.output
    assert (family.links(), family.isolated()) == (dict.fromkeys(NEEDS), [])


def test_an_isolated_venv_that_cannot_be_built_is_one_error(family: Family) -> None:
    family.needs("report_media", "mobile-ansible-no-such-package\n")
    run = family.share()
    assert run.returncode != 0
    assert "mobile-ansible-no-such-package was not found" in " ".join(run.output.split())
    assert family.links() == {name: None if name == "report_media" else ISOLATED for name in NEEDS}


def test_the_fallback_uses_the_uv_that_the_store_has(family: Family) -> None:
    """It was fetched once; the isolated stores need none of their own."""
    venv = family.controller.venv.path / "bin"
    family.environment = {"PATH": f"{venv}:/usr/local/bin:/usr/bin:/bin"}
    succeeded(family.share())
    assert [path.name for path in family.store.glob(".tools/*")] != []
    family.needs("report_news", "colour<2\nnetaddr\n")
    family.needs("report", "colour>=2\n")
    succeeded(family.share(), changed=True)
    assert set(family.isolated()) >= {"report_news"}
    assert [str(path) for path in family.directory.glob("*/.venv-isolated/.tools/*")] == []
