# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Content of the controller arrives whole and as it was announced, or nothing of it is kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    InputError,
    SourceError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_contents import ArchiveContents
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.pack import pack_entries
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.role_cache import RoleCache, RoleOrigin
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import remove_tree
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.carried_content import CarriedContent
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    SCRIPT,
    built,
    write_directory,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import write_role


@pytest.fixture(name="content")
def fixture_content(tmp_path: Path) -> CarriedContent:
    """What the controller has: a collection that needs another one, and a role with a link."""
    store = Store(str(tmp_path / "controller"))
    base = built(name="acme.base", version="1.1.0")
    tools = built(dependencies={"acme.base": ">=1"})
    trees = [write_directory(tmp_path / str(number), files) for number, files in enumerate((base, tools))]
    role = write_role(tmp_path / "web")
    (role / "handlers").symlink_to("./tasks")
    return CarriedContent(
        tuple(CollectionCache(store).add(read_directory(tree)) for tree in trees),
        (RoleCache(store).add(str(role), RoleOrigin("acme.web", "1.0.0", "acme.web")),),
        "ansible-core~=2.19.5",
    )


@pytest.fixture(name="host")
def fixture_host(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "host"))


def packed(content: CarriedContent, directory: Path, change: Callable[[Path], object] | None = None) -> str:
    """An archive of it, after a ``change`` of what is in it."""
    trees = directory / "trees"
    for kind, found in (("collections", content.collections), ("roles", content.roles)):
        for one in found:
            shutil.copytree(one.path, trees / kind / one.name, symlinks=True)
    for path in (trees, *trees.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200)
    if change is not None:
        change(trees)
    contents = ArchiveContents()
    for kind in sorted(os.listdir(trees)):
        contents.add_whole(str(trees / kind), kind)
    pack_entries(contents.entries, str(directory / "content.tar.gz"))
    return str(directory / "content.tar.gz")


def told(content: CarriedContent) -> CarriedContent:
    """As a host knows it, after it was sent as JSON."""
    return CarriedContent.parse(json.loads(json.dumps(content.announced())))


def kept(store: Store) -> list[str]:
    return sorted(
        str(path.relative_to(store.path)) for path in Path(store.path).glob(".[crg]*/*") if "locks" not in str(path)
    )


def test_what_arrives_is_what_the_controller_has(content: CarriedContent, host: Store, tmp_path: Path) -> None:
    announced = told(content)
    assert announced.missing(host) == {"collections": ["acme.base", "acme.tools"], "roles": ["acme.web"]}
    announced.receive(packed(content, tmp_path), host)
    assert announced.missing(host) == {"collections": [], "roles": []}
    stored = announced.in_store(host)
    assert stored.core == content.core
    for kind in ("collections", "roles"):
        assert len(getattr(stored, kind)) == len(getattr(content, kind))
        for here, there in zip(getattr(stored, kind), getattr(content, kind)):
            assert here == replace(there, path=here.path) and here.path.startswith(host.path)
    assert os.access(Path(stored.collections[1].path, SCRIPT), os.X_OK)
    assert os.readlink(Path(stored.roles[0].path, "handlers")) == "./tasks"
    assert os.listdir(Path(host.path, ".carried")) == []


def test_only_what_is_missing_has_to_arrive(content: CarriedContent, host: Store, tmp_path: Path) -> None:
    part = replace(content, collections=content.collections[:1], roles=())
    (tmp_path / "part").mkdir()
    told(content).receive(packed(part, tmp_path / "part"), host)
    assert told(content).missing(host) == {"collections": ["acme.tools"], "roles": ["acme.web"]}
    with pytest.raises(SourceError, match="acme.tools, acme.web was removed from the store after it was sent"):
        told(content).in_store(host)


def rename(trees: Path) -> None:
    (trees / "collections/acme.tools").rename(trees / "collections/acme.other")


def swap(trees: Path) -> None:
    tools, base = trees / "collections/acme.tools", trees / "collections/acme.base"
    base.rename(trees / "x")
    tools.rename(base)
    (trees / "x").rename(tools)


def other_version(trees: Path) -> None:
    remove_tree(str(trees / "collections/acme.tools"))
    write_directory(trees / "collections/acme.tools", built(version="1.0.1"))


def other_content(trees: Path) -> None:
    """A collection of that name and version, which is right in itself."""
    remove_tree(str(trees / "collections/acme.tools"))
    write_directory(trees / "collections/acme.tools", built({PLUGIN: b"# another\n"}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda trees: (trees / "collections/acme.tools" / PLUGIN).write_text("x"), "acme.tools 1.0.0 is not what"),
        (lambda trees: (trees / "collections/acme.tools" / PLUGIN).unlink(), "acme.tools 1.0.0 is not what"),
        (lambda trees: (trees / "collections/acme.tools/more.py").touch(), "acme.tools 1.0.0 is not what"),
        (lambda trees: (trees / "collections/acme.tools/MANIFEST.json").unlink(), "acme.tools 1.0.0 is not what"),
        (lambda trees: (trees / "collections/acme.tools/tests/more.py").touch(), "and [0-9a-f]{64} was announced"),
        (other_content, "and [0-9a-f]{64} was announced"),
        (other_version, "it is acme.tools 1.0.1"),
        (swap, "it is acme.tools 1.0.0"),
        (rename, "acme.other arrived, which was not announced"),
        (lambda trees: (trees / "roles/acme.web/tasks/main.yml").write_text("- x:\n"), "acme.web 1.0.0 is not what"),
        (lambda trees: (trees / "roles/acme.web/more").touch(), "and [0-9a-f]{64} was announced"),
        (lambda trees: (trees / "roles/acme.web/link").symlink_to("tasks"), "and [0-9a-f]{64} was announced"),
        (lambda trees: (trees / "roles/acme.web/link").symlink_to("/etc/passwd"), "did not arrive whole: .* outside"),
        (lambda trees: (trees / "roles/acme.web/link").symlink_to("../x"), "leaves the role"),
    ],
)  # fmt: skip
def test_what_is_not_as_announced_is_one_error_and_nothing_is_kept(
    content: CarriedContent, host: Store, tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    archive = packed(content, tmp_path, change)
    with pytest.raises(SourceError, match=said) as error:
        told(content).receive(archive, host)
    assert "\n" not in error.value.message and "nothing was stored" in error.value.message
    assert str(host.path) not in error.value.message
    assert kept(host) == []


@pytest.mark.parametrize("left", [0, 20, 0.5, -1])
def test_half_of_an_archive_is_an_error_and_nothing_is_kept(
    content: CarriedContent, host: Store, tmp_path: Path, left: float
) -> None:
    archive = Path(packed(content, tmp_path))
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * left) if 0 < left < 1 else int(left)])
    with pytest.raises(SourceError, match=r"did not arrive whole: .*; nothing was stored. Run this again"):
        told(content).receive(str(archive), host)
    assert kept(host) == []


@pytest.mark.parametrize(
    "change",
    [
        {"collections": None},
        {"core": 1},
        {"collections": [{}]},
        {"collections": [{"name": "../x", "version": "1", "sha256": "", "dependencies": {}, "requires_ansible": None}]},
        {"roles": [{"name": "../x", "version": "", "sha256": "", "src": "", "scm": None, "dependencies": []}]},
        {"roles": [{"name": "", "version": "", "sha256": "", "src": "", "scm": None, "dependencies": []}]},
    ],
)
def test_what_no_action_says_is_refused(content: CarriedContent, change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        CarriedContent.parse({**content.announced(), **change})
