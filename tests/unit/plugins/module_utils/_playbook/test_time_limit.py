# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The time of a run is over for whatever it does just then."""

from __future__ import annotations

import os
import signal
import time

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import RunError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.time_limit import (
    NO_TIME_LIMIT,
    TimeLimit,
)


def test_a_step_without_end_ends() -> None:
    limit = TimeLimit(1)
    with pytest.raises(RunError, match="counting was stopped: the timeout of 1 s for the whole run is over"):
        with limit.holds("counting"):
            while True:
                pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    with pytest.raises(RunError), limit.holds("a step that starts too late"):
        time.sleep(60)


def test_a_step_that_waits_for_others_ends() -> None:
    readable, writable = os.pipe()
    with pytest.raises(RunError), TimeLimit(1).holds("waiting"):
        os.read(readable, 1)
    os.close(readable)
    os.close(writable)


def test_what_is_left_is_never_no_limit() -> None:
    limit = TimeLimit(1)
    assert 0 < limit.left <= 1
    assert NO_TIME_LIMIT.left == 0
    with NO_TIME_LIMIT.holds("anything"):
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_error_of_a_step_stays_what_it_is() -> None:
    with pytest.raises(KeyError), TimeLimit(60).holds("looking"):
        raise KeyError("x")
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
