# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A name that is in ``find_links`` comes from there only, whatever a stranger uploads to the index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from package_index import BUSY, package_index, wheel
from shared_venv_process import built, installed, shared_venv

PRIVATE, STRANGER = {"mine.py": "private = 1\n"}, {"mine.py": "stranger = 1\n"}


@pytest.fixture(name="served")
def fixture_served() -> Iterator[Callable[..., str]]:
    """``served(directory, how)``: the address of a page with the wheels of a directory."""
    with ExitStack() as stack:

        def serve(directory: Path, how: str = "good") -> str:
            files = {path.name: path.read_bytes() for path in directory.iterdir()}
            index = stack.enter_context(package_index(files, answers={"page": how}))
            return index.replace("/simple", "/flat/")

        yield serve


@pytest.fixture(name="options")
def fixture_options(store: Path, uv: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What asks for ``My.Tool``, which has a private 1.5, for a stranger's 2.0, and for ``dep`` of the index."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    for name in ("private", "other", "index"):
        (tmp_path / name).mkdir()
    wheel(tmp_path / "private", "My_Tool", PRIVATE, version="1.5")
    wheel(tmp_path / "other", "my_tool", {"mine.py": "other = 1\n"}, version="1.7")
    wheel(tmp_path / "other", "more", {"more.py": ""}, version="1.0")
    files = dict(
        [
            wheel(tmp_path / "index", "my_tool", STRANGER, version="2.0"),
            wheel(tmp_path / "index", "more", {"more.py": ""}, version="2.0"),
            wheel(tmp_path / "index", "dep", {"dep.py": ""}),
        ]
    )
    with package_index(files) as index:
        yield {"store": str(store), "name": "site", "index_url": index, "packages": ["my-tool", "dep"]}


@pytest.mark.parametrize("how", ["directory", "file address", "page"])
def test_the_private_one_is_taken(
    options: dict[str, Any], tmp_path: Path, served: Callable[..., str], how: str
) -> None:
    directory = tmp_path / "private"
    place = {"directory": str, "file address": Path.as_uri, "page": served}[how](directory)  # type: ignore[operator]  # three kinds of callables
    path = built(find_links=[place], **options)["path"]
    assert installed(path) == ["dep==1.0", "my_tool==1.5"]


@pytest.mark.parametrize("first", ["private", "other"])
def test_the_first_of_several_wins(
    options: dict[str, Any], tmp_path: Path, served: Callable[..., str], first: str
) -> None:
    places = [str(tmp_path / "private"), served(tmp_path / "other")]
    options["packages"].append("more")
    path = built(find_links=places if first == "private" else places[::-1], **options)["path"]
    version = {"private": "1.5", "other": "1.7"}[first]
    assert installed(path) == ["dep==1.0", "more==1.0", f"my_tool=={version}"]


def test_a_version_that_only_the_index_has_is_an_error(options: dict[str, Any], tmp_path: Path) -> None:
    answer = shared_venv(**{**options, "packages": ["my.tool>=2"]}, find_links=[str(tmp_path / "private")])
    assert answer["error_code"] == "resolution"
    assert "only my-tool==1.5 is available" in answer["msg"]


@pytest.mark.parametrize("name", ["my_tool-1.5-cp27-cp27m-win32.whl", "my_tool-1.5.tar.gz"])
def test_a_name_counts_that_has_no_wheel_for_this_host(options: dict[str, Any], tmp_path: Path, name: str) -> None:
    (found,) = (tmp_path / "private").iterdir()
    found.rename(found.with_name(name))
    answer = shared_venv(find_links=[str(tmp_path / "private")], **options)
    assert answer["error_code"] == "resolution", answer


@pytest.mark.parametrize("place", ["gone", "page", "file"])
def test_a_place_that_cannot_be_read_is_an_error(
    options: dict[str, Any], tmp_path: Path, served: Callable[..., str], place: str
) -> None:
    """It is not known which names are there."""
    (tmp_path / "file").write_text("")
    where = served(tmp_path / "private", BUSY) if place == "page" else str(tmp_path / place)
    answer = shared_venv(find_links=[where], **options)
    assert answer["failed"]
    assert where in answer["msg"]


def test_offline_from_the_directory_alone(options: dict[str, Any], tmp_path: Path) -> None:
    del options["index_url"]
    path = built(**{**options, "packages": ["my-tool"]}, find_links=[str(tmp_path / "private")], offline=True)["path"]
    assert installed(path) == ["my_tool==1.5"]
