# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of profiles on disk: what is trusted, read, written and removed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles import directory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import (
    DEFINITION,
    MAX_BYTES,
    LastUse,
    SavedProfiles,
    note_of,
    read_path,
)

USE: LastUse = {"schema": 1, "used": "now", "host": "h", "here": True, "venv": "/v"}


@pytest.fixture(name="profiles")
def fixture_profiles(tmp_path: Path) -> SavedProfiles:
    return SavedProfiles(str(tmp_path / "profiles"))


def save(profiles: SavedProfiles, name: str, **texts: str) -> Path:
    with profiles.writing(name):
        profiles.write(name, {DEFINITION: "version: 3\n", **texts})
    return Path(profiles.directory(name))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "~/.config/ansible-venvs/profiles"),
        ({"XDG_CONFIG_HOME": "/etc/xdg"}, "/etc/xdg/ansible-venvs/profiles"),
        ({"XDG_CONFIG_HOME": "relative"}, "~/.config/ansible-venvs/profiles"),
    ],
)
def test_the_directory_of_the_user(environment: dict[str, str], expected: str) -> None:
    assert SavedProfiles(None, environment).path == os.path.expanduser(expected)


def test_a_profile_is_what_has_a_definition(profiles: SavedProfiles) -> None:
    assert profiles.names() == [] and not profiles.has("one")
    path = save(profiles, "one")
    (path.parent / "empty").mkdir()
    (path.parent / "file").touch()
    assert (profiles.names(), profiles.has("one"), profiles.has("empty")) == (["one"], True, False)
    assert profiles.texts("one") == {DEFINITION: "version: 3\n"}
    assert profiles.texts("missing") == {}
    with pytest.raises(InputError, match="no profile two; there are: one"):
        profiles.check_exists("two")


def test_a_file_in_the_place_of_a_profile_is_neither_read_nor_written(profiles: SavedProfiles) -> None:
    path = save(profiles, "one").parent / "file"
    path.touch()
    for action in (profiles.texts, profiles.check_removable, profiles.check_can_write):
        with pytest.raises(InputError, match=f"^name: {path} is not a directory, so it is not a profile"):
            action("file")
    profiles.note_use("file", USE)
    assert path.read_bytes() == b""


def test_what_cannot_be_read_is_named(profiles: SavedProfiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so that the system's answer is made here."""
    path = save(profiles, "one")

    def denied(_path: str) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(directory, "_open_directory", denied)
    with pytest.raises(InputError, match=f"^profile: {path} cannot be read: Permission denied; correct its"):
        profiles.texts("one")
    file = path.parent / "file"
    file.touch()
    with pytest.raises(InputError, match=f"^directory: {file} cannot be read: Not a directory; name a directory"):
        SavedProfiles(str(file)).names()


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", ".writers", "x.yml", "a\0b"])
def test_no_name_leads_out(profiles: SavedProfiles, name: str) -> None:
    for action in (profiles.directory, profiles.texts, profiles.remove, profiles.check_removable):
        with pytest.raises(InputError, match="is not a valid name"):
            action(name)


def test_who_reads_all_profiles_reads_each(profiles: SavedProfiles) -> None:
    path = save(profiles, "one")
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path.parent, path)] == [0o700, 0o755]


def test_a_use_is_noted_without_a_word_and_only_where_there_is_a_profile(profiles: SavedProfiles) -> None:
    profiles.note_use("one", USE)
    assert profiles.last_use("one") is None and not os.path.exists(profiles.path)
    path = save(profiles, "one")
    profiles.note_use("one", USE)
    assert profiles.last_use("one") == USE
    (path / "last_use.json").write_text('{"schema": "x"}')
    assert profiles.last_use("one") is None
    (path / "last_use.json").unlink()
    (path / "last_use.json").mkdir()
    profiles.note_use("one", USE)  # it never fails


