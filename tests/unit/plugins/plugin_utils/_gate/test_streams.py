# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the verb ``result`` sends."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.streams import write_results
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate


def test_what_was_brought_back_is_sent_and_nothing_of_our_own(gate: Gate) -> None:
    run = gate.run("succeeded")
    marker = ".mobile_ansible_venv_results"
    own = [f"web1/{marker}", ".torrent_download/0123"]
    files = ["web1/ansible.log", "web1/events.jsonl", "web1/artifacts/results/x", f"web1/artifacts/results/{marker}"]
    for name in (*own, *files):
        path = Path(run.results, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    sent = io.BytesIO()
    write_results(run, sent)
    with tarfile.open(fileobj=io.BytesIO(sent.getvalue())) as archive:
        assert sorted(archive.getnames()) == sorted(files)
