# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which names and places a store accepts."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import check_name, check_path


@pytest.mark.parametrize("name", ["site", "dr-daily-report_media", "A.b-c_1", "x" * 100])
def test_good_names_stay(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.catalogue(31)
@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-x", "a/b", "../x", "a\nb", "a\0b", "x" * 300, "a b", "é", "{{ x }}", "a\n"]
)
def test_bad_names_are_refused_with_the_name(name: str) -> None:
    with pytest.raises(InputError, match="^name: ") as caught:
        check_name(name)
    assert repr(name)[1:20] in caught.value.message


@pytest.mark.parametrize("char", ["$", "`", '"', "'", "\n", ":", "\\", ";", "#", "\0", "*"])
def test_paths_that_break_scripts_are_refused(char: str) -> None:
    with pytest.raises(InputError, match="^store: "):
        check_path(f"/srv/a{char}b", option="store")


@pytest.mark.catalogue(27)
@pytest.mark.parametrize(
    ("path", "expected"), [("/srv/venvs/", "/srv/venvs"), ("/srv/a b", "/srv/a b"), ("/srv/x/../y", "/srv/y")]
)
def test_paths_become_absolute_without_a_trailing_slash(path: str, expected: str) -> None:
    assert check_path(path, option="store") == expected


@pytest.mark.parametrize("path", ["venvs", "./venvs", "../venvs", ".", "a/b/"])
def test_relative_paths_are_refused(path: str) -> None:
    with pytest.raises(InputError, match=f"^store: '{path}' is a relative path; give an absolute path"):
        check_path(path, option="store")


@pytest.mark.parametrize("path", ["~no-such-user/venvs", "~no-such-user"])
def test_the_home_of_nobody_is_no_directory_called_so(path: str) -> None:
    with pytest.raises(
        InputError, match=f"^store: '{path}': the home directory ~no-such-user does not exist on this host"
    ):
        check_path(path, option="store")


def test_the_own_home_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert check_path("~/venvs", option="store") == "/home/me/venvs"


@pytest.mark.parametrize("path", ["/srv/" + "d" * 200 + "/a:b", "relative/" + "d" * 200])
def test_a_long_path_is_shown_whole(path: str) -> None:
    with pytest.raises(InputError) as caught:
        check_path(path, option="store")
    assert path in caught.value.message


def test_a_path_without_end_is_cut_before_the_remedy() -> None:
    with pytest.raises(InputError) as caught:
        check_path("/" + "d" * 100_000 + "\n", option="store")
    assert len(caught.value.message) < 2000
    assert "is not a valid path of a venv" in caught.value.message
