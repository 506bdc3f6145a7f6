# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The smallest real torrent flow, with a real account: it costs about a cent, and nobody runs it by accident.

TORRENT_LIVE_TOKEN_FILE is the path of a file with the token, TORRENT_LIVE_MAGNET_FILE that of a small torrent or link.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from controller import Controller

_ASKED = {name: os.environ.get(name, "") for name in ("TORRENT_LIVE_TOKEN_FILE", "TORRENT_LIVE_MAGNET_FILE")}


@pytest.mark.skipif(not all(_ASKED.values()), reason=f"it costs money: set {' and '.join(_ASKED)} to run it")
def test_a_real_droplet(controller: Controller, tmp_path: Path) -> None:
    token, link = (Path(path).resolve() for path in _ASKED.values())
    options = {
        "torrent_provider": "digitalocean",
        "torrent_api_token_file": token,
        "torrent_magnet_file": link,
        "torrent_dest": tmp_path / "home",
        "torrent_state_directory": tmp_path / "state",
        "torrent_size": "s-1vcpu-512mb-10gb",
        "torrent_deadline": 1800,
        "torrent_max_cost": 0.05,
    }
    given = [part for name, value in options.items() for part in ("-e", f"{name}={value}")]
    run = controller.run("ansible-playbook", "mobile_ansible.venv.torrent", *given, cwd=tmp_path, timeout=2400)
    left = controller.run(
        "ansible-playbook", "mobile_ansible.venv.reap", "--check", "-e", f"torrent_api_token_file={token}", cwd=tmp_path
    )
    assert run.returncode == 0, run.output
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert "Torrent runs left nothing in the account" in left.output, left.output
