# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Random hostile archives: ``fuzz_archives.py SECONDS [FIRST_SEED [MOST]]``; a case for each seed.

They are what a host sends back, a shipped project, and tarballs of collections. Each is taken over or is one error of
the family, within little CPU time; nothing outside is opened or changed, what is taken over are plain files within the
limits, and of what is refused nothing stays.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import stat
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fuzzing import TEXTS, Case, become_nobody, main, samples, snapshot

become_nobody(__file__)

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.tarball import (
    manifest_of_tarball,
    read_tarball,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.extract import ExtractionLimits
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.project_files import (
    RESULTS_MARKER,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.unpack import unpack
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable_data
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.results import (
    results_directory,
)

collections = samples("_collections")
LIMITS = ExtractionLimits(size=1 << 20, files=40, depth=5)
KINDS = [tarfile.REGTYPE] * 6 + [
    tarfile.DIRTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, b"4",
    tarfile.FIFOTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.AREGTYPE, b"D", b"V", b"M", b"X", b"\xff",
]  # fmt: skip
PAX = ["path", "linkpath", "size", "mtime", "uid", "atime", "hdrcharset", "comment", "GNU.sparse.major",
       "GNU.sparse.minor", "GNU.sparse.size", "GNU.sparse.map", "GNU.sparse.name", "GNU.sparse.realsize",
       "GNU.sparse.numblocks", "GNU.sparse.offset", "SCHILY.xattr.a", "a=b", "\n", ""]  # fmt: skip


def text_of(rng: random.Random, outside: Path) -> str:
    """A name, a target or the value of a header."""
    out = outside / rng.choice(["file", "new", "deep", "deep/er/new", "pipe", "."])
    up = "../" * rng.randint(1, 6) + f"outside/{out.name}"
    return rng.choice([*TEXTS, *TEXTS[5:13], *[str(out), up, f"a/{up}", f"artifacts/../{up}"] * 4])


def member(rng: random.Random, outside: Path, name: str, data: bytes) -> bytes:
    """A member: mostly one that can be read, with an odd name, type or target; else with a header that lies."""
    info = tarfile.TarInfo(name if rng.random() < 0.5 else text_of(rng, outside))
    info.type, info.linkname = rng.choice(KINDS[:13]), text_of(rng, outside)
    info.mode = rng.choice([0o644, 0o755, 0o7777, 0, 0o4755])
    lies = rng.random() < 0.3
    if lies:
        spoil(rng, outside, info, len(data))
    else:
        data = data if info.isreg() else b""
        info.size = len(data)
    try:
        block = info.tobuf(rng.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]), "utf-8", "surrogateescape")
    except (ValueError, OverflowError, UnicodeError, struct.error):
        block = plain("artifacts/plain", data)
    block = with_odd_bytes(rng, block) if lies and rng.random() < 0.3 else block
    return block + data + bytes(-len(data) % 512)


