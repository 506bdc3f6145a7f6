# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source community_package, with a package index that is a directory and a stand-in for uv."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.package import CommunityPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.pylock import LockedPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    PLUGIN,
    builder,
    built,
    sha256,
    write_wheel,
)

FILENAME = "ansible-12.3.0-py3-none-any.whl"


class StandIn:
    """Resolves to the wheel at ``path``; counts how often it is asked for uv, and notes what it was asked."""

    def __init__(self, path: str, *, stated: str | None = None, url: str | None = None) -> None:
        self.starts = 0
        self.asked: list[tuple[list[str], str | None, bool]] = []
        self._url = url or Path(path).as_uri()
        self._filename = os.path.basename(path)
        self._sha256 = stated or sha256(Path(path).read_bytes())

    def __call__(self) -> StandIn:
        self.starts += 1
        return self

    def compile(
        self, requirements: Sequence[str], *, python: str | None = None, no_deps: bool = False
    ) -> list[LockedPackage]:
        self.asked.append((list(requirements), python, no_deps))
        return [LockedPackage("ansible", "12.3.0", self._filename, self._url, self._sha256)]


def source(tmp_path: Path, uv: StandIn, *, index: PackageIndex | None = None) -> CommunityPackage:
    store = Store(str(tmp_path / "store"))
    return CommunityPackage(
        "12.3.0",
        store=store,
        builder=builder(store),
        uv=uv,
        index=index or PackageIndex(),
        python="/usr/bin/python3",
    )


@pytest.fixture(name="wheel")
def fixture_wheel(tmp_path: Path) -> str:
    collections = {"acme.tools": built(dependencies={"acme.base": ">=1.0.0"}), "acme.base": built(name="acme.base")}
    return write_wheel(tmp_path / "index", collections)


def wheels(tmp_path: Path) -> list[str]:
    directory = tmp_path / "store" / ".wheels"
    return sorted(os.listdir(directory)) if directory.is_dir() else []


def test_it_offers_what_the_release_has(tmp_path: Path, wheel: str) -> None:
    package = source(tmp_path, StandIn(wheel))
    (candidate,) = package.candidates("acme.tools")
    assert package.spec == "community_package==12.3.0"
    assert package.names() == ["acme.base", "acme.tools"]
    assert (candidate.version, candidate.dependencies) == ("1.0.0", {"acme.base": ">=1.0.0"})
    assert package.candidates("acme.other") == []
    assert package.core_requirement() == "ansible-core~=2.19.5"


def test_uv_is_asked_once_for_the_one_release(tmp_path: Path, wheel: str) -> None:
    uv = StandIn(wheel)
    package = source(tmp_path, uv)
    assert uv.starts == 0
    package.names()
    package.core_requirement()
    assert uv.asked == [(["ansible==12.3.0"], "/usr/bin/python3", True)]


def test_what_is_kept_needs_neither_uv_nor_the_index(tmp_path: Path, wheel: str) -> None:
    source(tmp_path, StandIn(wheel)).names()
    uv = StandIn(wheel)
    os.unlink(wheel)
    (candidate,) = source(tmp_path, uv).candidates("acme.tools")
    collection = candidate.take()
    assert (Path(collection.path) / PLUGIN).read_bytes() == built()[PLUGIN]
    assert uv.starts == 0
    assert wheels(tmp_path) == [FILENAME, f"{FILENAME}.json"]


def test_a_kept_collection_needs_no_wheel(tmp_path: Path, wheel: str) -> None:
    first = source(tmp_path, StandIn(wheel)).candidates("acme.tools")[0].take()
    uv = StandIn(wheel)
    (tmp_path / "store" / ".wheels" / FILENAME).unlink()
    assert source(tmp_path, uv).candidates("acme.tools")[0].take() == first
    assert uv.starts == 0


