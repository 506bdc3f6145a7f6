# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What projects and files require together: in one spelling and order, and with the hashes that all of them allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.combination import combined
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_file

SHA = "ab" * 32
OTHER = "cd" * 32


def test_needs_are_normal_and_know_the_hashes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Six==1 --hash=sha256:{SHA.upper()}\nidna")
    (tmp_path / "b.txt").write_text(f"idna\nsix == 1 --hash sha256:{OTHER} --hash=sha256:{SHA}\n-c c.txt")
    (tmp_path / "c.txt").write_text("x<1")
    needs = combined([read_file(str(tmp_path / name)) for name in ("a.txt", "b.txt")])
    assert needs.requirements == ("idna", "six==1")
    assert needs.constraints == ("x<1",)
    assert needs.hashes == (("six==1", (SHA,)),)
    assert needs == combined([read_file(str(tmp_path / name)) for name in ("b.txt", "a.txt")])


@pytest.mark.parametrize(
    ("texts", "hashes"),
    [
        # Nobody accepts what only another one allows.
        ([f"six==1 --hash=sha256:{SHA}", f"six==1 --hash=sha256:{OTHER}"], {"six==1": ()}),
        ([f"six==1 --hash=sha256:{SHA}", "six==1"], {"six==1": (SHA,)}),
        # The same version for different hosts, in one file.
        (
            [f"x==1;os_name=='nt' --hash=sha256:{SHA}\nx==1;os_name!='nt' --hash=sha256:{OTHER}"],
            {"x==1": tuple(sorted((SHA, OTHER)))},
        ),
        # One of these is installed, and it is not known yet which one.
        (
            [f"x==1;os_name=='nt' --hash=sha256:{SHA}\nx==2;os_name!='nt' --hash=sha256:{OTHER}"],
            {"x==1": (SHA,), "x==2": (OTHER,)},
        ),
    ],
)
def test_a_wheel_must_suit_every_file(tmp_path: Path, texts: list[str], hashes: dict[str, tuple[str, ...]]) -> None:
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text)
    needs = combined([read_file(str(tmp_path / f"{number}.txt")) for number in range(len(texts))])
    assert dict(needs.hashes) == hashes
