# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The SSH keys of one run: one for its droplet, made beforehand, and one to log in with."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from ...module_utils._store.durable import write_bytes

#: The files in the directory of a run; the first two are secret.
KEY, USER_DATA, KNOWN_HOSTS = "key", "user_data", "known_hosts"
SECRETS = (KEY, USER_DATA)


@dataclass(frozen=True)
class KeyPair:
    """An Ed25519 key pair as OpenSSH writes it."""

    private: str
    public: str

    @classmethod
    def generate(cls) -> KeyPair:
        # ansible-core requires it, but what looks at this file may not have it.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return cls(private.decode(), public.decode())


def write_run_keys(directory: str, host: str) -> str:
    """Write both pairs into the directory of a run, for a droplet that SSH knows as ``host``; the public key to log in.

    The droplet gets its host key with its user data, so that its very first connection can be verified.
    """
    login, of_host = KeyPair.generate(), KeyPair.generate()
    _write(directory, KEY, login.private)
    _write(directory, USER_DATA, _user_data(of_host))
    _write(directory, KNOWN_HOSTS, f"{host} {of_host.public}\n")
    return login.public


def _user_data(of_host: KeyPair) -> str:
    """What cloud-init does at the first boot; JSON is YAML."""
    configuration = {
        "ssh_deletekeys": True,
        "ssh_keys": {"ed25519_private": of_host.private, "ed25519_public": of_host.public},
        "ssh_pwauth": False,
        "disable_root": False,
    }
    return f"#cloud-config\n{json.dumps(configuration, indent=1)}\n"


def _write(directory: str, name: str, content: str) -> None:
    write_bytes(os.path.join(directory, name), content.encode(), mode=0o600)
