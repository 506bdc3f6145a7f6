# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What was walked is walked once more only where that can find more."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.values import Values
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.visited import TemplatedNames, Visited

HERE, THERE = Path("/here"), Path("/there")


def test_it_counts_from_the_first_time() -> None:
    visited = Visited()
    assert not visited.before("role", HERE, static=True)
    assert visited.before("role", HERE, static=True)
    assert visited.before("role", THERE, static=True)
    assert not visited.before("other", HERE, static=True)


def test_what_ansible_reads_before_the_first_task_is_walked_once_more_for_that() -> None:
    visited = Visited()
    assert not visited.before("tasks", HERE, static=False)
    assert visited.before("tasks", HERE, static=False)
    assert not visited.before("tasks", HERE, static=True)
    assert visited.before("tasks", HERE, static=False)


def test_what_searches_beside_the_playbook_is_walked_for_each_of_its_directories() -> None:
    visited = Visited()
    assert not visited.before("tasks", HERE, static=True)
    visited.searched_at_base(["tasks"])
    assert not visited.before("tasks", THERE, static=True)
    assert visited.before("tasks", THERE, ("play",), static=True)
    # What it is in depends on the directory as well.
    visited.before("play", HERE, static=True)
    assert not visited.before("play", THERE, static=True)


def test_names_are_followed_until_nothing_more_is_known() -> None:
    values = Values()
    names, followed = TemplatedNames(values), []

    def follow() -> None:
        followed.append(values.known)
        if values.known < 3:
            values.more()

    names.again(follow)
    names.settle()
    assert followed == []
    values.more()
    names.settle()
    assert followed == [1, 2, 3]
