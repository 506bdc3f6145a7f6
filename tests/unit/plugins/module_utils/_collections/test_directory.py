# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Directories: installed collections, as people and packagers leave them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.tarball import read_tarball
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    SCRIPT,
    built,
    sha256,
    write_directory,
    write_tarball,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_every_file_is_announced_and_delivered(tmp_path: Path) -> None:
    files = built(dependencies={"acme.base": "*"})
    content = read_directory(write_directory(tmp_path / "c", files))
    assert (content.name, content.version, content.dependencies) == ("acme.tools", "1.0.0", {"acme.base": "*"})
    assert content.requires_ansible == ">=2.15.0"
    assert {file.path: b"".join(file.chunks()) for file in content.files()} == files
    assert content.checksums == {path: sha256(data) for path, data in files.items()}
    assert [file.path for file in content.files() if file.executable] == [SCRIPT]


def test_the_same_content_has_the_same_digest_from_any_source(tmp_path: Path) -> None:
    directory = read_directory(write_directory(tmp_path / "c", built()))
    assert directory.sha256 == read_tarball(write_tarball(tmp_path / "c.tar.gz", built())).sha256


@pytest.mark.parametrize("path", [PLUGIN, "README.md", "meta/runtime.yml", "tests/unit/test_hello.py", "MANIFEST.json"])
def test_each_file_counts(tmp_path: Path, path: str) -> None:
    before = read_directory(write_directory(tmp_path / "a", built()))
    changed = dict(built())
    changed.pop(path)
    files = {name: data for name, data in changed.items() if name not in ("MANIFEST.json", "FILES.json")}
    after = read_directory(
        write_directory(tmp_path / "b", built(files, version="1.0.0" if path != "MANIFEST.json" else "1.0.1"))
    )
    assert after.sha256 != before.sha256


def test_bytecode_is_left_out(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "c", built())
    before = read_directory(directory).sha256
    write_directory(
        tmp_path / "c", {"plugins/modules/__pycache__/hello.cpython-311.pyc": b"x", "plugins/old.pyc": b"x"}
    )
    assert read_directory(directory).sha256 == before


def test_what_packagers_leave_out_may_be_missing(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "c", built())
    shutil.rmtree(tmp_path / "c" / "tests")
    (tmp_path / "c" / ".gitignore").unlink()
    assert PLUGIN in read_directory(directory).checksums


def test_an_install_killed_halfway_is_refused(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "c", built())
    (tmp_path / "c" / PLUGIN).unlink()
    with pytest.raises(SourceError, match=r"listed in FILES.json but missing \(plugins/modules/hello.py\)"):
        read_directory(directory)


def test_an_edit_in_place_is_refused(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "c", built())
    (tmp_path / "c" / PLUGIN).write_bytes(b"# edited\n")
    with pytest.raises(SourceError, match=r"do not have the sha256 .* \(plugins/modules/hello.py\)"):
        read_directory(directory)


def test_an_added_plugin_is_refused(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "c", {**built(), "plugins/action/hello.py": b"evil"})
    with pytest.raises(SourceError, match=r"not listed in FILES.json \(plugins/action/hello.py\)"):
        read_directory(directory)


@pytest.mark.parametrize("path", ["MANIFEST.json", "FILES.json"])
def test_without_metadata_it_is_refused(tmp_path: Path, path: str) -> None:
    directory = write_directory(tmp_path / "c", built())
    (tmp_path / "c" / path).unlink()
    with pytest.raises(SourceError, match=f"{path} cannot be read"):
        read_directory(directory)


def linked(tmp_path: Path, path: str, target: str, *, move: bool = False) -> str:
    """A collection's directory in which ``path`` is a symlink; ``move`` puts the file there first."""
    directory = write_directory(tmp_path / "c", built())
    if move:
        os.rename(os.path.join(directory, path), target)
    os.symlink(target, os.path.join(directory, path))
    return directory


def test_listed_files_may_be_links_to_an_installers_cache(tmp_path: Path) -> None:
    before = read_directory(write_directory(tmp_path / "plain", built()))
    content = read_directory(linked(tmp_path, PLUGIN, str(tmp_path / "cached"), move=True))
    assert content.sha256 == before.sha256


def test_a_link_to_a_directory_inside_stands_for_its_files(tmp_path: Path) -> None:
    content = read_directory(linked(tmp_path, "plugins/mods", "modules"))
    assert content.checksums["plugins/mods/hello.py"] == content.checksums[PLUGIN]
    assert {file.path for file in content.files()} == set(content.checksums)


@pytest.mark.parametrize(
    ("path", "target"),
    [(".secret", "/etc/passwd"), ("tests/out", "/etc"), ("tests/up", "../.."), ("tests/nowhere", "/nowhere/at/all")],
)
def test_links_that_lead_out_are_refused(tmp_path: Path, path: str, target: str) -> None:
    with pytest.raises(SourceError, match="leaves the collection|does not exist"):
        read_directory(linked(tmp_path, path, target))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("tests/pipe", "pipe is neither a file nor a directory"),
        (PLUGIN, "hello.py is neither a file nor a directory"),
        ("MANIFEST.json", "MANIFEST.json is not a regular file"),
    ],
)
def test_a_pipe_neither_hangs_nor_passes(tmp_path: Path, path: str, message: str) -> None:
    directory = write_directory(tmp_path / "c", built())
    place = tmp_path / "c" / path
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    with pytest.raises(SourceError, match=message):
        read_directory(directory)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    directory = write_directory(tmp_path / "c", built())
    (tmp_path / "c" / PLUGIN).chmod(0)
    with pytest.raises(SourceError, match="hello.py cannot be read: Permission denied"):
        read_directory(directory)
