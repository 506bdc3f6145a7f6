# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A project's link on a real file system: made, corrected, removed, and what is left beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, LockedError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link import project_link as project_links
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_link import LinkError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.locks import locked
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.project_links import forget
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._link.samples import (
    asking,
    fill_venv,
    listing,
    make_project,
    make_shared,
    project_link,
    users,
)

# Made and corrected -------------------------------------------------------------------------------------------------


def test_a_link_by_name_leads_to_the_venv_and_is_listed(store: Store, project: Path) -> None:
    outcome = project_link(project, store).ensure(asking("site"))
    assert os.readlink(project / "venv") == "../../store/site"
    assert users(store) == [str(project / "venv")]
    assert listing(project) == ["venv"]
    assert outcome.venv is not None and outcome.venv.generation is not None
    assert (outcome.venv.version, outcome.venv.generation.id) == ("3.12.4", "aaa")


@pytest.mark.parametrize(
    "target", ["../parent/venv", "../parent/venv/", "../parent/./x/../venv//", "{root}/projects/parent/venv"]
)
@pytest.mark.parametrize("relative", [True, False])
def test_a_path_is_written_in_one_way_however_it_is_given(
    root: Path, store: Store, project: Path, target: str, relative: bool
) -> None:
    parent = make_project(root, "parent")
    (parent / "x").mkdir()
    os.symlink(root / "store" / "site", parent / "venv")
    link = project_link(project, store)
    request = asking(target.format(root=root), relative=relative)
    assert link.ensure(request).plan.changed
    assert os.readlink(project / "venv") == ("../parent/venv" if relative else f"{root}/projects/parent/venv")
    assert users(store) == [str(project / "venv")]
    assert not link.ensure(request).plan.changed


@pytest.mark.parametrize("name", ["venv", "venv/", ".venv"])
@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_trailing_slashes_mean_the_link_itself(store: Store, project: Path, name: str, slash: str) -> None:
    link = project_link(f"{project}{slash}", store, name=name)
    link.ensure(asking("site"))
    assert (project / name.rstrip("/")).is_symlink()
    link.remove()
    assert listing(project) == []


def test_a_project_behind_a_link_has_its_link_at_its_real_place(root: Path, store: Store) -> None:
    """Read from where the user sees the project, ``../parent/venv`` would be another directory."""
    real = make_project(root / "elsewhere")
    fill_venv(real.parent / "parent" / "venv")
    make_project(root, "parent")
    seen = root / "projects" / "news"
    os.symlink(real, seen)
    outcome = project_link(seen, store).ensure(asking("../parent/venv"))
    assert outcome.plan.path == str(real / "venv")
    assert os.path.samefile(seen / "venv", real.parent / "parent" / "venv")


def test_a_directory_on_the_way_that_is_a_link_stays_a_link(root: Path, store: Store, project: Path) -> None:
    """A target behind ``current`` follows it when it is switched."""
    for release in ("1", "2"):
        fill_venv(root / "releases" / release / "venv")
    os.symlink("releases/1", root / "current")
    project_link(project, store).ensure(asking("../../current/venv"))
    assert os.readlink(project / "venv") == "../../current/venv"
    os.replace(_symlink(root / "staged", "releases/2"), root / "current")
    assert os.path.samefile(project / "venv", root / "releases/2/venv")


def _symlink(path: Path, text: str) -> Path:
    os.symlink(text, path)
    return path


@pytest.mark.parametrize("text", ["nowhere", "venv", "../../store/.generations/aaa", "/", "../../store/site/"])
def test_a_link_that_says_something_else_is_corrected(store: Store, project: Path, text: str) -> None:
    os.symlink(text, project / "venv")
    link = project_link(project, store)
    predicted = link.inspect(asking("site")).plan
    assert os.readlink(project / "venv") == text
    outcome = link.ensure(asking("site"))
    assert (predicted.changed, outcome.plan) == (True, predicted)
    assert outcome.plan.before["src"] == text
    assert outcome.plan.after["src"] == os.readlink(project / "venv") == "../../store/site"
    assert not link.inspect(asking("site")).plan.changed


def test_moving_to_another_store_moves_the_entry(root: Path, store: Store, project: Path) -> None:
    other = Store(str(root / "other"))
    make_shared(other, "site")
    project_link(project, store).ensure(asking("site"))
    outcome = project_link(project, other).ensure(asking("site"))
    assert (users(store), users(other)) == ([], [str(project / "venv")])
    assert (outcome.plan.before["registered_in"], outcome.plan.after["registered_in"]) == ([store.path], [other.path])


def test_a_store_known_by_two_paths_is_one(root: Path, store: Store, project: Path) -> None:
    os.symlink("store", root / "alias")
    request = asking("site")
    project_link(project, store).ensure(request)
    outcome = project_link(project, Store(str(root / "alias"))).ensure(request)
    assert outcome.plan.after["registered_in"] == [str(root / "store")]
    assert users(store) == [str(project / "venv")]


def test_a_lost_entry_is_written_again(store: Store, project: Path) -> None:
    link = project_link(project, store)
    link.ensure(asking("site"))
    forget(store, str(project / "venv"))
    assert link.ensure(asking("site")).plan.changed
    assert users(store) == [str(project / "venv")]


def test_another_users_list_is_not_written(store: Store, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_links, "can_register", lambda store: False)
    outcome = project_link(project, store).ensure(asking("site"))
    assert (project / "venv").is_symlink()
    assert users(store) == []
    assert "which belongs to root" in outcome.warnings[0]
    assert not project_link(project, store).ensure(asking("site")).plan.changed


