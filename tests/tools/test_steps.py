# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A failure is never counted as a success, and a skip never loses its reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from steps import Check, NotSetUp, Result, Skip, Step, count, run, run_all, summary

JUNIT = """<testsuites><testsuite>
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="broken"><error message="no"/></testcase>
<testcase classname="a" name="first"><skipped message="needs root"/></testcase>
<testcase classname="a" name="second"><skipped>none</skipped></testcase>
<testcase classname="a" name="nothing there"><skipped>No tests applicable.</skipped></testcase>
</testsuite></testsuites>"""
GOOD = '<testsuites><testsuite><testcase classname="a" name="good"/></testsuite></testsuites>'


@pytest.mark.parametrize(
    ("returncode", "files", "expected"),
    [
        (0, [], Result("x", 1)),
        (2, [], Result("x", 0, ("x: ended with 2",))),
        (0, [GOOD], Result("x", 1)),
        (0, [GOOD, GOOD], Result("x", 2)),
        (3, [GOOD], Result("x", 1, ("x: ended with 3",))),
        (1, [JUNIT], Result("x", 1, ("x: a::bad", "x: a::broken"), ("x: a::first: needs root", "x: a::second: none"))),
    ],
)
def test_count(returncode: int, files: list[str], expected: Result, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.xml" for number, _text in enumerate(files)]
    for path, text in zip(paths, files, strict=True):
        path.write_text(text)
    assert count("x", returncode=returncode, files=paths) == expected


@pytest.mark.parametrize("returncode", [0, 1])
def test_clean_up_follows_success_and_failure(returncode: int, tmp_path: Path) -> None:
    mark = tmp_path / "cleaned"
    after = [sys.executable, "-c", f"open({str(mark)!r}, 'w').close()"]
    argv = [sys.executable, "-c", f"raise SystemExit({returncode})"]
    result = run(Check("x", argv, dict(os.environ), tmp_path, after=after))
    assert (result.passed, len(result.failed)) == (1 - returncode, returncode)
    assert mark.exists()


def test_results_of_an_earlier_run_do_not_count(tmp_path: Path) -> None:
    junit = tmp_path / "junit"
    junit.mkdir()
    (junit / "old.xml").write_text(GOOD)
    result = run(Check("x", [sys.executable, "-c", "raise SystemExit(1)"], dict(os.environ), tmp_path, junit=junit))
    assert (result.passed, result.failed) == (0, ("x: ended with 1",))


def test_a_run_that_promised_results_and_left_none_has_failed(tmp_path: Path) -> None:
    result = run(Check("x", [sys.executable, "-c", ""], dict(os.environ), tmp_path, junit=tmp_path / "junit"))
    assert (result.passed, result.failed) == (0, ("x: ended with 0 but left no results",))


def program(code: str, tmp_path: Path, name: str = "x") -> Check:
    return Check(name, [sys.executable, "-c", code], dict(os.environ), tmp_path)


def test_steps_run_side_by_side_and_none_is_lost(tmp_path: Path) -> None:
    """Each of two waits for the other: one after the other they would never end."""
    meet = (
        "import os, sys, time\nopen(sys.argv[1], 'w').close()\n"
        "while not os.path.exists(sys.argv[2]): time.sleep(0.01)\n"
    )
    names = [str(tmp_path / "a"), str(tmp_path / "b")]
    pairs = [Check("x", [sys.executable, "-c", meet, *order], {}, tmp_path) for order in (names, names[::-1])]
    steps: list[Step] = [
        *pairs,
        Skip("y", "why"),
        program("raise SystemExit(3)", tmp_path, "z"),
        NotSetUp("w", "no uv"),
    ]
    results = run_all(iter(steps), jobs=2, logs=tmp_path / "logs")
    assert [result.name for result in results] == ["x", "x", "y", "z", "w"]
    assert [len(result.failed) for result in results] == [0, 0, 0, 1, 1]


def test_a_step_is_prepared_when_its_turn_comes(tmp_path: Path) -> None:
    marks = [tmp_path / str(number) for number in range(4)]

    def steps() -> Iterator[Check]:
        for number, mark in enumerate(marks):
            if number >= 2:
                assert marks[number - 2].exists(), "prepared before there was room for it"
            yield program(f"open({str(mark)!r}, 'w').close()", tmp_path)

    assert len(run_all(steps(), jobs=1, logs=tmp_path / "logs")) == 4


def test_what_a_step_says_is_shown_in_one_piece(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    talk = "import sys, time\nfor _ in range(20): print(sys.argv[1], flush=True); time.sleep(0.01)"
    steps = [Check(name, [sys.executable, "-c", talk, name], {}, tmp_path) for name in ("a", "b")]
    run_all(iter(steps), jobs=2, logs=tmp_path / "logs")
    said = [line for line in capfd.readouterr().out.splitlines() if line in ("a", "b")]
    assert said in (["a"] * 20 + ["b"] * 20, ["b"] * 20 + ["a"] * 20)


def test_summary_ends_with_the_totals() -> None:
    results = [Result("a", 3), Result("b", 1, ("b: t",), ("b: u: why",)), run(Skip("c", "needs root"))]
    lines = summary(results).splitlines()
    assert lines[-1] == "4 passed, 1 failed, 2 skipped"
    assert {"SKIPPED b: u: why", "SKIPPED c: needs root", "FAILED b: t"} <= set(lines)
