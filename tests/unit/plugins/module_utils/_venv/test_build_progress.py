# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The phases of a build, and the file that they are written to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import new_ident, read_progress
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import build_progress
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.build_progress import (
    AUDIT,
    COLLECTIONS,
    COMPILE,
    COPY,
    PACKAGES,
    RESOLVE,
    SEAL,
    SILENT,
    BuildProgress,
    phases_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import build_request

ALL = [COLLECTIONS, RESOLVE, PACKAGES, COPY, AUDIT, COMPILE, SEAL]


def request(**options: Any) -> Any:
    given: dict[str, Any] = {"python": None, "ansible_core": None, "packages": [], "collections": [], "siblings": []}
    return build_request(**{**given, "collections_source": "community_package", **options})


def test_the_phases_are_those_that_will_come() -> None:
    assert phases_of(request(packages=["six"])) == [RESOLVE, PACKAGES, AUDIT, COMPILE, SEAL]
    assert phases_of(request(collections=["community.general"])) == ALL
    assert phases_of(request(packages=["six"], collections=["community.general"])) == ALL


def test_each_phase_takes_its_share_and_the_last_state_is_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "site.json")
    shown: list[dict[str, Any]] = []
    with BuildProgress(path, ALL, show=lambda progress: shown.append(dict(progress))) as reporter:
        for phase in ALL:
            reporter.begin(phase)
            reporter.count(1, 2)
    percents = [one["percent"] for one in shown]
    assert percents == sorted(percents) and len(set(percents)) >= 2 * len(ALL)
    assert percents[0] == 0 and percents[-2] < 100
    progress = read_progress(path)
    assert progress is not None and (progress["state"], progress["percent"]) == ("succeeded", 100.0)
    assert [path.name for path in tmp_path.iterdir()] == ["site.json"]


def test_a_phase_that_does_not_come_changes_nothing_and_a_second_attempt_does_not_fall(tmp_path: Path) -> None:
    shown: list[dict[str, Any]] = []

    def show(progress: Mapping[str, object]) -> None:
        shown.append(dict(progress))

    with BuildProgress(str(tmp_path / "site.json"), [RESOLVE, PACKAGES, SEAL], show=show) as reporter:
        reporter.begin(PACKAGES)
        reporter.count(9, 10)
        number, reached = len(shown), shown[-1]["percent"]
        reporter.begin(COPY)
        assert len(shown) == number
        reporter.begin(RESOLVE)
        assert (shown[-1]["step"], shown[-1]["percent"]) == (RESOLVE.step, reached)


@pytest.mark.parametrize(
    ("error", "state"), [(None, "succeeded"), (ValueError("no"), "failed"), (KeyboardInterrupt(), "stopped")]
)
def test_how_a_build_ended_is_written(tmp_path: Path, error: BaseException | None, state: str) -> None:
    path, ident = str(tmp_path / "site.json"), new_ident()
    with pytest.raises((ValueError, KeyboardInterrupt)) if error else SILENT.watching(lambda: (0, 0)):
        with BuildProgress(path, ALL, ident=ident):
            if error is not None:
                raise error
    progress = read_progress(path)
    assert progress is not None and (progress["state"], progress["id"]) == (state, ident)


def test_without_an_id_there_is_a_new_one(tmp_path: Path) -> None:
    path = str(tmp_path / "site.json")
    with BuildProgress(path, ALL):
        progress = read_progress(path)
    assert progress is not None and len(progress["id"]) == 16


def test_a_file_that_cannot_be_written_is_no_failure_of_the_build(tmp_path: Path) -> None:
    shown: list[Mapping[str, object]] = []
    with BuildProgress(str(tmp_path / "missing" / "site.json"), ALL, show=shown.append) as reporter:
        reporter.begin(SEAL)
        reporter.count(1, 1)
    assert shown and not list(tmp_path.iterdir())


def test_what_says_nothing_is_looked_at_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_progress, "_LOOK_SECONDS", 0.001)
    numbers: Iterator[int] = iter(range(1000))
    looks: list[int] = []

    def look() -> tuple[float, int]:
        looks.append(next(numbers))
        if len(looks) == 3:
            raise FileNotFoundError("it was removed a moment ago")
        return looks[-1], 1000

    with BuildProgress(str(tmp_path / "site.json"), ALL) as reporter, reporter.watching(look):
        deadline = time.monotonic() + 60
        while len(looks) < 10 and time.monotonic() < deadline:
            time.sleep(0.001)
    seen = len(looks)
    time.sleep(0.01)
    assert len(looks) == seen >= 10
