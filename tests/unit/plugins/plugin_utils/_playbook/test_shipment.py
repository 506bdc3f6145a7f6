# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A run has the project that its analysis has, and what is sent of it is said."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import ARGUMENT_SPEC
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.project import named_project
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.shipment import (
    PackedShipment,
    PlacedRequest,
    pack,
    place,
)

_DEFAULTS = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}


@pytest.fixture(name="home")
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a playbook and a key, a project in it, and links to both."""
    home = tmp_path / "home"
    for name in (".ssh/id_rsa", "work/ansible.cfg", "work/.netrc", "other/x"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()
    for name in ("site.yml", "work/plays/site.yml"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("- hosts: all\n")
    (home / "other/linked").symlink_to(home / "work/plays")
    (home / "other/linked.yml").symlink_to(home / "work/plays/site.yml")
    (tmp_path / "by_link").symlink_to(home)
    monkeypatch.setenv("HOME", str(home))
    return home


def placed(playbook: str, *, current: Path, **params: Any) -> PlacedRequest:
    return place({**_DEFAULTS, "playbook": playbook, **params}, current=str(current))


def packed(playbook: str, to: Path, *, current: Path, limit: int = 1, **params: Any) -> PackedShipment:
    to.mkdir()
    options = {"project_limit": limit, "store": "~/none", "own_collection": False}
    return pack(placed(playbook, current=current, **params), str(to), params=options, host="web")


@pytest.mark.parametrize("current", ["home", "by_link", "home/work", "home/work/plays", "home/other/linked"])
@pytest.mark.parametrize("playbook", ["site.yml", "work/plays/site.yml", "other/linked.yml", "other/linked/site.yml"])
@pytest.mark.parametrize("absolute", [True, False])
def test_analysis_and_run_have_one_project(
    home: Path, monkeypatch: pytest.MonkeyPatch, current: str, playbook: str, absolute: bool
) -> None:
    here = home.parent / current
    given = str(home.parent / "by_link" / playbook) if absolute else playbook
    if not (here / given).is_file():
        given = "../plays/site.yml" if current.endswith(("plays", "linked")) else "plays/site.yml"
    monkeypatch.chdir(here)
    monkeypatch.setenv("PWD", str(here))
    root, playbooks = named_project(given, [])
    run = placed(given, current=here).request
    assert (run.project, run.playbook) == (root, f"{root}/{playbooks[0]}")
    assert root in (str(home), str(home / "work"))


def test_a_named_project_is_found_by_its_real_path(home: Path) -> None:
    run = placed("by_link/site.yml", current=home.parent, project="by_link", inventory=["by_link/other/x", "a,b"])
    assert run.whole
    assert (run.request.project, run.request.playbook) == (str(home), str(home / "site.yml"))
    assert run.request.inventory == (str(home / "other/x"), "a,b")


@pytest.mark.parametrize(("inventory", "whole"), [(".", True), ("..", False), ("hosts", False), ("web,", False)])
def test_an_inventory_that_is_the_directory_names_all_of_it(home: Path, inventory: str, whole: bool) -> None:
    for name in ("site.yml", "hosts"):
        (home / "other" / name).touch()
    assert placed("site.yml", current=home / "other", inventory=[inventory]).whole == whole


def test_what_is_sent_is_said(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = packed("plays/site.yml", tmp_path / "out", current=home / "work")
    assert project.sent["not_shipped"] == [".netrc"]
    assert project.sent["shipped_files"] == 2
    assert project.sent["shipped"] == Path(project.path).stat().st_size
    with tarfile.open(project.path) as archive:
        assert sorted(archive.getnames()) == [
            "project", "project/ansible.cfg", "project/plays", "project/plays/site.yml",
        ]  # fmt: skip
    said = " ".join(capsys.readouterr().err.split())
    assert f"sending 2 files of {home}/work to web: 0.0 MiB, 0.0 MiB compressed" in said
    assert "not sent, because credentials are kept there" in said


def test_directories_outside_that_are_sent_are_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "work/ansible.cfg").write_text("[defaults]\nlibrary = ../other\n")
    (home / "other/linked").unlink()
    (home / "other/linked.yml").unlink()
    project = packed("plays/site.yml", tmp_path / "out", current=home / "work")
    assert project.sent["shipped_outside"] == [str(home / "other")]
    assert f"sending 3 files of {home}/work, {home}/other to web" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("path", ["..", "~", "/"])
def test_a_home_is_not_sent_because_a_configuration_names_it(home: Path, tmp_path: Path, path: str) -> None:
    (home / "work/ansible.cfg").write_text(f"[defaults]\nroles_path = {path}\n")
    with pytest.raises(InputError, match="ansible.cfg: .* and is not sent to another host"):
        packed("plays/site.yml", tmp_path / "out", current=home / "work")


@pytest.mark.parametrize("target", ["/etc", "/"])
def test_a_directory_of_the_system_is_not_sent_because_a_link_leads_there(
    home: Path, tmp_path: Path, target: str
) -> None:
    (home / "work/linked").symlink_to(target)
    with pytest.raises(InputError, match=f"^{home}/work/linked"):
        packed("plays/site.yml", tmp_path / "out", current=home / "work")


def test_of_a_home_the_playbook_alone(home: Path, tmp_path: Path) -> None:
    shipment = packed("site.yml", tmp_path / "out", current=home)
    assert shipment.sent["not_shipped"] == []
    with tarfile.open(shipment.path) as archive:
        assert archive.getnames() == ["project", "project/site.yml"]


def test_a_playbook_that_cannot_be_read_is_sent_with_a_warning(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "site.yml").write_text("- hosts: [")
    assert packed("site.yml", tmp_path / "out", current=home).sent["shipped_files"] == 1
    assert "not all files that site.yml uses are known: " in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("marked", [True, False])
def test_links_beside_a_playbook_are_followed_with_a_mark_and_without(home: Path, tmp_path: Path, marked: bool) -> None:
    for name in ("group_vars/all.yml", "files/a.txt", "files/.netrc", "data/a.txt", "data/unused"):
        (tmp_path / "shared" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shared" / name).write_text("x: 1\n")
    project = tmp_path / "plain"
    project.mkdir()
    for name in ("group_vars", "files", "data"):
        (project / name).symlink_to(tmp_path / "shared" / name)
    (project / "templates").symlink_to(home / ".ssh")
    (project / "site.yml").write_text("- hosts: all\n  tasks: [{copy: {src: data/a.txt, dest: /x}}]\n")
    if marked:
        (project / "ansible.cfg").touch()
    shipment = packed("site.yml", tmp_path / "out", current=project)
    with tarfile.open(shipment.path) as archive:
        names = {member.name.removeprefix("project/") for member in archive.getmembers() if member.isfile()}
    used = {"site.yml", "group_vars/all.yml", "files/a.txt", "data/a.txt"}
    assert names == used | ({"ansible.cfg", "data/unused"} if marked else set())
    assert sorted(shipment.sent["not_shipped"]) == ["../shared/files/.netrc", "templates"]


def test_links_beside_an_untrusted_playbook_without_a_mark_are_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shared").mkdir()
    (home / "other/group_vars").symlink_to(tmp_path / "shared")
    (home / "other/own.yml").write_text("- hosts: all\n")
    assert packed("own.yml", tmp_path / "out", current=home / "other", trusted=False).sent["shipped_files"] == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "not all files that own.yml uses are known: group_vars is a link that leads out of the project" in said


@pytest.mark.parametrize("params", [{"project": "."}, {"inventory": ["."]}, {"inventory": ["../.."]}])
def test_a_home_is_refused(home: Path, tmp_path: Path, params: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"^{next(iter(params))}: .* contains more than a project"):
        packed("site.yml", tmp_path / "out", current=home, **params)
