# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Who waits for collections sees where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import collections_told, fetch_step
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.channel import TaskProgress


@pytest.mark.parametrize(
    ("source", "server", "said"),
    [
        ("community_package", "https://hub.example", "Fetch the collections"),
        ("galaxy", "https://hub.example", "Fetch the collections from https://hub.example"),
        (None, "https://hub.example", "Fetch the collections from https://hub.example"),
        ("galaxy", "https://me:secret@hub.example/a", "Fetch the collections from https://…@hub.example/a"),
        ("galaxy", "", "Fetch the collections from the default Galaxy server"),
    ],
)
def test_the_step_names_the_server_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str | None, server: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    monkeypatch.delenv("ANSIBLE_GALAXY_SERVER_LIST", raising=False)
    monkeypatch.setenv("ANSIBLE_GALAXY_SERVER", server)
    assert fetch_step(source) == said
    sent: list[dict[str, Any]] = []
    progress = TaskProgress(cast(Any, SimpleNamespace(send=lambda data: sent.append(json.loads(data)))), "task", "host")
    told = collections_told(progress, source)
    assert told is not None
    told(0, 0)
    assert [one["step"] for one in sent] == [said]
    assert collections_told(None, source) is None
