# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The keys of a run are what OpenSSH and cloud-init take, and fit each other."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._torrent.run_keys import SECRETS, write_run_keys

MARK = "mobile-ansible-torrent-3f1c5ad86cf1-1790000000"

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")


def public(path: Path) -> str:
    """The public key of a private one, as OpenSSH says it."""
    done = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", str(path)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_key_to_log_in_is_one_that_openssh_takes(tmp_path: Path) -> None:
    said = write_run_keys(str(tmp_path), MARK)
    assert public(tmp_path / "key") == said
    assert said.startswith("ssh-ed25519 ")


def test_the_droplet_gets_the_host_key_that_is_expected_of_it(tmp_path: Path) -> None:
    said = write_run_keys(str(tmp_path), MARK)
    text = (tmp_path / "user_data").read_text()
    assert text.startswith("#cloud-config\n")
    data = yaml.safe_load(text)
    (host_key := tmp_path / "host key").write_text(data["ssh_keys"]["ed25519_private"])
    host_key.chmod(0o600)
    assert public(host_key) == data["ssh_keys"]["ed25519_public"] != said
    find = ["ssh-keygen", "-F", MARK, "-f", str(tmp_path / "known_hosts")]
    found = subprocess.run(find, check=True, capture_output=True, text=True).stdout.splitlines()
    assert found[1:] == [f"{MARK} {public(host_key)}"]
    # No other host key, and nobody logs in with a password.
    assert (data["ssh_deletekeys"], data["ssh_pwauth"], list(data["ssh_keys"])) == (
        True, False, ["ed25519_private", "ed25519_public"],
    )  # fmt: skip


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_run_keys(str(tmp_path), MARK)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    private = {path.name for path in tmp_path.iterdir() if "PRIVATE KEY" in path.read_text()}
    assert private == set(SECRETS)


def test_each_run_has_other_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert write_run_keys(str(tmp_path / "one"), MARK) != write_run_keys(str(tmp_path / "two"), MARK)
    assert (tmp_path / "one" / "known_hosts").read_text() != (tmp_path / "two" / "known_hosts").read_text()
