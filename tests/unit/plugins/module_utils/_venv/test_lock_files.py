# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What lies in the directory of a lock already: nothing of the user's is followed, written, replaced or waited for."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import LockedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import (
    Lockfile,
    needs_writing,
    read_lockfile,
    write_lockfile,
)

OLD = Lockfile("d" * 64, "3.11", (("six", "1.16.0", "a" * 64),), ())
NEW = Lockfile("e" * 64, "3.12", (("six", "1.17.0", "b" * 64),), (LockedCollection("acme.web", "1.0.0", "c" * 64),))
NAMES = ["requirements.txt", "requirements.yml"]
#: Another user of the machine.
OTHER = 65534


def content(directory: Path) -> dict[str, tuple[int, bytes]]:
    """What is in a directory: the kind of each, and its text or where it leads."""
    return {
        path.name: (
            path.lstat().st_mode,
            os.readlink(os.fsencode(path)) if path.is_symlink() else path.read_bytes() if path.is_file() else b"",
        )
        for path in directory.iterdir()
    }


def link_to_a_file(path: Path) -> None:
    (path.parent / "mine").write_text("mine")
    path.symlink_to("mine")


def link_to_a_lock(path: Path) -> None:
    (path.parent / "locked").mkdir()
    write_lockfile(str(path.parent / "locked"), OLD)
    path.symlink_to(f"locked/{path.name}")


def socket_file(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def large_file(path: Path) -> None:
    write_lockfile(str(path.parent), OLD)
    os.truncate(path, 17 << 20)


OBSTACLES: dict[str, tuple[Callable[[Path], object], str]] = {
    "hand-written": (
        lambda path: path.write_text("six==1.16.0\n"),
        "was not written by shared_venv and is not replaced",
    ),
    "empty": (lambda path: path.touch(), "was not written by shared_venv and is not replaced"),
    "binary": (lambda path: path.write_bytes(b"\xff\0\xfe"), "was not written by shared_venv and is not replaced"),
    "header further down": (
        lambda path: path.write_text("six\n" + NEW.texts()[path.name]),
        "was not written by shared_venv and is not replaced",
    ),
    "link to a file": (link_to_a_file, "is a link; move it away"),
    "link to a lock": (link_to_a_lock, "is a link; move it away"),
    "dangling link": (lambda path: path.symlink_to("nowhere"), "is a link; move it away"),
    "pipe": (os.mkfifo, "is not a regular file; move it away"),
    "directory": (lambda path: path.mkdir(), "is not a regular file; move it away"),
    "socket": (socket_file, "cannot be read"),
    "too large": (large_file, "is larger than 16 MiB"),
}


def in_conflict(ours: str, theirs: str) -> str:
    """What ``git merge`` leaves of a file that two branches changed."""
    first = "---\n" if ours.startswith("---\n") else ""
    ours, theirs = (text[len(first) :] for text in (ours, theirs))
    return f"{first}<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n"


def without_first_lines(ours: str, _theirs: str) -> str:
    return "".join(ours.splitlines(keepends=True)[2:])


@pytest.mark.parametrize(
    ("names", "merge"),
    [
        (NAMES, in_conflict),
        *(([name], merge) for name in NAMES for merge in (in_conflict, without_first_lines)),
    ],
)
def test_a_lock_after_a_merge_is_an_edited_one_that_is_written_again(
    tmp_path: Path, names: list[str], merge: Callable[[str, str], str]
) -> None:
    write_lockfile(str(tmp_path), OLD)
    for name in names:
        (tmp_path / name).write_text(merge(OLD.texts()[name], NEW.texts()[name]))
    with pytest.raises(InputError, match="were edited after they were written"):
        read_lockfile(str(tmp_path))
    assert needs_writing(str(tmp_path), None) and write_lockfile(str(tmp_path), NEW)
    assert read_lockfile(str(tmp_path)) == NEW


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_is_not_ours_is_an_error_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, obstacle: str
) -> None:
    make, message = OBSTACLES[obstacle]
    monkeypatch.chdir(tmp_path)
    make(Path(name).absolute())
    before = content(tmp_path)
    for function in (write_lockfile, needs_writing):
        with pytest.raises(InputError, match=f"^lock: {tmp_path}/{name} {message}"):
            function(str(tmp_path), NEW)
    with pytest.raises(InputError):
        needs_writing(str(tmp_path), NEW, is_needed=False)
    assert content(tmp_path) == before


