# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Units that are expected and done, and the percentage."""

from __future__ import annotations

import random

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.estimate import Estimate


def begun(tasks: int = 4, hosts: tuple[str, ...] = ("a",), *, later: int = 0) -> Estimate:
    estimate = Estimate()
    estimate.expect({"play": tasks * len(hosts), "later": later})
    estimate.expect({"play": 0})
    estimate.begin([(f"t{number}", 1) for number in range(tasks)], hosts)
    return estimate


def test_each_unit_takes_the_same_share() -> None:
    estimate = begun(hosts=("a", "b"))
    shown = []
    for task in range(4):
        for host in ("a", "b"):
            estimate.finish(f"t{task}", host)
            shown.append(estimate.percent)
    assert shown == pytest.approx([12.5 * number for number in range(1, 9)])
    assert (estimate.done, estimate.total) == (8, 8)


def test_plays_that_come_are_counted() -> None:
    estimate = begun(4, later=4)
    for task in range(4):
        estimate.finish(f"t{task}", "a")
    assert estimate.percent == pytest.approx(50)
    estimate.expect({"later": 0})
    estimate.begin([("u", 1)], ["a"])
    estimate.finish("u", "a")
    assert estimate.percent == pytest.approx(100) and estimate.total == 5


def test_an_include_slows_down_and_lets_nothing_fall() -> None:
    estimate = Estimate()
    estimate.begin([("include", 5), ("last", 1)], ["a"])
    estimate.finish("include", "a", included=True)
    before = estimate.percent
    assert before == pytest.approx(100 / 6)
    for _turn in range(2):
        estimate.include(["a"], 10)
    assert (estimate.percent, estimate.total) == (before, 1 + 20 + 1)
    for number in range(20):
        estimate.finish(f"included{number}", "a")
    assert estimate.total == 22
    estimate.finish("last", "a")
    assert estimate.percent == pytest.approx(100) and estimate.done == estimate.total == 22


def test_an_include_that_is_skipped_takes_its_place_along() -> None:
    estimate = Estimate()
    estimate.begin([("include", 5), ("last", 1)], ["a"])
    estimate.finish("include", "a")
    assert estimate.percent == pytest.approx(50) and estimate.total == 2


def test_what_lies_before_a_result_will_not_run() -> None:
    estimate = begun(10)
    estimate.finish("t7", "a")
    assert (estimate.done, estimate.total) == (1, 3)
    assert estimate.percent == pytest.approx(100 / 3)


def test_a_host_that_is_lost_is_no_longer_counted() -> None:
    estimate = begun(4, ("a", "b"))
    estimate.finish("t0", "a")
    estimate.finish("t0", "b")
    estimate.lose("b")
    estimate.lose("b")
    assert estimate.total == 5
    for task in range(1, 4):
        estimate.finish(f"t{task}", "a")
    assert estimate.percent == pytest.approx(100)


def test_handlers_are_counted_once_they_are_notified() -> None:
    estimate = begun(2)
    estimate.finish("t0", "a")
    for _turn in range(3):
        estimate.notify("h", "a")
    assert estimate.total == 3
    estimate.finish("t1", "a")
    estimate.finish("h", "a")
    assert estimate.percent == pytest.approx(100) and estimate.done == estimate.total == 3


def test_what_nobody_expected_is_counted_and_changes_no_share() -> None:
    estimate = begun(2)
    estimate.finish("t0", "a")
    estimate.finish("rescue", "a")
    assert estimate.percent == pytest.approx(50) and (estimate.done, estimate.total) == (2, 3)


def test_a_task_that_says_how_far_it_is() -> None:
    estimate = begun(4, ("a", "b"))
    estimate.within("t0", "a", 50)
    assert estimate.percent == pytest.approx(100 / 8 / 2)
    estimate.within("t0", "a", 10)
    assert estimate.percent == pytest.approx(100 / 8 / 2)
    estimate.within("t0", "b", 100)
    assert estimate.percent == pytest.approx(100 / 8 * 1.5)
    for host in ("a", "b"):
        estimate.finish("t0", host)
    assert estimate.percent == pytest.approx(25)


@pytest.mark.parametrize("seed", range(30))
def test_percent_never_falls_whatever_comes(seed: int) -> None:
    choice, estimate, shown = random.Random(seed), Estimate(), [0.0]
    for _turn in range(300):
        host, task = choice.choice("abc"), f"t{choice.randrange(12)}"
        event = choice.randrange(12)
        if event == 0:
            estimate.begin(
                [(f"t{number}", choice.choice((1, 1, 5))) for number in range(10)], "abc"[: choice.randrange(4)]
            )
        elif event == 1:
            estimate.include(choice.sample("abc", choice.randrange(3)), choice.randrange(9))
        elif event == 2:
            estimate.lose(host)
        elif event == 3:
            estimate.notify(f"h{choice.randrange(2)}", host)
        elif event == 4:
            estimate.within(task, host, choice.uniform(0, 100))
        elif event == 5:
            estimate.expect({choice.randrange(3): choice.randrange(40)})
        else:
            estimate.finish(choice.choice((task, "h0", "h1", "x")), host, included=choice.random() < 0.1)
        shown.append(estimate.percent)
        assert 0 <= shown[-1] <= 100 + 1e-9
        assert estimate.done <= estimate.total
    assert shown == sorted(shown)