def test_a_venv_of_no_store_can_be_linked(root: Path, store: Store, project: Path) -> None:
    fill_venv(root / "projects" / "parent" / "venv")
    outcome = project_link(project, store).ensure(asking("../parent/venv"))
    assert outcome.venv is not None
    assert (outcome.venv.store, outcome.venv.generation, outcome.warnings) == (None, None, ())


# A directory in the place of the link --------------------------------------------------------------------------------


def test_a_directory_is_kept_unless_it_may_be_replaced(store: Store, project: Path) -> None:
    fill_venv(project / "venv", "3.9.1")
    with pytest.raises(InputError, match="replace: true"):
        project_link(project, store).ensure(asking("site"))
    assert (project / "venv" / "bin" / "python").read_text() == "3.9.1"
    assert users(store) == []


def test_a_directory_is_moved_beside_the_link_whole(store: Store, project: Path) -> None:
    fill_venv(project / "venv", "3.9.1")
    link = project_link(project, store)
    predicted = link.inspect(asking("site", replace=True))
    assert (predicted.backup, listing(project)) == (None, ["venv"])
    outcome = link.ensure(asking("site", replace=True))
    assert outcome.plan == predicted.plan
    assert outcome.backup is not None
    assert Path(outcome.backup, "bin", "python").read_text() == "3.9.1"
    assert listing(project) == ["venv", os.path.basename(outcome.backup)]
    assert (project / "venv").is_symlink()
    assert not link.ensure(asking("site", replace=True)).plan.changed


def test_a_link_that_cannot_be_written_brings_the_directory_back(
    store: Store, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(link: str, target: str) -> None:
        raise OSError(28, "No space left on device", link)

    fill_venv(project / "venv")
    monkeypatch.setattr(project_links, "replace_symlink", full)
    with pytest.raises(LinkError, match="No space left on device"):
        project_link(project, store).ensure(asking("site", replace=True))
    assert listing(project) == ["venv"]
    assert (project / "venv" / "pyvenv.cfg").is_file()


@pytest.mark.parametrize("replace", [True, False])
def test_a_file_is_never_replaced(store: Store, project: Path, replace: bool) -> None:
    (project / "venv").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        project_link(project, store).ensure(asking("site", replace=replace))
    assert (project / "venv").read_text() == "mine"


# Removed ------------------------------------------------------------------------------------------------------------


def test_a_link_is_removed_and_no_longer_listed(store: Store, project: Path) -> None:
    link = project_link(project, store)
    link.ensure(asking("site"))
    predicted = link.inspect_absent().plan
    assert (project / "venv").is_symlink()
    assert link.remove().plan == predicted
    assert (listing(project), users(store)) == ([], [])
    assert store.find("site") is not None
    assert not link.remove().plan.changed


def test_a_dangling_link_is_removed_from_the_list_of_its_store(root: Path, store: Store, project: Path) -> None:
    """The store is found by the way that the link went, not by the option."""
    link = project_link(project, store)
    link.ensure(asking("site"))
    os.unlink(root / "store" / "site")
    project_link(project, Store(str(root / "another"))).remove()
    assert (listing(project), users(store)) == ([], [])


def test_an_entry_whose_link_the_user_removed_is_removed(store: Store, project: Path) -> None:
    link = project_link(project, store)
    link.ensure(asking("site"))
    (project / "venv").unlink()
    assert link.remove().plan.changed
    assert users(store) == []


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_is_no_link_is_never_removed(store: Store, project: Path, kind: str) -> None:
    if kind == "directory":
        fill_venv(project / "venv")
    else:
        (project / "venv").write_text("mine")
    outcome = project_link(project, store).remove()
    assert not outcome.plan.changed
    assert f"is a {kind} and not a link: it is not removed" in outcome.warnings[0]
    assert (project / "venv").exists()


# Interrupted, or at the same time -----------------------------------------------------------------------------------


def test_what_a_killed_run_left_goes_with_the_next(store: Store, project: Path) -> None:
    """Whether it has something to do or not."""
    link = project_link(project, store)
    for _round in range(2):
        os.symlink("staged", project / f".venv.{'0' * 32}.new")
        (project / ".venv.link-lock").write_text('{"pid": 1}')
        link.ensure(asking("site"))
        assert listing(project) == ["venv"]


def test_check_mode_leaves_what_a_killed_run_left(store: Store, project: Path) -> None:
    (project / f".venv.{'0' * 32}.new").symlink_to("staged")
    project_link(project, store).inspect(asking("site"))
    assert listing(project) == [f".venv.{'0' * 32}.new"]


def test_a_second_writer_is_told_who_the_first_is(store: Store, project: Path) -> None:
    link = project_link(project, store)
    with locked(link.location.lock, timeout=0, purpose="a test"):
        with pytest.raises(LockedError, match=f"held by process {os.getpid()} .a test"):
            link.ensure(asking("site"), lock_timeout=0)
    assert not (project / "venv").is_symlink()


def test_a_writer_does_not_remove_the_lock_of_another(
    store: Store, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody removed the lock file while it was held, there may be another by now."""
    link = project_link(project, store)

    def stolen(path: str, text: str) -> None:
        os.unlink(link.location.lock)
        Path(link.location.lock).write_text("another's")

    monkeypatch.setattr(project_links, "replace_symlink", stolen)
    link.ensure(asking("site"))
    assert Path(link.location.lock).read_text() == "another's"
