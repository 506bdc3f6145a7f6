# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""User data as cloud-init would apply it: a small part of its keys, and an error for each other."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml
from host_setup import SeedFile

from digitalocean_double.account import UnsupportedByDouble

MAXIMUM_BYTES = 64 * 1024
_RUNCMD = "/var/lib/cloud/instance/scripts/runcmd"
#: Answers `cloud-init status`, as the real program does. /run is empty when a machine starts.
_STATUS = """\
#!/bin/sh
[ "$1" = status ] || { echo "this machine only knows: cloud-init status [--wait]" >&2; exit 2; }
while [ "${2:-}" = --wait ] && [ ! -e /run/cloud-init/result.json ]; do sleep 0.1; done
if [ ! -e /run/cloud-init/result.json ]; then echo "status: running"; exit 0; fi
if [ -e /run/cloud-init/failed ]; then echo "status: error"; exit 1; fi
echo "status: done"
"""
_FIRST_BOOT = f"""\
mkdir -p /run/cloud-init
sh {_RUNCMD} > /var/log/cloud-init-output.log 2>&1 || touch /run/cloud-init/failed
touch /var/lib/cloud/instance/boot-finished
echo '{{}}' > /run/cloud-init/result.json
"""


@dataclass
class FirstBoot:
    """What user data ask for."""

    host_key: str | None = None
    authorized_keys: list[str] = field(default_factory=list)
    files: list[SeedFile] = field(default_factory=list)
    #: Recorded only: a machine has the programs of the host that it runs on.
    packages: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def seed(self) -> list[SeedFile]:
        """All files of the first boot, `cloud-init` itself among them."""
        runcmd = "".join(f"{command}\n" for command in self.commands)
        own = [SeedFile("/usr/bin/cloud-init", _STATUS.encode(), 0o755), SeedFile(_RUNCMD, runcmd.encode(), 0o700)]
        return own + self.files

    def script(self) -> str:
        """What runs beside sshd once, as the last stage of cloud-init does."""
        return _FIRST_BOOT


def first_boot(user_data: str) -> FirstBoot:
    """Read user data; none is the default of the image."""
    boot = FirstBoot()
    if not user_data.strip():
        return boot
    if not user_data.startswith("#cloud-config\n"):
        raise UnsupportedByDouble("user data that do not begin with a line #cloud-config")
    document = yaml.safe_load(user_data) or {}
    if not isinstance(document, dict):
        raise UnsupportedByDouble("a cloud-config that is not a mapping")
    for key, value in document.items():
        if key not in _KEYS:
            raise UnsupportedByDouble(f"the key {key} of a cloud-config; it knows {', '.join(sorted(_KEYS))}")
        _KEYS[key](boot, value)
    return boot


def _host_keys(boot: FirstBoot, value: dict[str, str]) -> None:
    for name, key in value.items():
        if name not in ("ed25519_private", "ed25519_public"):
            raise UnsupportedByDouble(f"the host key {name}")
        if name == "ed25519_private":
            boot.host_key = key if key.endswith("\n") else f"{key}\n"


def _authorized_keys(boot: FirstBoot, value: Iterable[str]) -> None:
    boot.authorized_keys += value


def _write_files(boot: FirstBoot, value: Iterable[dict[str, Any]]) -> None:
    for entry in value:
        unknown = set(entry) - {"path", "content", "permissions", "owner", "encoding"}
        path, encoding = PurePosixPath(entry["path"]), entry.get("encoding", "text/plain")
        if unknown or encoding not in ("text/plain", "b64", "base64") or entry.get("owner", "root:root") != "root:root":
            raise UnsupportedByDouble(f"write_files with {sorted(unknown) or entry}")
        if not path.is_absolute() or ".." in path.parts:
            raise UnsupportedByDouble(f"write_files with the path {path}")
        content = entry.get("content", "").encode()
        if encoding != "text/plain":
            content = base64.b64decode(content)
        boot.files.append(SeedFile(str(path), content, int(str(entry.get("permissions", "0644")), 8)))


def _packages(boot: FirstBoot, value: Iterable[str]) -> None:
    boot.packages += value


def _run_commands(boot: FirstBoot, value: Iterable[str | list[str]]) -> None:
    boot.commands += [command if isinstance(command, str) else shlex.join(map(str, command)) for command in value]


def _only(*allowed: object) -> Callable[[FirstBoot, Any], None]:
    """A key that changes nothing here as long as it has one of these values."""

    def check(_boot: FirstBoot, value: Any) -> None:
        if value not in allowed:
            raise UnsupportedByDouble(f"{value!r} in a cloud-config, only one of {allowed}")

    return check


_KEYS: dict[str, Callable[[FirstBoot, Any], None]] = {
    "ssh_keys": _host_keys,
    "ssh_authorized_keys": _authorized_keys,
    "write_files": _write_files,
    "packages": _packages,
    "runcmd": _run_commands,
    "disable_root": _only(False),
    "ssh_pwauth": _only(False),
    "ssh_deletekeys": _only(True, False),
    "package_update": _only(True, False),
    "package_upgrade": _only(True, False),
    "manage_etc_hosts": _only(True, "localhost"),
}
