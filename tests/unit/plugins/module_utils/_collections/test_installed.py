# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an Ansible of the user would find: the real one says where it searches."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Callable

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    ResolutionError,
    SourceError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    built,
    no_uv,
    write_directory,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import CollectionSource

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("ansible.cli"), reason="Ansible itself is not installed")

Installed = Callable[[], "CollectionSource"]


@pytest.fixture(name="installed")
def fixture_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """The source, opened in an empty directory by a user with an empty home directory."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ANSIBLE_COLLECTIONS_PATH", raising=False)

    def opened() -> CollectionSource:
        with patch_module_args():
            runner = SubprocessRunner()
        return open_source("installed", store=Store(str(tmp_path / "store")), uv=no_uv, runner=runner)

    return opened


def install(paths: Path, version: str, name: str = "acme.tools") -> Path:
    namespace, short = name.split(".")
    directory = paths / "ansible_collections" / namespace / short
    write_directory(directory, built(name=name, version=version))
    return directory


def versions(source: CollectionSource, name: str = "acme.tools") -> list[str]:
    return [one.version for one in source.candidates(name)]


def test_the_home_directory_has_what_ansible_galaxy_installed(installed: Installed, tmp_path: Path) -> None:
    install(tmp_path / "home/.ansible/collections", "1.4.0")
    source = installed()
    assert versions(source) == ["1.4.0"] and "acme.tools" in source.names()
    (taken,) = resolve([CollectionRequest("acme.tools")], source)
    assert (taken.name, taken.version) == ("acme.tools", "1.4.0")
    assert source.candidates("acme.nothing") == []


@pytest.mark.parametrize("way", ["environment", "ansible.cfg"])
def test_the_first_search_path_wins_though_another_has_a_higher_version(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    install(first, "1.0.0")
    install(second, "2.0.0")
    install(tmp_path / "home/.ansible/collections", "3.0.0")
    if way == "environment":
        monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", f"{first}{os.pathsep}{second}")
    else:
        (tmp_path / "here/ansible.cfg").write_text("[defaults]\ncollections_path = ../first:../second\n")
    assert versions(installed()) == ["1.0.0"]
    with pytest.raises(ResolutionError, match=r"acme\.tools"):
        resolve([CollectionRequest("acme.tools", ">=2")], installed())


def test_a_module_in_the_current_directory_is_not_imported(installed: Installed, tmp_path: Path) -> None:
    for name in ("json", "ansible", "ansible_collections"):
        (tmp_path / f"here/{name}.py").write_text("raise RuntimeError('it was run')\n")
    assert versions(installed()) == []


def test_a_collection_that_is_not_what_was_installed_is_an_error(installed: Installed, tmp_path: Path) -> None:
    directory = install(tmp_path / "home/.ansible/collections", "1.0.0")
    (directory / PLUGIN).write_text("# changed since\n")
    (candidate,) = installed().candidates("acme.tools")
    with pytest.raises(SourceError, match="hello"):
        candidate.take()
    directory.rename(directory.parent / "other")
    with pytest.raises(SourceError, match=r"is acme\.tools, not acme\.other; install acme\.other again"):
        installed().candidates("acme.other")


def test_a_configuration_that_ansible_cannot_read_is_an_error(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "here/ansible.cfg").write_text("no section\n")
    with pytest.raises(SourceError, match=r"collections_source installed: .*ansible\.cfg.* Correct its configuration"):
        installed().candidates("acme.tools")


def test_an_address_is_for_another_source(installed: Installed) -> None:
    request = CollectionRequest("acme.tools", source="https://example.org/tools.git", type="git")
    with pytest.raises(InputError, match="collections_source installed cannot use"):
        resolve([request], installed())
