# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of the role, from its variables."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.role_files import role_files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateSettings

KEY = {
    "name": "phone", "public_key": "ssh-ed25519 AAAAC3Nz me@phone", "verbs": ["run"], "targets": ["web"],
    "profiles": [], "confirm": True, "confirm_torrent": False,
    "running": 2, "upload_mib": 20, "days": 14, "kept": 200, "kept_mib": 2000,
}  # fmt: skip


def options(**more: Any) -> dict[str, Any]:
    return {
        "directory": "/opt/gate", "home": "/var/lib/gate", "phones": [KEY], "targets": {"web": {"web1": None}},
        "torrent_hosts": {}, "profiles": [], "manager": "auto", "environment": {}, "artifacts": ["results"],
        "seconds": 60, "memory_mib": 512, "processes": 64, "results_mib": 10, "collections_source": "galaxy",
        "find_links": [], "known_hosts": ["# host:22 SSH-2.0", "", "|1|x= ssh-ed25519 AAAA"],
        **more,
    }  # fmt: skip


def test_the_program_reads_what_the_role_writes(tmp_path: Path) -> None:
    files = role_files(options(torrent={"provider": "host"}, torrent_hosts={"nas": {}}), collections="/opt/gate/c")
    path = tmp_path / "gate.json"
    path.write_text(json.dumps(files["config"]))
    os.chmod(path, 0o600)
    settings = GateSettings.read(str(path))
    assert settings.target(settings.key("phone"), None, verb="run") == "web"
    assert sorted(files["inventories"]) == [".torrent.json", "web.json"]


def test_the_timer_is_told_what_droplets_need_and_nothing_else(tmp_path: Path) -> None:
    file = str(tmp_path / "token")
    Path(file).touch()
    cloud = {"provider": "digitalocean", "api_url": "http://x/v2", "size": "s-1vcpu-1gb"}
    told = {"torrent_api_token_file": "/var/lib/gate/api-token", "torrent_api_url": "http://x/v2"}
    for torrent, token, wanted in (
        (cloud, file, told), (cloud, None, None), ({"provider": "host"}, file, None), (None, file, None),
    ):  # fmt: skip
        given = options(home="/var/lib/gate", torrent=torrent, **({"api_token_file": token} if token else {}))
        assert role_files(given, collections="/opt/gate/c")["reap"] == wanted


def test_a_key_gets_one_command_and_loses_its_comment() -> None:
    line = role_files(options(), collections="/opt/gate/c")["authorized_keys"].splitlines()[1]
    assert line.startswith('restrict,command="/opt/gate/venvs/phone-gate/bin/python -I /opt/gate/c/')
    assert line.endswith('--config /opt/gate/gate.json --key phone" ssh-ed25519 AAAAC3Nz phone')


def test_profiles_keep_their_names_and_files(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    definition = tmp_path / "site" / "execution-environment.yml"
    definition.write_text('{"version": 3}')
    (tmp_path / "site" / "of-the-user.txt").touch()
    files = role_files(options(profiles=[str(tmp_path / "site")]), collections="/opt/gate/c")
    assert files["profiles"] == ["site"]
    assert files["profile_files"] == [{"path": "site/execution-environment.yml", "content": '{"version": 3}'}]
    with pytest.raises(InputError, match="site is there more than once"):
        role_files(options(profiles=[str(definition.parent)] * 2), collections="/opt/gate/c")
    with pytest.raises(InputError, match="^phone_gate_profiles: .* has no profile nosuch"):
        role_files(options(profiles=["nosuch"]), collections="/opt/gate/c")
    definition.rename(tmp_path / "a b.yml")
    with pytest.raises(InputError, match="'a b' is not a name"):
        role_files(options(profiles=[str(tmp_path / "a b.yml")]), collections="/opt/gate/c")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"directory": "/opt/a b"}, "phone_gate_directory"),
        ({"home": 'x"y'}, "phone_gate_home"),
        ({"phones": [{**KEY, "name": 'a" b'}]}, "is not a name"),
        ({"phones": [{**KEY, "public_key": "ssh-ed25519 AAAA\nssh-ed25519 BBBB"}]}, "not one line"),
        ({"phones": [{**KEY, "public_key": 'command="sh" ssh-ed25519 AAAA'}]}, "not one line"),
        ({"phones": [KEY, KEY]}, "more than once"),
        ({"phones": []}, "no phone is listed"),
        ({"phones": [{**KEY, "targets": ["db"]}]}, "no target db"),
        ({"phones": [{**KEY, "running": 0}]}, "running of the key phone"),
        ({"seconds": 0}, "phone_gate_seconds"),
        ({"targets": {"../x": {}}}, "is not a name"),
        ({"directory": "/opt/gate/"}, "phone_gate_directory"),
        ({"directory": "/opt/../gate"}, "phone_gate_directory"),
        ({"directory": "/opt/./gate"}, "phone_gate_directory"),
        ({"directory": "/"}, "phone_gate_directory"),
        ({"home": "//var/gate"}, "phone_gate_home"),
        ({"directory": "/var/lib/gate"}, "one is in the other"),
        ({"directory": "/var/lib/gate/runs/opt"}, "one is in the other"),
        ({"home": "/opt/gate/home"}, "one is in the other"),
        ({"phones": [KEY, {**KEY, "name": "b"}]}, "phone and b have the same public key"),
        ({"phones": [KEY, {**KEY, "name": "b", "public_key": f"{KEY['public_key']}2"}]}, "b have the same public key"),
        ({"phones": [{**KEY, "profiles": ["none"]}]}, "no profile none; add it"),
        ({"targets": {"web": ["web1"]}}, "the target web must be a dictionary of hosts"),
        ({"targets": {"web": "web1"}}, "the target web must be a dictionary of hosts"),
        ({"targets": {"web": None}}, "the target web must be a dictionary of hosts"),
        ({"targets": {"web": {"web1": "192.0.2.7"}}}, "the target web must be a dictionary of hosts"),
        ({"torrent_hosts": {"nas": "192.0.2.7"}}, "phone_gate_torrent_hosts must be a dictionary of hosts"),
        ({"torrent": {}}, "provider is missing"),
        ({"torrent": {"provider": "hosts"}}, "phone_gate_torrent: .*provider must be one of"),
        (
            {"torrent": {"provider": "host", "maxcost": 1}},
            "torrent: torrent_maxcost is not .* torrent_max_cost",
        ),
        ({"torrent": {"provider": "host", "max_cost": "much"}}, "phone_gate_torrent: "),
        ({"api_token_file": "/nowhere/token"}, "phone_gate_api_token_file: /nowhere/token cannot be read: No such"),
        ({"known_hosts": ["web1", "192.0.2.7 ssh-ed25519 AAAA"]}, "phone_gate_known_hosts: 'web1' is not a line"),
        ({"known_hosts": ["a ssh-ed25519 AAAA\n192.0.2.7 ssh-ed25519"]}, "'192.0.2.7 ssh-ed25519' is not a line"),
        ({"artifacts": ["/etc/passwd"]}, "phone_gate_artifacts: '/etc/passwd' must be a path"),
        ({"artifacts": ["results", "../x"]}, "phone_gate_artifacts: '../x' must be a path"),
        ({"environment": {"A=B": "x"}}, "phone_gate_environment: 'A=B' is not a valid name"),
        ({"torrent": {"dest": "/etc"}}, "is set by the gate itself"),
    ],
)
def test_what_cannot_be_right_is_an_error(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        role_files(options(**more), collections="/opt/gate/c")