@pytest.mark.parametrize("obstacle", ["pipe", "directory", "link to a lock", "dangling link", "too large"])
def test_what_is_no_file_is_not_read(tmp_path: Path, obstacle: str) -> None:
    make, message = OBSTACLES[obstacle]
    make(tmp_path / "requirements.txt")
    with pytest.raises(InputError, match=message):
        read_lockfile(str(tmp_path))


@pytest.mark.parametrize("name", NAMES)
def test_a_link_under_a_staged_name_is_not_followed(tmp_path: Path, name: str) -> None:
    victim, directory = tmp_path / "victim", tmp_path / "locks"
    victim.write_text("precious")
    directory.mkdir()
    for staged in (f"{name}.new", f".{name}.new", f"{name}.tmp", f".{name}.{'0' * 32}.new"):
        (directory / staged).symlink_to(victim)
    before = content(directory)
    assert write_lockfile(str(directory), NEW)
    assert victim.read_text() == "precious"
    assert read_lockfile(str(directory)) == NEW
    assert {key: value for key, value in content(directory).items() if key not in NAMES} == before


def test_our_own_files_are_replaced(tmp_path: Path) -> None:
    write_lockfile(str(tmp_path), OLD)
    os.link(tmp_path / "requirements.txt", tmp_path / "copy")
    assert write_lockfile(str(tmp_path), NEW)
    assert read_lockfile(str(tmp_path)) == NEW
    assert (tmp_path / "copy").read_text() == OLD.texts()["requirements.txt"]
    assert sorted(os.listdir(tmp_path)) == ["copy", *NAMES]


def test_a_file_that_is_ours_but_was_edited_is_replaced(tmp_path: Path) -> None:
    write_lockfile(str(tmp_path), OLD)
    with (tmp_path / "requirements.txt").open("a") as stream:
        stream.write("evil==1\n")
    assert write_lockfile(str(tmp_path), OLD)
    assert read_lockfile(str(tmp_path)) == OLD


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_files_are_as_readable_as_others(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_lockfile(str(tmp_path), NEW)
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in NAMES} == {0o666 & ~umask}


@pytest.mark.parametrize("writes", [1, 2])
def test_a_killed_writer_leaves_nothing_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """Killed before the rename of the first file, or of the second."""
    write_lockfile(str(tmp_path), OLD)
    replace, calls = os.replace, []

    def killing(source: str, target: str, **options: int) -> None:
        calls.append(source)
        if len(calls) == writes:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target, **options)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(os, "replace", killing)
        write_lockfile(str(tmp_path), NEW)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert len(os.listdir(tmp_path)) == 3
    assert write_lockfile(str(tmp_path), NEW)
    assert read_lockfile(str(tmp_path)) == NEW
    assert sorted(os.listdir(tmp_path)) == NAMES


def test_the_file_of_a_living_writer_stays(tmp_path: Path) -> None:
    staged = tmp_path / f".requirements.txt.{'0' * 32}.new"
    with staged.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        write_lockfile(str(tmp_path), NEW)
        assert staged.exists()
    write_lockfile(str(tmp_path), OLD)
    assert not staged.exists()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@needs_root
@pytest.mark.parametrize("below", ["", "/", "/locks"])
def test_a_link_of_another_user_on_the_way_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "root" / "locks").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to("root")
    assert write_lockfile(f"{link}{below}", OLD)
    os.chown(link, OTHER, OTHER, follow_symlinks=False)
    for attempt in (lambda: write_lockfile(f"{link}{below}", NEW), lambda: read_lockfile(f"{link}{below}")):
        with pytest.raises(InputError, match=f"^lock: .*{link} belongs to another user .uid {OTHER}."):
            attempt()
    assert read_lockfile(f"{tmp_path}/root{below}") == OLD


@needs_root
def test_root_writes_a_lock_for_another_user(tmp_path: Path) -> None:
    """What the user left under staged names, which root would remove if it were its own, stays."""
    os.chown(tmp_path, OTHER, OTHER)
    staged = tmp_path / f".requirements.txt.{'0' * 32}.new"
    staged.write_text("theirs")
    os.chown(staged, OTHER, OTHER)
    assert write_lockfile(str(tmp_path), NEW)
    assert staged.read_text() == "theirs"


@needs_root
def test_a_directory_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(OTHER)
        os.setuid(OTHER)
        try:
            write_lockfile("/usr", NEW)
        except InputError as error:
            os._exit(0 if error.message == "lock: /usr cannot be written: Permission denied" else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