def plain(name: str, data: bytes) -> bytes:
    """The header of a file as tar writes it."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def spoil(rng: random.Random, outside: Path, info: tarfile.TarInfo, size: int) -> None:
    """Give a header values that no tar would write."""
    info.type = rng.choice(KINDS)
    info.size = rng.choice([size, size, 0, 1, 511, 512, 513, 1 << 20, 1 << 33, 1 << 62, -1])
    info.mtime = rng.choice([0, 1, -1, 1 << 33, 1 << 62, 1.5])
    info.devmajor, info.devminor = rng.choice([(0, 0), (1, 3), (-1, 1 << 20)])
    info.pax_headers = {rng.choice(PAX): text_of(rng, outside) for _header in range(rng.choice([0, 0, 1, 3, 40]))}


def with_odd_bytes(rng: random.Random, block: bytes) -> bytes:
    """A header with some other bytes, and its checksum made right again."""
    odd = bytearray(block)
    for _byte in range(rng.choice([1, 2, 8])):
        at = rng.randrange(len(odd))
        odd[at] = rng.choice([0, 0x20, 0x2F, 0x30, 0x37, 0x78, 0x80, 0xFF, rng.randrange(256)])
    last = bytes(odd[-512:-364]) + b"        " + bytes(odd[-356:])
    return bytes(odd[:-512]) + last[:148] + b"%06o\0 " % sum(last) + last[156:]


@cache
def zeros(size: int) -> bytes:
    """Many zeros, gzipped: joined together they are a bomb of any size."""
    return gzip.compress(bytes(size), 6, mtime=0)


def packed(rng: random.Random, tar: bytes) -> bytes:
    """A tar in gzip: as it should be, or in some other way."""
    good, half = gzip.compress(tar, 1, mtime=0), len(tar) // 2
    if rng.random() < 0.85:
        return good
    at = rng.randrange(len(good))
    make: Callable[[], bytes] = rng.choice([
        lambda: good[:at], lambda: good[:-8], lambda: good[:-8] + bytes(8), lambda: good + b"rest", lambda: good * 2,
        lambda: good + zeros(1 << 24) * 8, lambda: good + zeros(1 << 24) * 60, lambda: good[:3] + b"\x1f" + good[4:],
        lambda: gzip.compress(tar[:half]) + gzip.compress(tar[half:]), lambda: zlib.compress(tar), lambda: tar,
        lambda: b"", lambda: good[1:], lambda: gzip.compress(good), lambda: good + bytes(5000),
        lambda: good[:at] + b"x" + good[at + 1 :],
    ])  # fmt: skip
    return make()


def tar_of(rng: random.Random, outside: Path, files: dict[str, bytes]) -> bytes:
    """A tar of ``files``, most of its members changed in no case or in many."""
    blocks: list[bytes] = []
    calm = rng.choice([1.0, 1.0, 1.0, 0.9, 0.5])
    for name, data in files.items():
        good = plain(name, data) + data + bytes(-len(data) % 512)
        blocks.append(good if rng.random() < calm else member(rng, outside, name, data))
    for _member in range(rng.choice([0, 0, 0, 1, 1, 3, 60])):
        data = rng.choice(
            [b"", b"x", bytes(512), b"30 path=../../outside/new\n", b"1\n0\n512\n", bytes(1 << 19), bytes(3 << 19)]
        )
        blocks.insert(rng.randint(0, len(blocks)), member(rng, outside, rng.choice(TEXTS), data))
    if rng.random() < 0.1 and len(blocks) > 1:
        blocks.append(rng.choice(blocks))
        rng.shuffle(blocks)
    end = rng.choice([bytes(1024)] * 20 + [b"", bytes(512), b"x" * 512, bytes(1 << 16)])
    return b"".join(blocks) + end


def plain_files(root: Path, *, links_in: Path | None = None) -> Iterator[str]:
    """What is below ``root`` and should not be: all but files and directories, and links that stay in ``links_in``."""
    for name, (mode, *_rest) in snapshot(root).items():
        if stat.S_ISLNK(mode) and links_in is not None:
            if not os.path.realpath(root / name).startswith(os.path.realpath(links_in)):
                yield f"{name!a} is a link that leads out"
        elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            yield f"{name!a} is neither a file nor a directory"
        elif mode & 0o7000 or (mode & 0o022 and links_in is None):
            yield f"{name!a} has mode {mode:o}"


def wrong_results(work: Path, before: dict[str, tuple[Any, ...]], *, taken: bool) -> Iterator[str]:
    """What is wrong with the directory of results, which was as ``before``; ``taken``: new ones were taken over."""
    now = snapshot(work)
    yield from plain_files(work)
    was, files = ({name: one for name, one in found.items() if not stat.S_ISDIR(one[0])} for found in (before, now))
    if not taken and files != was:
        yield "something partial stays"
    if now.get("results/mine") != before.get("results/mine"):
        yield "what is not of a run was changed"
    names = {name.split("/")[1] for name in now if name.startswith("results/")}
    if names - {RESULTS_MARKER, "ansible.log", "events.jsonl", "artifacts", "mine"}:
        yield f"more stays than results: {names}"
    size = sum((work / name).lstat().st_size for name in files)
    if size > LIMITS.size + 2000 or len(now) > LIMITS.files + 10:
        yield f"{size} bytes in {len(now)} files are over the limits"
    if max(name.count("/") for name in now) > LIMITS.depth + 2:
        yield "directories are too deep"


def results_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """What a host sends back."""
    files = {"ansible.log": b"said\n", "events.jsonl": b"{}\n", "artifacts/a": b"1", "artifacts/b/c": bytes(3000)}
    if rng.random() < 0.2:
        files["artifacts/big"] = bytes(rng.choice([1 << 19, 3 << 19]))
    data = packed(rng, tar_of(rng, outside, files))
    target, again = work / "results", rng.random() < 0.5
    if again:
        (target / "artifacts").mkdir(parents=True)
        for name in (RESULTS_MARKER, "ansible.log", "artifacts/old", "mine"):
            (target / name).write_text("old")
    before = snapshot(work)

    def run() -> str:
        with results_directory(str(target), playbook="site.yml", host="h") as results, results.staging() as stage:
            done = stage.receive(io.BytesIO(data), LIMITS)
            stage.commit()
            told = results.files(stage)
            if printable_data(told) != told or printable_data(done.left_out) != done.left_out:
                return "!it tells what a terminal would obey"
            return "taken over" if stage.committed else "without a log"

    return Case("results", work, run, lambda ended: wrong_results(work, before, taken=ended == "taken over"))


def shipment_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """A project that is unpacked on a host."""
    files = {"project/site.yml": b"- hosts: all\n", "project/roles/a/tasks/main.yml": b"", "a/b": b"x"}
    archive, target = work / "shipment.tar.gz", work / "target"
    data = packed(rng, tar_of(rng, outside, files))
    archive.write_bytes(
        data if len(data) < 1 << 19 else data[:2000]
    )  # its size has no limit: the controller is trusted

    def run() -> str:
        unpack(str(archive), str(target))
        return "unpacked"

    return Case("shipment", work, run, lambda _ended: plain_files(work, links_in=target))


def a_collection(rng: random.Random, outside: Path) -> dict[str, bytes]:
    """The files of a collection, which say the truth about themselves or not."""
    files: dict[str, bytes] = collections.sources()
    for _file in range(rng.choice([0, 0, 0, 1, 3])):
        files[text_of(rng, outside)] = rng.choice([b"", b"x", bytes(70_000)])
    information: dict[str, Any] = {}
    listed = None
    if rng.random() < 0.15:
        field = rng.choice(["namespace", "name", "version", "dependencies"])
        information[field] = rng.choice([text_of(rng, outside), None, 1, [], {}, {"a.b": None}, {"../x": "*"}, 1e400])
    if rng.random() < 0.1:
        listed = collections.entries({rng.choice(TEXTS): b"" for _entry in range(rng.choice([0, 1, 5]))})
        listed += [rng.choice([None, {}, [], {"name": None}, {"name": "a", "ftype": "link"}])]
    try:
        built: dict[str, bytes] = collections.built(files, information=information, listed=listed)
    except ValueError:
        return dict(files)
    if rng.random() < 0.1:
        built[rng.choice(["MANIFEST.json", "FILES.json"])] = rng.choice([b"[" * 100_000, b"{}", b"\xff", b"9" * 5000])
    return built


def kept_whole(store: Path) -> Iterator[str]:
    """What is wrong with the kept collections of a store."""
    yield from plain_files(store)
    for entry in store.glob(".collections/*"):
        if sorted(os.listdir(entry)) != ["collection.json", "tree"]:
            yield f"{entry.name!a} is partial, or more than a collection"


def tarball_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """A collection in a tarball."""
    tarball, store = work / "acme-tools-1.0.0.tar.gz", work / "store"
    tarball.write_bytes(packed(rng, tar_of(rng, outside, a_collection(rng, outside))))

    def run() -> str:
        kept = Store(str(store))
        kept.prepare()
        if rng.random() < 0.2:
            manifest_of_tarball(str(tarball))
            return "named"
        CollectionCache(kept).add(read_tarball(str(tarball)))
        return "kept"

    return Case("tarball", work, run, lambda _ended: kept_whole(store))


if __name__ == "__main__":
    main([results_case, shipment_case, tarball_case], what="archives")
