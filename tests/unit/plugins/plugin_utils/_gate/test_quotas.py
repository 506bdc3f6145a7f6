# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What of the runs of a key goes when a new one comes, and when none may come."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.quotas import (
    KeptRun,
    check_running,
    check_waiting,
    runs_to_remove,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateKey

KEY: GateKey = {
    "verbs": [], "targets": [], "profiles": [], "confirm": True, "confirm_torrent": False,
    "running": 2, "upload_mib": 1, "days": 2, "kept": 3,
    "kept_mib": 10,
}  # fmt: skip
DAY, MIB = 86400.0, 1 << 20


def run(ident: str, state: str = "succeeded", *, days: float = 0, mib: int = 0) -> KeptRun:
    return KeptRun(ident, state, days * DAY, mib * MIB)


def test_what_is_old_goes_whatever_it_is_but_what_goes_on() -> None:
    runs = [run("a"), run("b", days=3), run("c", "waits", days=3), run("d", "running", days=3)]
    assert runs_to_remove(runs, KEY) == ["b", "c"]


def test_the_oldest_go_beyond_the_number() -> None:
    assert runs_to_remove([run(name) for name in "abcde"], KEY) == ["d", "e"]


def test_what_is_too_large_goes_and_what_is_older_and_small_stays() -> None:
    assert runs_to_remove([run("a", mib=6), run("b", mib=6), run("c", mib=4)], KEY) == ["b"]


def test_what_waits_is_not_removed_by_what_is_newer() -> None:
    assert runs_to_remove([run(name, "waits") for name in "abcde"], KEY) == []
    with pytest.raises(GateError, match="wait"):
        check_waiting([run(name, "waits") for name in "abc"], KEY)


def test_what_waits_is_not_larger_than_what_may_be_kept() -> None:
    """Else a key could fill the disk with projects that it never confirms."""
    check_waiting([run("a", "waits", mib=9), run("b", "succeeded", mib=9)], KEY)
    with pytest.raises(GateError, match="wait take 10 MiB, and 10 MiB is its maximum"):
        check_waiting([run("a", "waits", mib=5), run("b", "waits", mib=5)], KEY)


def test_only_so_many_go_on_at_once() -> None:
    check_running([run("a", "running"), run("b"), run("c", "waits")], KEY)
    with pytest.raises(GateError, match="2 runs of this key go on"):
        check_running([run("a", "running"), run("b", "stopping"), run("c")], KEY)
