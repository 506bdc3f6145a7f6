# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections from the real package, and the cache under kill -9."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import subprocess
import sys
import time
import zipfile
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.copy import copy_into
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.package import CommunityPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_requests
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.resolve import check_core, resolve
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import CollectionSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.staging import PREFIX
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

WHEEL = "ansible-12.3.0-py3-none-any.whl"
WANTED = ["community.docker", "community.general:>=11,<12", "ansible.netcommon"]
CLOSURE = [
    "ansible.netcommon 8.2.0",
    "ansible.utils 6.0.0",
    "community.docker 4.8.5",
    "community.general 11.4.2",
    "community.library_inventory_filtering_v1 1.1.5",
]


@pytest.fixture(scope="module", name="store")
def fixture_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the real wheel, fetched once for all tests here."""
    return tmp_path_factory.mktemp("cache") / "store"


@pytest.fixture(scope="module", name="package")
def fixture_package(store: Path, uv: str) -> CommunityPackage:
    """The real package from the real package index."""

    def start() -> Uv:
        return Uv(uv, runner=SubprocessRunner(), index=PackageIndex(), cache=str(store / ".cache" / "uv"))

    source = open_source(
        "community_package", store=Store(str(store)), uv=start, runner=SubprocessRunner(), python=sys.executable
    )
    assert isinstance(source, CommunityPackage)
    return source


@pytest.fixture(scope="module", name="collections")
def fixture_collections(package: CommunityPackage) -> list[CachedCollection]:
    return resolve(parse_requests(WANTED), package)


def no_uv() -> Uv:
    raise AssertionError("uv is not needed for what is kept")


def cached(store: Path) -> CollectionSource:
    """The same source where nothing has to be fetched."""
    return open_source("community_package", store=Store(str(store)), uv=no_uv, runner=SubprocessRunner())


def recorded(store: Path, name: str) -> dict[str, str]:
    """RECORD's sha256 of each file of a collection, read here and not by our own code."""
    prefix = f"ansible_collections/{name.replace('.', '/')}/"
    with zipfile.ZipFile(store / ".wheels" / WHEEL) as archive:
        text = archive.read("ansible-12.3.0.dist-info/RECORD").decode()
    return {
        row[0][len(prefix) :]: urlsafe_b64decode(row[1].removeprefix("sha256=") + "=").hex()
        for row in csv.reader(io.StringIO(text))
        if row[0].startswith(prefix)
    }


def hashed(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_closure_is_kept(collections: list[CachedCollection]) -> None:
    assert [f"{one.name} {one.version}" for one in collections] == CLOSURE


def test_every_file_is_what_record_says(store: Path, collections: list[CachedCollection]) -> None:
    for collection in collections:
        assert hashed(Path(collection.path)) == recorded(store, collection.name), collection.name


def test_the_core_that_goes_with_it(package: CommunityPackage, collections: list[CachedCollection]) -> None:
    assert package.core_requirement() == "ansible-core~=2.19.5"
    check_core(collections, "2.19.14")
    with pytest.raises(ResolutionError, match="community.general 11.4.2 requires ansible-core >=2.16.0"):
        check_core(collections, "2.15.3")


def test_a_second_time_nothing_starts_and_nothing_moves(store: Path, collections: list[CachedCollection]) -> None:
    def times() -> dict[Path, int]:
        """Of all but the entries themselves, whose times say when they were used last."""
        entries = {*(store / ".collections").iterdir(), *(store / ".wheels").iterdir()}
        return {path: path.stat().st_mtime_ns for path in store.rglob("*") if path not in entries}

    before = times()
    start = time.process_time()
    again = resolve(parse_requests(WANTED), cached(store))
    assert time.process_time() - start < 0.5
    assert again == collections
    assert times() == before


def test_an_unknown_collection_is_not_invented(package: CommunityPackage) -> None:
    with pytest.raises(
        SourceError, match="community.generall, required by the request, is not in community_package==12.3.0"
    ):
        resolve(parse_requests(["community.generall"]), package)


def test_the_directory_unpacked_from_the_package_is_the_same_collection(
    store: Path, collections: list[CachedCollection], tmp_path: Path
) -> None:
    """Its FILES.json lists tests that the package leaves out; community.zabbix even has unlisted files."""
    source = cached(store)
    zabbix = [one for one in resolve(parse_requests(["community.zabbix"]), source) if one.name == "community.zabbix"]
    for collection in [*collections, *zabbix]:
        directory = copy_into(collection, str(tmp_path))
        assert read_directory(directory).sha256 == collection.sha256


def test_all_92_collections_verify_as_directories(store: Path, package: CommunityPackage, tmp_path: Path) -> None:
    """The rule for what packagers leave out holds for every collection of the release."""
    with zipfile.ZipFile(store / ".wheels" / WHEEL) as archive:
        archive.extractall(tmp_path)
    contents = package.names()
    assert len(contents) == 92
    for name in contents:
        content = read_directory(str(tmp_path / "ansible_collections" / Path(*name.split("."))))
        (candidate,) = package.candidates(name)
        assert (content.name, content.version) == (name, candidate.version)
        assert content.checksums == recorded(store, name)


KILLED = """
import sys
sys.path[:0] = {path!r}
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.directory import read_directory
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
CollectionCache(Store({store!r})).add(read_directory({directory!r}))
"""


@pytest.mark.catalogue(40)
def test_kill_9_leaves_nothing_that_stays(collections: list[CachedCollection], tmp_path: Path) -> None:
    """Killed anywhere, the next call finds the collection whole or keeps it anew, and clears up."""
    chance = random.Random(20260102)
    general = next(one for one in collections if one.name == "community.general")
    directory = copy_into(general, str(tmp_path))
    cache = tmp_path / "store" / ".collections"
    program = KILLED.format(path=sys.path, store=str(tmp_path / "store"), directory=directory)
    interrupted = 0
    for _round in range(12):
        victim = subprocess.Popen([sys.executable, "-c", program])
        while victim.poll() is None and not list(cache.glob(f"{PREFIX}*/tree")):
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.1))
        interrupted += victim.poll() is None
        victim.kill()
        victim.wait()
        subprocess.run([sys.executable, "-c", program], check=True)
        (entry,) = cache.iterdir()
        assert hashed(entry / "tree") == hashed(Path(directory))
        subprocess.run(["chmod", "-R", "u+w", str(entry)], check=True)
        subprocess.run(["rm", "-r", str(entry)], check=True)
    assert interrupted >= 3, "most kills came too late to test anything"
