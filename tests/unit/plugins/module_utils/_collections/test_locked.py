# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A lock as a source: what it lists is delivered, whatever the source has, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.local import LocalSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import (
    LockedCollection,
    LockedSource,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_requests
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    builder,
    built,
    write_tarball,
)

COMMIT = "c" * 40
GIT = {"type": "git", "source": "git+https://x.org/t.git#/tools", "version": COMMIT}
URL = {"type": "url", "source": "https://x.org/t.tar.gz"}


class Source(LocalSource):
    """A directory of tarballs that notes what it is asked."""

    def __init__(self, tmp_path: Path, *versions: str, store: str = "store") -> None:
        super().__init__(str(tmp_path), builder=builder(Store(str(tmp_path / store))))
        self.asked: list[list[str]] = []
        for name, version in (one.split() for one in versions):
            needs = {"acme.base": "*"} if name == "acme.tools" else {}
            path = tmp_path / f"{name.replace('.', '-')}-{version}.tar.gz"
            write_tarball(path, built(name=name, version=version, dependencies=needs))

    def prepare(self, requests: Any, given: Any = ()) -> Any:
        self.asked.append([f"{one.name}:{one.version}" for one in requests])
        return requests

    def locked(self, *entries: object) -> list[LockedCollection]:
        found = resolve(parse_requests(list(entries)), self)
        self.asked.clear()
        return [LockedCollection(one.name, one.version, one.sha256) for one in found]


def versions(source: LockedSource, *entries: object) -> list[str]:
    return [f"{one.name} {one.version}" for one in resolve(parse_requests(list(entries)), source)]


def test_what_is_newer_is_no_difference_and_all_is_asked_once_on_a_fresh_store(tmp_path: Path) -> None:
    locked = Source(tmp_path, "acme.tools 1.0.0", "acme.base 1.0.0").locked("acme.tools")
    fresh = Source(tmp_path, "acme.tools 2.0.0", "acme.base 2.0.0", store="fresh")
    source = LockedSource(locked, fresh)
    assert (
        versions(source, "acme.tools:>=1") == versions(source, "acme.tools") == ["acme.base 1.0.0", "acme.tools 1.0.0"]
    )
    assert fresh.asked == [["acme.base:1.0.0", "acme.tools:1.0.0"]]
    assert source.names() == ["acme.base", "acme.tools"]


def test_what_the_store_has_is_not_asked(tmp_path: Path) -> None:
    source = Source(tmp_path, "acme.tools 1.0.0", "acme.base 1.0.0")
    locked = source.locked("acme.tools")
    assert versions(LockedSource(locked, source), "acme.tools") == ["acme.base 1.0.0", "acme.tools 1.0.0"]
    assert source.asked == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("acme.tools:>=2", "acme.tools >=2 is required, and the lock has 1.0.0"),
        ("acme.more", "it does not have acme.more"),
        (
            {"name": "acme.tools", **GIT},
            r"acme.tools from git\+https.* is required, and the lock has 1.0.0 from a Galaxy",
        ),
        ({"name": "acme.none", **URL}, "it does not have acme.none"),
        ({"name": "https://x.org/other.tar.gz"}, "it does not have https://x.org/other.tar.gz"),
    ],
)
def test_what_the_lock_does_not_meet_is_an_error(tmp_path: Path, entry: object, said: str) -> None:
    source = Source(tmp_path, "acme.tools 1.0.0", "acme.tools 2.0.0", "acme.base 1.0.0", "acme.more 1.0.0")
    locked = LockedSource(source.locked("acme.tools:1.0.0"), source)
    with pytest.raises(ResolutionError, match=f"The lock does not meet the requirements: {said}.*without the option"):
        versions(locked, entry)


def test_a_name_that_nobody_has_is_not_about_the_lock(tmp_path: Path) -> None:
    source = Source(tmp_path, "acme.base 1.0.0")
    locked = LockedSource(source.locked("acme.base"), source)
    assert locked.prepare(parse_requests(["acme.base", "acme.none"]))[0].name == "acme.base"
    assert locked.candidates("acme.none") == []
    with pytest.raises(VenvError, match="acme.none, required by the request, is not in the lock"):
        versions(locked, "acme.none")


def test_what_the_source_no_longer_has_or_has_changed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    (locked,) = Source(tmp_path / "old", "acme.base 1.0.0").locked("acme.base")
    source = Source(tmp_path / "new", "acme.base 2.0.0")
    with pytest.raises(ResolutionError, match=r"The lock lists acme.base 1.0.0, and /.* has 2.0.0; choose"):
        versions(LockedSource([locked], source), "acme.base")
    changed = replace(locked, version="2.0.0")
    with pytest.raises(ResolutionError, match=r"acme.base 2.0.0 from /.* has another content than the lock lists"):
        versions(LockedSource([changed], source), "acme.base")


@pytest.mark.parametrize(
    ("origin", "asked", "said"),
    [
        (GIT, {"version": "*"}, ""),
        (GIT, {"version": "HEAD"}, ""),
        (GIT, {"version": COMMIT}, ""),
        (GIT, {"version": COMMIT, "requested_revision": "v1"}, ""),
        (GIT, {"version": "v1"}, "acme.tools v1 is required, and the lock has the newest commit"),
        ({**GIT, "requested_revision": "v1"}, {"version": "v1"}, ""),
        ({**GIT, "requested_revision": "v1"}, {"version": "v2"}, "acme.tools v2 is required, and the lock has v1"),
        ({**GIT, "requested_revision": "v1"}, {}, "acme.tools the newest commit is required, and the lock has v1"),
        (GIT, {"source": "git+https://x.org/t.git"}, ""),
        (GIT, {"source": "git+https://x.org/t.git,v1"}, "acme.tools v1 is required"),
        (
            GIT,
            {"source": "git+https://x.org/t"},
            "from git+https://x.org/t is required, and the lock has 1.0.0 from git+",
        ),
        (URL, {"type": "url", "source": URL["source"]}, ""),
        (URL, {"type": "url", "source": "https://x.org/u.tar.gz"}, "from https://x.org/u.tar.gz is required"),
        (URL, {"type": "galaxy", "source": "hub", "version": "1.0.0"}, ""),
    ],
)
def test_an_address_and_a_revision_have_to_be_those_that_were_locked(
    origin: dict[str, str], asked: dict[str, str], said: str
) -> None:
    (request,) = parse_requests([{"name": "acme.tools", "type": "git", "source": GIT["source"], **asked}])
    difference = LockedCollection("acme.tools", "1.0.0", "0" * 64, origin).difference(request)
    assert said in difference and bool(said) == bool(difference)
