# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A user is told which edits of a lock are lost, and nothing where there were none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.locked import LockedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.report import lost_edits

HASHES = ["a" * 64, "b" * 64]
LOCK = Lockfile(
    "e" * 64,
    "3.11",
    (("idna", "3.10", HASHES[0]), ("six", "1.17.0", HASHES[1])),
    (LockedCollection("acme.tools", "1.0.0", HASHES[0]),),
)
Edit = Callable[[str], str]


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        (
            "requirements.txt",
            lambda text: text.replace("six==1.17.0", "six==1.16.0"),
            f": -six==1.16.0 --hash=sha256:{HASHES[1]}, +six==1.17.0 --hash=sha256:{HASHES[1]}",
        ),
        (
            "requirements.txt",
            lambda text: text.replace(f"idna==3.10 --hash=sha256:{HASHES[0]}\n", ""),
            f": +idna==3.10 --hash=sha256:{HASHES[0]}",
        ),
        (
            "requirements.yml",
            lambda text: text.replace("version: 1.0.0", "version: 2.0.0"),
            f": -- name: acme.tools version: 2.0.0 # sha256:{HASHES[0]}, "
            f"+- name: acme.tools version: 1.0.0 # sha256:{HASHES[0]}",
        ),
        ("requirements.txt", lambda text: text.replace("Python 3.11", "Python 3.12"), ""),
    ],
)
def test_what_differs_is_named(name: str, edit: Edit, said: str) -> None:
    texts = LOCK.texts()
    told = lost_edits({**texts, name: edit(texts[name])}, LOCK, "/p")
    assert told == f"The lock in /p was edited after it was written, and is written again{said}"


@pytest.mark.parametrize(
    "found",
    [
        {},
        LOCK.texts(),
        Lockfile("f" * 64, "3.12", (), ()).texts(),
        {name: text.replace("\n", "\r\n") for name, text in LOCK.texts().items()},
        {"requirements.txt": LOCK.texts()["requirements.txt"]},
    ],
)
def test_another_lock_and_none_are_no_edit(found: dict[str, str]) -> None:
    assert lost_edits(found, LOCK, "/p") is None
