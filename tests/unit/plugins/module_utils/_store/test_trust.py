# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which paths are this user's or root's alone, link by link."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import StoreError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store import others, trust
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import (
    check_own_directories,
    check_trusted,
    make_own_directories,
    make_trusted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANOTHER = 12345
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what belongs to another user")


@pytest.fixture(autouse=True)
def fixture_groups_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is alone in no group."""
    monkeypatch.setattr(others, "_is_private", lambda gid: False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def private(path: Path) -> Path:
    """A directory with the mode 0755, whatever the umask is."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    return path


def opened(path: Path, bits: int = 0o777) -> Path:
    private(path).chmod(bits)
    return path


@pytest.mark.catalogue(33)
@pytest.mark.parametrize("bits", [0o777, 0o775, 0o757, 0o2775, 0o1777], ids=oct)
@pytest.mark.parametrize("below", ["", "store", "a/b/store"])
def test_what_others_can_write_is_refused(tmp_path: Path, bits: int, below: str) -> None:
    place = opened(tmp_path / "open", bits)
    private(place / below if below else place / "x")
    if bits & stat.S_ISVTX and below:
        assert check_trusted(str(place / below))
        return
    with pytest.raises(StoreError, match=f"others can write to {place} "):
        check_trusted(str(place / below))


def through_a_link_to_it(tmp_path: Path, place: Path) -> Path:
    (tmp_path / "link").symlink_to(place / "store")
    return tmp_path / "link"


def through_a_link_in_it(tmp_path: Path, place: Path) -> Path:
    (place / "link").symlink_to(private(tmp_path / "elsewhere"))
    return place / "link"


def through_a_middle_link_in_it(tmp_path: Path, place: Path) -> Path:
    """first -> open/middle -> end: neither the first name nor the end lies in the open directory."""
    (place / "middle").symlink_to(private(tmp_path / "end"))
    (tmp_path / "first").symlink_to(place / "middle")
    return tmp_path / "first" / "store"


def through_a_relative_middle_link(tmp_path: Path, place: Path) -> Path:
    (place / "middle").symlink_to("../end")
    private(tmp_path / "end")
    private(tmp_path / "a")
    (tmp_path / "a" / "first").symlink_to("../open/middle")
    return tmp_path / "a" / "first" / "store"


def through_a_dotdot_of_it(tmp_path: Path, place: Path) -> Path:
    """The kernel looks up ``..`` in the open directory: what is there can be exchanged for a link."""
    (tmp_path / "first").symlink_to("open/inner/../../end")
    private(place / "inner")
    private(tmp_path / "end")
    return tmp_path / "first" / "store"


@pytest.mark.catalogue(33)
@pytest.mark.parametrize(
    "way",
    [
        through_a_link_to_it,
        through_a_link_in_it,
        through_a_middle_link_in_it,
        through_a_relative_middle_link,
        through_a_dotdot_of_it,
    ],
    ids=lambda way: way.__name__,
)
@pytest.mark.parametrize("made", [False, True], ids=["read", "made"])
def test_every_link_on_the_way_counts(tmp_path: Path, way: Callable[[Path, Path], Path], made: bool) -> None:
    path = way(tmp_path, opened(tmp_path / "open"))
    with pytest.raises(StoreError, match=f"others can write to {tmp_path}/open "):
        if made:
            make_trusted(str(path), mode=0o700)
        else:
            check_trusted(str(path))


def test_links_in_places_of_ours_are_followed(tmp_path: Path) -> None:
    private(tmp_path / "disk" / "venvs")
    (tmp_path / "link").symlink_to("disk")
    (tmp_path / "second").symlink_to(tmp_path / "link")
    assert check_trusted(str(tmp_path / "second" / "venvs"))
    assert not check_trusted(str(tmp_path / "second" / "nothing"))
    make_trusted(str(tmp_path / "second" / "new"), mode=0o700)
    assert mode(tmp_path / "disk" / "new") == 0o700


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(StoreError, match="the path has a loop of links"):
        check_trusted(str(tmp_path / "a" / "store"))


@as_root
@pytest.mark.parametrize("kind", ["directory", "file", "link"])
@pytest.mark.parametrize("last", [False, True], ids=["on the way", "last"])
def test_what_belongs_to_another_user_is_refused(tmp_path: Path, kind: str, last: bool) -> None:
    place = tmp_path / "theirs"
    if kind == "directory":
        private(place)
    elif kind == "file":
        place.touch()
    else:
        place.symlink_to(private(tmp_path / "ours"))
    os.chown(place, ANOTHER, ANOTHER, follow_symlinks=False)
    with pytest.raises(StoreError, match=f"{place} belongs to another user .uid {ANOTHER}."):
        check_trusted(str(place if last else place / "store"))


@as_root
def test_a_link_of_another_user_in_a_sticky_directory_is_refused(tmp_path: Path) -> None:
    sticky = opened(tmp_path / "sticky", 0o1777)
    (sticky / "store").symlink_to(private(tmp_path / "ours"))
    os.chown(sticky / "store", ANOTHER, ANOTHER, follow_symlinks=False)
    with pytest.raises(StoreError, match="belongs to another user"):
        make_trusted(str(sticky / "store"), mode=0o700)


@pytest.mark.parametrize("made", [False, True], ids=["read", "made"])
def test_a_file_where_a_directory_should_be_is_refused(tmp_path: Path, made: bool) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is a file and not a directory"):
        if made:
            make_trusted(str(tmp_path / "file"), mode=0o700)
        else:
            check_trusted(str(tmp_path / "file" / "store"))


@pytest.fixture(name="umask", params=[0o000, 0o002, 0o022, 0o077], ids=oct)
def fixture_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.catalogue(32)
@pytest.mark.parametrize("parent", [0o755, 0o2755], ids=oct)
def test_modes_depend_on_no_umask_and_no_setgid_bit(tmp_path: Path, umask: int, parent: int) -> None:
    opened(tmp_path / "parent", parent)
    store = tmp_path / "parent" / "a" / "store"
    make_trusted(str(store), mode=0o700)
    make_own_directories(str(store), {".cache": 0o700, ".generations": 0o755})
    found = {path.name: mode(path) for path in (store.parent, store, *store.iterdir())}
    assert found == {"a": 0o755, "store": 0o700, ".cache": 0o700, ".generations": 0o755}


def test_directories_that_are_there_get_their_modes(tmp_path: Path) -> None:
    opened(tmp_path / ".cache", 0o755)
    make_own_directories(str(tmp_path), {".cache": 0o700})
    assert mode(tmp_path / ".cache") == 0o700


@pytest.mark.parametrize("where", ["elsewhere", "nowhere"])
def test_nothing_of_a_store_is_reached_through_a_link(tmp_path: Path, where: str) -> None:
    private(tmp_path / "elsewhere")
    private(tmp_path / "store")
    (tmp_path / "store" / ".generations").symlink_to(f"../{where}")
    with pytest.raises(StoreError, match=r"\.generations is a link or a file"):
        check_own_directories(str(tmp_path / "store"), (".cache", ".generations"))


@as_root
def test_a_directory_that_another_user_made_meanwhile_is_refused(tmp_path: Path) -> None:
    """What was opened counts: nothing is made in it, and its mode stays."""
    theirs = opened(opened(tmp_path / "sticky", 0o1777) / "store", 0o757)
    os.chown(theirs, ANOTHER, ANOTHER)
    with pytest.raises(StoreError, match="belongs to another user"):
        make_trusted(str(theirs), mode=0o755)
    assert (mode(theirs), list(theirs.iterdir())) == (0o757, [])


@pytest.mark.parametrize("below", ["", "below"], ids=["itself", "on the way"])
def test_a_directory_that_is_gone_again_is_not_taken_for_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    """Another user made the name before us, and removed it: whatever has it next is theirs."""
    monkeypatch.setattr(trust, "_make_directory", lambda name, mode, parent: None)
    with pytest.raises(StoreError, match="something removes it while it is made"):
        make_trusted(str(tmp_path / "store" / below), mode=0o755)


def test_a_directory_of_a_store_that_cannot_be_made_is_named_with_its_path(tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("")
    with pytest.raises(
        StoreError, match=f"{tmp_path} cannot be used: {tmp_path}/.cache: Not a directory; correct this"
    ):
        make_own_directories(str(tmp_path), {".cache": 0o700})
