# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""On a disk that can clone files a venv takes no room for what is kept already, and an edit in it stays in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import debian
import pytest
from disks import formatted, mounted
from shared_venv_process import built

PACKAGES = {"mkfs.btrfs": "btrfs-progs", "mkfs.xfs": "xfsprogs"}


def is_shared(path: Path) -> bool:
    """Whether other files have the same blocks, as the kernel tells."""
    os.sync()
    listing = subprocess.run(["filefrag", "-v", str(path)], capture_output=True, text=True, check=True).stdout
    return "shared" in listing


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk")
@pytest.mark.parametrize("mkfs", PACKAGES)
def test_blocks_are_shared_until_a_file_is_edited(tmp_path: Path, wheelhouse: Path, mkfs: str) -> None:
    program = debian.program(mkfs, package=PACKAGES[mkfs])
    if program is None:
        pytest.skip(f"{PACKAGES[mkfs]} is not installed")
    image = formatted(tmp_path / "image", program, mebibytes=512)
    with mounted(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        answer = built(
            store=str(disk / "store"),
            name="site",
            packages=["six==1.17.0"],
            collections=["ansible.utils"],
            collections_source="community_package",
            find_links=[str(wheelhouse)],
            offline=True,
        )
        (site,) = Path(answer["generation"]).glob("lib/python3.*/site-packages")
        package = site / "six.py"
        (collection,) = site.glob("ansible_collections/ansible/utils/plugins/plugin_utils/base/ipaddr_utils.py")
        assert is_shared(package)
        assert is_shared(collection)
        kept = [path for name in (package.name, collection.name) for path in (disk / "store").glob(f".c*/**/{name}")]
        before = [path.read_bytes() for path in kept]
        for path in (package, collection):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().swapcase())
        assert len(kept) == 2
        assert [path.read_bytes() for path in kept] == before
