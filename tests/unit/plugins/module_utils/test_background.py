# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The work beside a block is over when the block is, however that ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._background import in_background

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


@pytest.mark.parametrize("failure", [None, ValueError])
def test_it_runs_as_long_as_the_block(failure: type[Exception] | None) -> None:
    began, said = threading.Event(), []

    def work(ended: threading.Event) -> None:
        began.set()
        said.append(ended.wait(60))

    raising: AbstractContextManager[object] = pytest.raises(failure) if failure else in_background(lambda _ended: None)
    with raising, in_background(work):
        assert began.wait(60)
        assert said == []
        if failure:
            raise failure
    assert said == [True]