def test_a_wheel_that_was_removed_is_fetched_again(tmp_path: Path, wheel: str) -> None:
    source(tmp_path, StandIn(wheel)).names()
    (tmp_path / "store" / ".wheels" / FILENAME).unlink()
    uv = StandIn(wheel)
    assert source(tmp_path, uv).candidates("acme.tools")[0].take().version == "1.0.0"
    assert uv.starts == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema": 0}'])
def test_a_damaged_index_is_made_again(tmp_path: Path, wheel: str, content: bytes) -> None:
    source(tmp_path, StandIn(wheel)).names()
    listing = tmp_path / "store" / ".wheels" / f"{FILENAME}.json"
    listing.unlink()
    listing.write_bytes(content)
    assert source(tmp_path, StandIn(wheel)).names() == ["acme.base", "acme.tools"]


def test_a_wrong_sha256_leaves_nothing(tmp_path: Path, wheel: str) -> None:
    with pytest.raises(SourceError, match="does not have the sha256 of the package index"):
        source(tmp_path, StandIn(wheel, stated="0" * 64)).names()
    assert wheels(tmp_path) == []


def test_a_wheel_whose_content_is_not_its_record_leaves_nothing(tmp_path: Path) -> None:
    wheel = write_wheel(
        tmp_path / "index", {"acme.tools": built()}, unlisted={"ansible_collections/acme/tools/evil.py": b""}
    )
    with pytest.raises(SourceError, match="differ from its RECORD"):
        source(tmp_path, StandIn(wheel)).names()
    assert wheels(tmp_path) == []


def test_a_file_that_is_not_what_record_says_leaves_nothing(tmp_path: Path) -> None:
    path = f"ansible_collections/acme/tools/{PLUGIN}"
    wheel = write_wheel(tmp_path / "index", {"acme.tools": built()}, stated={path: "sha256=" + "A" * 43})
    (candidate,) = source(tmp_path, StandIn(wheel)).candidates("acme.tools")
    with pytest.raises(SourceError, match=f"'{PLUGIN}' does not have the expected sha256"):
        candidate.take()
    assert os.listdir(tmp_path / "store" / ".collections") == []


def test_a_kept_wheel_that_was_replaced_is_noticed(tmp_path: Path, wheel: str) -> None:
    package = source(tmp_path, StandIn(wheel))
    (candidate,) = package.candidates("acme.tools")
    other = write_wheel(tmp_path / "other", {"acme.tools": built({"evil.py": b"evil"})})
    os.replace(other, tmp_path / "store" / ".wheels" / FILENAME)
    with pytest.raises(SourceError, match="was changed after the download; remove the wheel"):
        candidate.take()


def test_offline_says_what_to_do(tmp_path: Path, wheel: str) -> None:
    uv = StandIn(wheel, url="https://index.example/ansible.whl")
    with pytest.raises(
        SourceError, match="is not in .*, and the option 'offline' is set: run once without, or put the wheel"
    ):
        source(tmp_path, uv, index=PackageIndex(offline=True)).names()


def test_offline_a_wheel_in_find_links_will_do(tmp_path: Path, wheel: str) -> None:
    assert len(source(tmp_path, StandIn(wheel), index=PackageIndex(offline=True)).names()) == 2


def test_a_release_without_such_a_wheel_is_an_error(tmp_path: Path, wheel: str) -> None:
    other = tmp_path / "ansible-12.3.0-cp311-cp311-linux.whl"
    os.rename(wheel, other)
    with pytest.raises(SourceError, match="has no wheel ansible-12.3.0-py3-none-any.whl"):
        source(tmp_path, StandIn(str(other))).names()


def test_what_uv_says_comes_through(tmp_path: Path) -> None:
    class Failing:
        def compile(
            self, requirements: Sequence[str], *, python: str | None = None, no_deps: bool = False
        ) -> list[LockedPackage]:
            raise ResolutionError("no such release")

    store = Store(str(tmp_path))
    package = CommunityPackage("99.0.0", store=store, builder=builder(store), uv=Failing, index=PackageIndex())
    with pytest.raises(ResolutionError, match=r"no release 99\.0\.0 of ansible .* choose another .*no such release"):
        package.names()
