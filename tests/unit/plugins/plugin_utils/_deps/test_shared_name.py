# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What another process noted last can be read, also if it was killed."""

from __future__ import annotations

import os
import resource
import signal

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.shared_name import NameWriter, SharedName


@pytest.mark.parametrize(
    ("names", "read"),
    [
        ([], ""),
        (["roles/a/tasks/main.yml", "x.yml"], "x.yml"),
        (["täsk\u2028.yml"], "täsk\u2028.yml"),
        (["\udcff.yml"], "?.yml"),
        (["x" * 10_000], "x" * 4095),
    ],
)
def test_the_last_name_of_a_process_that_was_killed(names: list[str], read: str) -> None:
    with SharedName() as shared:
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            writer = NameWriter(shared.descriptor)
            for name in names:
                writer.write(name)
            os.kill(os.getpid(), signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert shared.read() == read
