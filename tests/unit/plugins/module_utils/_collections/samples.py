# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Small collections, and the directories, tarballs and wheels that hold them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.build import TreeBuilder
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CollectionCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.tool import GalaxyTool
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed, Runner
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv

PLUGIN = "plugins/modules/hello.py"
SCRIPT = "plugins/inventory/list.sh"


def no_uv() -> Uv:
    raise AssertionError("uv is not needed")


class NoRunner:
    """For what starts no program."""

    def run(self, *_argv: Any, **_options: Any) -> Completed:
        raise AssertionError("no program is needed")


def builder(store: Store, runner: Runner | None = None) -> TreeBuilder:
    """What puts collections into the cache of ``store``; with a ``runner`` it builds source trees too."""
    tool = GalaxyTool(store=store, uv=no_uv)
    return TreeBuilder(CollectionCache(store), store=store, tool=tool, runner=runner or NoRunner())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sources(**changes: bytes | None) -> dict[str, bytes]:
    """The files of a small collection, without its metadata; None takes one away."""
    files: dict[str, bytes | None] = {
        "README.md": b"# hello\n",
        PLUGIN: b"# hello\n",
        SCRIPT: b"#!/bin/sh\n",
        "meta/runtime.yml": b"---\nrequires_ansible: '>=2.15.0'\n",
        "tests/unit/test_hello.py": b"def test(): ...\n",
        ".gitignore": b"*.pyc\n",
    }
    files.update(changes)
    return {path: data for path, data in files.items() if data is not None}


def entries(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """What FILES.json lists."""
    root = {"name": ".", "ftype": "dir", "chksum_type": None, "chksum_sha256": None, "format": 1}
    return [
        root,
        *(
            {"name": path, "ftype": "file", "chksum_type": "sha256", "chksum_sha256": sha256(data), "format": 1}
            for path, data in files.items()
        ),
    ]


def built(
    files: Mapping[str, bytes] | None = None,
    *,
    name: str = "acme.tools",
    version: str = "1.0.0",
    dependencies: Mapping[str, str] | None = None,
    listed: Sequence[Mapping[str, Any]] | None = None,
    information: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """``files`` with MANIFEST.json and FILES.json first, as ansible-galaxy builds them; the rest makes them lie."""
    files = sources() if files is None else files
    listing = json.dumps({"files": entries(files) if listed is None else listed, "format": 1}).encode()
    namespace, short = name.split(".")
    manifest = {
        "collection_info": {
            "namespace": namespace,
            "name": short,
            "version": version,
            "dependencies": dict(dependencies or {}),
            **(information or {}),
        },
        "file_manifest_file": {"name": "FILES.json", "ftype": "file", "chksum_sha256": sha256(listing), "format": 1},
        "format": 1,
    }
    return {"MANIFEST.json": json.dumps(manifest).encode(), "FILES.json": listing, **files}


def write_directory(directory: Path, files: Mapping[str, bytes]) -> str:
    for path, data in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        if path == SCRIPT:
            place.chmod(0o755)
    return str(directory)


def tar_file(path: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(path)
    member.size = len(data)
    member.mode = 0o775 if path == SCRIPT else 0o664
    return member, data


def tar_link(path: str, target: str, *, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(path)
    member.type = kind
    member.linkname = target
    return member, b""


def write_tarball(
    path: Path, files: Mapping[str, bytes], *, extra: Sequence[tuple[tarfile.TarInfo, bytes]] = ()
) -> str:
    """``extra`` members go last, whatever they are."""
    with tarfile.open(path, "w:gz") as archive:
        for member, data in [*(tar_file(name, data) for name, data in files.items()), *extra]:
            archive.addfile(member, io.BytesIO(data))
    return str(path)


def write_gzip(path: Path, data: bytes) -> str:
    path.write_bytes(gzip.compress(data))
    return str(path)


def record(files: Mapping[str, bytes], **changes: str | None) -> str:
    """RECORD for ``files``; ``changes`` replace the hash of a path, None takes its line away."""
    lines = []
    for path, data in files.items():
        encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        stated = changes.get(path, f"sha256={encoded}")
        if stated is not None:
            lines.append(f"{path},{stated},{len(data)}")
    return "\n".join(lines) + "\n"


def write_wheel(
    directory: Path,
    collections: Mapping[str, Mapping[str, bytes]],
    *,
    version: str = "12.3.0",
    requires: str = "ansible-core~=2.19.5",
    stated: Mapping[str, str | None] | None = None,
    unlisted: Mapping[str, bytes] | None = None,
) -> str:
    """A wheel of the ``ansible`` package; ``stated`` changes its RECORD, ``unlisted`` files are not in it."""
    information = f"ansible-{version}.dist-info"
    files = {
        f"ansible_collections/{name.replace('.', '/')}/{path}": data
        for name, content in collections.items()
        for path, data in content.items()
    }
    files["ansible_collections/ansible_release.py"] = b"__version__ = '1'\n"
    files[f"{information}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: ansible\nRequires-Dist: {requires}\n\nText\n".encode()
    )
    os.makedirs(directory, exist_ok=True)
    wheel = directory / f"ansible-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**files, **(unlisted or {})}.items():
            member = zipfile.ZipInfo(path)
            member.external_attr = (0o100755 if path.endswith(SCRIPT) else 0o100644) << 16
            archive.writestr(member, data)
        archive.writestr(f"{information}/RECORD", record(files, **(stated or {})) + f"{information}/RECORD,,\n")
    return str(wheel)
