# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Random hostile wheels: ``fuzz_wheels.py SECONDS [FIRST_SEED [MOST]]``; each seed is a wheel of ansible or of uv.

What is said of ``fuzz_archives.py`` holds here too.
"""

from __future__ import annotations

import io
import os
import random
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

from fuzzing import Case, become_nobody, main

become_nobody(__file__)

from fuzz_archives import a_collection, collections, kept_whole, plain_files, text_of

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.wheel import Wheel
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.staging import staging
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import tool


def odd_zip(rng: random.Random, outside: Path, files: dict[str, bytes]) -> bytes:
    """A zip of ``files``, with what is odd put into it."""
    sink = io.BytesIO()
    warnings.simplefilter("ignore")  # of names that are there twice
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = name.encode("utf-8", "replace").decode() if rng.random() < 0.99 else text_of(rng, outside)
            info.filename = info.filename.encode("utf-8", "replace").decode()
            mode = rng.choice([0o100644] * 30 + [0o120777, 0o104755, 0o010644, 0o40755, 0o60644])
            info.external_attr = mode << 16
            kind = rng.choice([zipfile.ZIP_DEFLATED] * 20 + [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
            archive.writestr(info, data, kind)
            if rng.random() < 0.01:
                archive.writestr(info, b"twice")
    content = bytearray(sink.getvalue())
    for _change in range(rng.choice([0] * 9 + [1, 1, 3, 30])):
        middle = rng.choice([rng.randrange(len(content)), max(0, len(content) - rng.randrange(400))])
        at = min(middle, len(content) - 1)
        content[at] = rng.randrange(256)
    entry = content.find(b"PK\x01\x02")
    for _lie in range(rng.choice([0] * 9 + [1, 1, 2])):  # about flags, method, sizes, offset
        at, size = rng.choice([(8, 2), (10, 2), (20, 4), (24, 4), (28, 2), (42, 4)])
        value = rng.choice([0, 1, 8, 12, 14, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, rng.randrange(1 << 16)])
        content[entry + at : entry + at + size] = value.to_bytes(4, "little")[:size]
        entry = max(entry, content.find(b"PK\x01\x02", entry + 1))
    whole = bytes(content)
    return rng.choice(
        [whole] * 30 + [whole[: len(whole) // 2], whole[10:], b"x" * 100 + whole, whole * 2, whole + b"x" * 70_000, b""]
    )


def wheel_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """Collections in the wheel of the ansible package."""
    store, wheel = work / "store", work / "ansible-12.3.0-py3-none-any.whl"
    root, information = "ansible_collections/acme/tools", "ansible-12.3.0.dist-info"
    files = {f"{root}/{name}": data for name, data in a_collection(rng, outside).items()}
    if rng.random() < 0.02:
        files[rng.choice([f"{root}/big", f"{information}/METADATA"])] = bytes(rng.choice([1, 3, 5]) << 26)
    files.setdefault(f"{information}/METADATA", b"Requires-Dist: ansible-core~=2.19.5\n\n")
    named = {name.encode("utf-8", "replace").decode(): data for name, data in files.items()}
    rows = collections.record(named) + f"{information}/RECORD,,\n"
    if rng.random() < 0.2:
        odd = rng.choice(["\x00", '"', "a,b\n", ",,,\n", "../x,sha256=aa,1\n", "x,md5=a,1\n", "\n\n", "x" * 200_000])
        rows = rng.choice([rows + odd, odd + rows, rows[: len(rows) // 2], ""])
    wheel.write_bytes(odd_zip(rng, outside, {**named, f"{information}/RECORD": rows.encode()}))

    def run() -> str:
        kept = Store(str(store))
        kept.prepare()
        opened = Wheel(str(wheel))
        try:
            opened.core_requirement()
            for name in opened.names():
                CollectionCache(kept).add(opened.content(name))
        finally:
            opened.close()
        return "kept"

    return Case("wheel", work, run, lambda _ended: kept_whole(store))


def uv_case(rng: random.Random, work: Path, outside: Path) -> Case:
    """The wheel of uv."""
    wheel, tools = work / "uv-0.13.8-py3-none-any.whl", work / "tools"
    files = {
        "uv-0.13.8.data/scripts/uv": bytes(rng.choice([9] * 80 + [1 << 20, 3 << 28])),
        "uv/a.py": b"",
    }
    files |= {text_of(rng, outside): b"" for _file in range(rng.choice([0, 1]))}
    if rng.random() < 0.1:
        files["uv-1.data/scripts/uv"] = b""
    wheel.write_bytes(odd_zip(rng, outside, files))

    def run() -> str:
        with staging(str(tools)) as scratch:
            tool._unpack(wheel, os.path.join(scratch, "uv"))
            return "unpacked" if os.listdir(scratch) == ["uv"] else "!more than the program"

    def check(_ended: str) -> Iterator[str]:
        yield from plain_files(work)
        if tools.exists() and os.listdir(tools):
            yield "something partial stays"

    return Case("wheel of uv", work, run, check)


if __name__ == "__main__":
    main([wheel_case, wheel_case, uv_case], what="wheels")