def test_who_cannot_write_a_profile_notes_its_use_for_oneself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator saves for everybody."""
    variables = {"XDG_STATE_HOME": str(tmp_path / "state")}
    profiles = SavedProfiles(str(tmp_path / "profiles"), variables)
    path = save(profiles, "one")
    save(profiles, "two")
    profiles.note_use("one", USE)
    later: LastUse = {**USE, "used": USE["used"] + "1"}
    with monkeypatch.context() as patched:
        patched.setattr(directory, "why_not_writable", lambda path: "no permission")
        profiles.note_use("one", later)
    assert json.loads((path / "last_use.json").read_text()) == USE
    assert (profiles.last_use("one"), profiles.last_use("two")) == (later, None)
    (noted,) = (tmp_path / "state").rglob("*.json")
    assert stat.S_IMODE(noted.parent.stat().st_mode) == 0o700
    noted.write_text("[")
    assert profiles.last_use("one") == USE


@pytest.mark.parametrize("kind", ["link", "pipe", "directory", "bomb", "latin"])
def test_only_small_regular_files_are_read(profiles: SavedProfiles, tmp_path: Path, kind: str) -> None:
    file = save(profiles, "one") / "requirements.txt"
    if kind == "link":
        file.symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    else:
        file.write_bytes(b"x" * (MAX_BYTES + 1) if kind == "bomb" else b"ok\n\xff")
    with pytest.raises(InputError, match="requirements.txt"):
        profiles.texts("one")


def test_what_others_can_write_is_refused(profiles: SavedProfiles) -> None:
    path = save(profiles, "one")
    path.chmod(0o777)
    for action in (profiles.texts, profiles.last_use):
        with pytest.raises(StoreError):
            action("one")
    path.chmod(0o755)
    path.parent.chmod(0o777)
    with pytest.raises(StoreError):
        profiles.names()


def test_only_the_files_of_a_profile_are_removed(profiles: SavedProfiles) -> None:
    path = save(profiles, "one")
    profiles.note_use("one", USE)
    (path / f".{DEFINITION}.{'0' * 32}.new").touch()  # what a crash left
    profiles.check_removable("one")
    (path / "mine.txt").touch()
    with pytest.raises(InputError, match=r"mine\.txt; move them away"):
        profiles.check_removable("one")
    (path / "mine.txt").unlink()
    profiles.remove("one")
    assert not path.exists() and profiles.names() == []


def test_of_a_linked_profile_only_the_link_is_removed(profiles: SavedProfiles, tmp_path: Path) -> None:
    save(profiles, "one")
    other = tmp_path / "other"
    other.mkdir()
    (other / DEFINITION).write_text("version: 3\n")
    (Path(profiles.path) / "two").symlink_to(other)
    profiles.check_removable("two")
    profiles.remove("two")
    assert (profiles.names(), (other / DEFINITION).exists()) == (["one"], True)


def test_a_path_is_a_file_a_pipe_or_the_directory_of_a_profile(profiles: SavedProfiles, tmp_path: Path) -> None:
    path = save(profiles, "one")
    assert read_path(str(path)) == read_path(str(path / DEFINITION)) == {DEFINITION: "version: 3\n"}
    reader, writer = os.pipe()
    os.write(writer, b"version: 3\n")
    os.close(writer)
    assert read_path(f"/dev/fd/{reader}") == {DEFINITION: "version: 3\n"}
    os.close(reader)
    for wrong, said in ((tmp_path / "none", "cannot be read"), (tmp_path, "has no execution-environment.yml")):
        with pytest.raises(InputError, match=said):
            read_path(str(wrong))


@pytest.mark.parametrize("text", ["", "[", "[]", '{"optional_packages": [1]}', "[" * 10000, '{"saved": "\\ud800"}'])
def test_a_note_that_cannot_be_believed_is_none(text: str) -> None:
    assert note_of({"profile.json": text}) == {}


def test_a_note_is_read(profiles: SavedProfiles) -> None:
    text: Any = '{"schema": 1, "saved": "now", "optional_packages": ["a"]}'
    assert note_of({"profile.json": text})["optional_packages"] == ["a"]
