# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files that the role ``phone_gate`` writes, from its variables: settings, inventories, authorized keys."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._printable import shortened
from .._profiles.chosen import choose_profile
from .grammar import is_name
from .role_variables import LIMITS, check_profiles, check_variables, public_key
from .settings import SCHEMA, GateFile, GateKey, TorrentSettings

_POLICY = (
    "verbs",
    "targets",
    "profiles",
    "confirm",
    "confirm_torrent",
    "running",
    "upload_mib",
    "days",
    "kept",
    "kept_mib",
)
_SOURCES = ("collections_source", "index_url", "find_links", "offline")
#: The variables of the role torrent that its reaping has, too.
_OF_REAPING = ("api_token_file", "api_url", "reap_timeout")
_TORRENT_TARGET = ".torrent"


def role_files(options: Mapping[str, Any], *, collections: str) -> dict[str, Any]:
    """The content of each file: ``config``, ``authorized_keys``, and ``inventories`` by the names of their files.

    ``reap`` are the variables of the timer that destroys overdue droplets; None where the gate creates none.
    ``profiles`` are the names of profiles, and ``profile_files`` their files, each with ``path`` and ``content``.

    ``options`` are the variables of the role, ``collections`` is the directory with this collection on the host.
    Raises :class:`InputError` for variables that cannot be right.
    """
    check_variables(options)
    directory, home = options["directory"], options["home"]
    inventories = {f"{name}.json": _inventory(hosts) for name, hosts in options["targets"].items()}
    torrent = _torrent(options)
    if torrent is not None and torrent["inventory"] is not None:
        inventories[f"{_TORRENT_TARGET}.json"] = _inventory(options["torrent_hosts"])
    profiles = _profiles(options["profiles"])
    check_profiles(options["phones"], profiles)
    config: GateFile = {
        "schema": SCHEMA,
        "spool": f"{home}/runs",
        "collections": collections,
        "ansible_config": f"{directory}/ansible.cfg",
        "manager": options["manager"],
        "environment": {str(name): str(value) for name, value in options["environment"].items()},
        "sources": {name: options[name] for name in _SOURCES if name in options},
        "artifacts": options["artifacts"],
        "profiles": f"{directory}/profiles",
        "keys": {key["name"]: _policy(key) for key in options["phones"]},
        "targets": {name: f"{directory}/targets/{name}.json" for name in options["targets"]},
        "torrent": torrent,
        "limits": {name: options[name] for name in LIMITS},  # type: ignore[typeddict-item]  # it has these names
    }
    return {
        "config": config,
        "inventories": inventories,
        "profiles": sorted(profiles),
        "profile_files": [
            {"path": f"{name}/{file}", "content": text}
            for name, texts in sorted(profiles.items())
            for file, text in sorted(texts.items())
        ],
        "authorized_keys": _authorized_keys(options, collections=collections),
        "reap": _reap(torrent),
    }


def _policy(key: Mapping[str, Any]) -> GateKey:
    return {name: key[name] for name in _POLICY}  # type: ignore[return-value]  # it has these names


def _inventory(hosts: Mapping[str, Any]) -> dict[str, Any]:
    return {"all": {"hosts": {str(name): variables or {} for name, variables in hosts.items()}}}


def _profiles(given: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """The files of the profiles on the controller, by the names that they have on the gate."""
    found: dict[str, Mapping[str, str]] = {}
    for one in given:
        try:
            chosen = choose_profile(one)
        except InputError as error:
            raise InputError(f"phone_gate_profiles: {error.message.removeprefix('profile: ')}") from error
        name = chosen.name or os.path.splitext(os.path.basename(os.path.abspath(one)))[0]
        if not is_name(name):
            raise InputError(
                f"phone_gate_profiles: {shortened(name)!r} is not a name of letters, digits, dashes and underscores; "
                "save it under another name"
            )
        if name in found:
            raise InputError(f"phone_gate_profiles: {name} is there more than once; save it under another name")
        found[name] = chosen.texts
    return found


def _torrent(options: Mapping[str, Any]) -> TorrentSettings | None:
    given = options.get("torrent")
    if given is None:
        return None
    token = {"api_token_file": f"{options['home']}/api-token"} if options.get("api_token_file") else {}
    inventory = f"{options['directory']}/targets/{_TORRENT_TARGET}.json" if options["torrent_hosts"] else None
    return {"variables": {**given, **token}, "inventory": inventory}


def _reap(torrent: TorrentSettings | None) -> dict[str, Any] | None:
    given = torrent["variables"] if torrent is not None else {}
    if given.get("provider") != "digitalocean" or "api_token_file" not in given:
        return None
    return {f"torrent_{name}": given[name] for name in _OF_REAPING if name in given}


def _authorized_keys(options: Mapping[str, Any], *, collections: str) -> str:
    directory = options["directory"]
    own = f"{collections}/ansible_collections/mobile_ansible/venv"
    program = f"{directory}/venvs/phone-gate/bin/python -I {own}/bin/phone-gate"
    lines = ["# Written by the role mobile_ansible.venv.phone_gate."]
    for key in options["phones"]:
        command = f"{program} --config {directory}/gate.json --key {key['name']}"
        lines.append(f'restrict,command="{command}" {public_key(key)} {key["name"]}')
    return "\n".join(lines) + "\n"
