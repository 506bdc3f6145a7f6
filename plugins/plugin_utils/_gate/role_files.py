# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files that the role ``phone_gate`` writes, from its variables: settings, inventories, authorized keys."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._errors import InputError
from ...module_utils._printable import shortened
from .._profiles.chosen import choose_profile
from .grammar import is_name
from .settings import SCHEMA, GateFile, GateKey, TorrentSettings

#: What stands in the forced command, in double quotes, and is read by the login shell of the user.
_PLAIN_PATH = re.compile("/[A-Za-z0-9._/-]+")
_PUBLIC_KEY = re.compile("((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) +([A-Za-z0-9+/]+={0,2})(?: [^\n]*)?\n?", re.ASCII)
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
_POSITIVE = ("running", "upload_mib", "days", "kept", "kept_mib")
_LIMITS = ("seconds", "memory_mib", "processes", "results_mib")
_SOURCES = ("collections_source", "index_url", "find_links", "offline")
#: These are the gate's own, and are not settings of torrents.
_OF_THE_GATE = ("magnet_file", "dest", "state_directory", "api_token", "api_token_file")
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
    _check(options)
    directory, home = options["directory"], options["home"]
    inventories = {f"{name}.json": _inventory(hosts) for name, hosts in options["targets"].items()}
    torrent = _torrent(options)
    if torrent is not None and torrent["inventory"] is not None:
        inventories[f"{_TORRENT_TARGET}.json"] = _inventory(options["torrent_hosts"])
    profiles = _profiles(options["profiles"])
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
        "limits": {name: options[name] for name in _LIMITS},  # type: ignore[typeddict-item]  # it has these names
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
        found = _PUBLIC_KEY.fullmatch(key["public_key"])
        if found is None:
            raise InputError(
                f"phone_gate_phones: the public key of {key['name']} is not one line of OpenSSH, such as 'ssh-ed25519 "
                "AAAA… comment'; copy it again"
            )
        command = f"{program} --config {directory}/gate.json --key {key['name']}"
        lines.append(f'restrict,command="{command}" {found.group(1)} {found.group(2)} {key["name"]}')
    return "\n".join(lines) + "\n"


def _check(options: Mapping[str, Any]) -> None:
    for name in ("directory", "home"):
        if not _PLAIN_PATH.fullmatch(options[name]):
            raise InputError(
                f"phone_gate_{name}: {shortened(options[name])!r} is not an absolute path of letters, digits, dots, "
                "dashes and underscores; choose another one"
            )
    names = [key["name"] for key in options["phones"]]
    if not names:
        raise InputError(
            "phone_gate_phones: no phone is listed, and all keys would lose their access. List the phones, or set "
            "phone_gate_state to absent to remove the gate"
        )
    for name in (*names, *options["targets"]):
        if not is_name(name):
            raise InputError(
                f"phone_gate_phones, phone_gate_targets: {shortened(str(name))!r} is not a name of letters, digits, "
                "dashes and underscores; choose another one"
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"phone_gate_phones: {', '.join(twice)} is there more than once; give each key its own name")
    _check_numbers(options)
    unknown = [name for key in options["phones"] for name in key["targets"] if name not in options["targets"]]
    if unknown:
        raise InputError(f"phone_gate_phones: there is no target {unknown[0]}; add it to phone_gate_targets")
    own = [name for name in options.get("torrent") or {} if name in _OF_THE_GATE]
    if own:
        raise InputError(f"phone_gate_torrent: {own[0]} is set by the gate itself; remove it")


def _check_numbers(options: Mapping[str, Any]) -> None:
    numbers = {f"phone_gate_{name}": options[name] for name in _LIMITS}
    numbers |= {f"{name} of the key {key['name']}": key[name] for key in options["phones"] for name in _POSITIVE}
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name}: {number} must be at least 1")
