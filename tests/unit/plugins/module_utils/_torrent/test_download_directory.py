# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A directory belongs to one download, and to one run at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, LockedError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.download_directory import DownloadDirectory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._torrent.magnet import Magnet

V1, V2 = "1" * 40, "2" * 64


@pytest.fixture(name="directory")
def fixture_directory(tmp_path: Path) -> DownloadDirectory:
    return DownloadDirectory(str(tmp_path / "new" / "dest"))


def test_it_is_for_its_owner(directory: DownloadDirectory) -> None:
    with directory.opened(Magnet(V1, None)):
        directory.keep_resume_data(b"x")
    assert Path(directory.path).stat().st_mode & 0o777 == 0o700
    assert directory.resume_data() == b"x"


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        (Magnet(V1, None), Magnet(V1, None), True),
        (Magnet(V1, V2), Magnet(None, V2), True),
        (Magnet(V1, V2), Magnet(V1, None), True),
        (Magnet(V1, None), Magnet("3" * 40, None), False),
        (Magnet(V1, None), Magnet(None, V2), False),
    ],
)
def test_another_torrent_needs_another_directory(
    directory: DownloadDirectory, first: Magnet, second: Magnet, is_same: bool
) -> None:
    with directory.opened(first):
        pass
    if is_same:
        with directory.opened(second):
            return
    with pytest.raises(InputError, match="another torrent"), directory.opened(second):
        pass


def test_one_run_at_a_time(directory: DownloadDirectory) -> None:
    with directory.opened(Magnet(V1, None)), pytest.raises(LockedError), directory.opened(Magnet(V1, None)):
        pass


def test_files_of_the_user_stay_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with (
        pytest.raises(InputError, match="choose a new or an empty"),
        DownloadDirectory(str(tmp_path)).opened(Magnet(V1, None)),
    ):
        pass


def test_one_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(InputError, match="dest: "), DownloadDirectory(str(tmp_path / "dest")).opened(Magnet(V1, None)):
        pass


def test_only_what_the_client_needed_goes_at_the_end(directory: DownloadDirectory) -> None:
    with directory.opened(Magnet(V1, None)):
        for name in (f".{V1}.parts", "file.parts", ".hidden"):
            Path(directory.path, name).touch()
        directory.finish()
    assert sorted(os.listdir(directory.path)) == [".hidden", ".torrent_download", "file.parts"]


def test_a_relative_path_is_an_error() -> None:
    with pytest.raises(InputError, match="^dest: 'downloads' is a relative path"):
        DownloadDirectory.named("downloads")
    assert DownloadDirectory.named("~/x/../y").path == os.path.expanduser("~/y")
