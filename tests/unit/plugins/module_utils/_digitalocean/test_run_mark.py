# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Only what a run made has its mark."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._digitalocean.run_mark import RunMark, is_run

MARK = RunMark("3f1c5ad86cf1", 1790000000)


def test_a_mark_is_read_as_it_was_written() -> None:
    assert RunMark.of(str(MARK)) == MARK
    # What the API allows in names and in tags.
    assert re.fullmatch("[a-zA-Z0-9.-]{1,255}", str(MARK))
    assert re.fullmatch(r"[a-zA-Z0-9_\-:]{1,255}", str(MARK))


@pytest.mark.parametrize(
    "text",
    [
        "", None, 7, "web", "mobile-ansible-torrent", "mobile-ansible-torrent-3f1c5ad86cf1", f"my-{MARK}", f"{MARK}0",
        f"{MARK}\n", str(MARK).upper(), "mobile-ansible-torrent-3f1c5ad86cfg-1790000000",
        "mobile-ansible-torrent-3f1c5ad86cf1-١٧٩٠٠٠٠٠٠٠",
    ],
)  # fmt: skip
def test_what_is_not_ours_has_none(text: object) -> None:
    assert RunMark.of(text) is None


@pytest.mark.parametrize(("text", "is_one"), [("3f1c5ad86cf1", True), ("", False), ("../", False), ("3" * 13, False)])
def test_an_id_of_a_run(text: str, is_one: bool) -> None:
    assert is_run(text) is is_one
