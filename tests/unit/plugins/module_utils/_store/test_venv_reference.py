# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where links lead, and how a link is written: compared with what the kernel and ``os.path`` say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.link_path import link_text
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.venv_reference import normalised
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.walk import follow

if TYPE_CHECKING:
    from pathlib import Path

#: Links below a directory that holds /real/deep/venv, a directory; {root} is that directory.
LINKS = {
    "short": "real/deep/venv",
    "chain": "short",
    "absolute": "{root}/real/deep",
    "up": "real/../real/./deep//venv/",
    "dangling": "real/nothing/venv",
    "real/sideways": "deep",
    "circle": "other-circle",
    "other-circle": "circle",
    "itself": "itself",
}


@pytest.fixture(name="root")
def fixture_root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "root"
    (root / "real" / "deep" / "venv").mkdir(parents=True)
    for link, text in LINKS.items():
        os.symlink(text.format(root=root), root / link)
    return root


@pytest.mark.parametrize(
    "path",
    ["short", "chain", "absolute/venv", "up", "dangling", "real/sideways/venv", "real/sideways/../deep", ".", "absent"],
)
def test_a_trail_ends_where_the_kernel_does(root: Path, path: str) -> None:
    trail = follow(f"{root}/{path}")
    assert (trail.end, trail.looping) == (os.path.realpath(root / path), False)


@pytest.mark.parametrize("path", ["circle", "itself", "circle/below"])
def test_a_circle_is_no_end(root: Path, path: str) -> None:
    assert follow(f"{root}/{path}").looping
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        os.stat(root / path)


def test_a_trail_tells_every_link_on_the_way(root: Path) -> None:
    visited = follow(f"{root}/chain").visited
    assert [path for path in visited if os.path.islink(path)] == [f"{root}/chain", f"{root}/short"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("chain", "chain"),
        ("chain/", "chain"),
        ("chain///", "chain"),
        ("./real/.//deep", "real/deep"),
        ("real/../chain", "chain"),
        ("absolute/../deep/venv", "real/deep/venv"),
        ("real/deep/..", "real"),
        ("absolute/venv", "absolute/venv"),
    ],
)
def test_a_path_is_normalised_as_the_kernel_reads_it(root: Path, path: str, expected: str) -> None:
    """A ``..`` after a link goes up from where the link leads; the link that a path ends with stays."""
    assert normalised(f"{root}/{path}") == f"{root}/{expected}"
    assert os.path.realpath(normalised(f"{root}/{path}")) == os.path.realpath(root / path)


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("target", ["real/deep/venv", "chain", "absolute/venv", "project/own/venv"])
def test_what_a_link_says_leads_to_its_target(root: Path, target: str, relative: bool) -> None:
    directory = root / "project"
    (directory / "own" / "venv").mkdir(parents=True)
    text = link_text(f"{root}/{target}", directory=str(directory), relative=relative)
    os.symlink(text, directory / "venv")
    assert os.path.samefile(directory / "venv", root / target)
    assert os.path.isabs(text) is not relative
