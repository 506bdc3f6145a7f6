# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Whether the variables of the role ``phone_gate`` can be right, by themselves: before anything is done on a host."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import (
    check_artifacts,
    check_environment,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

from .._role_options import check_names, converted
from .grammar import is_name

#: What stands in the forced command, in double quotes, and is read by the login shell of the user.
_PLAIN_PATH = re.compile("(?:/(?![.]{1,2}(?:/|$))[A-Za-z0-9._-]+)+")
_PUBLIC_KEY = re.compile("((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) +([A-Za-z0-9+/]+={0,2})(?: [^\n]*)?\n?", re.ASCII)
#: The words of a line of ``known_hosts``: the host, the type and the key.
_OF_A_HOST_KEY = 3
LIMITS = ("seconds", "memory_mib", "processes", "results_mib")
_POSITIVE = ("running", "upload_mib", "days", "kept", "kept_mib")
_TORRENT = "torrent"
#: These are the gate's own, and are not settings of torrents.
_OF_THE_GATE = ("magnet_file", "dest", "state_directory", "api_token", "api_token_file")


def check_variables(options: Mapping[str, Any]) -> None:
    """Raise :class:`InputError` for variables that cannot be right."""
    check_directories(options)
    _check_phones(options["phones"])
    for name in options["targets"]:
        _check_name(name)
    for phone in options["phones"]:
        for name in phone["targets"]:
            if name not in options["targets"]:
                raise InputError(f"phone_gate_phones: there is no target {name}; add it to phone_gate_targets")
    for name, hosts in options["targets"].items():
        _check_hosts(f"phone_gate_targets: the target {name}", hosts)
    _check_hosts("phone_gate_torrent_hosts", options["torrent_hosts"])
    check_artifacts(options["artifacts"], "phone_gate_artifacts")
    check_environment(map(str, options["environment"]), "phone_gate_environment")
    _check_known_hosts(options["known_hosts"])
    _check_numbers(options)
    _check_torrent(options.get("torrent"))
    _check_token_file(options.get("api_token_file"))


def check_directories(options: Mapping[str, Any]) -> None:
    """Raise :class:`InputError` for directories that cannot be those of a gate; also of one to be removed."""
    for name in ("directory", "home"):
        if not _PLAIN_PATH.fullmatch(options[name]):
            raise InputError(
                f"phone_gate_{name}: {shortened(options[name])!r} is not an absolute path of letters, digits, dots, "
                "dashes and underscores, without '..' and without '/' at its end; choose another one"
            )
    home, directory = f"{options['home']}/", f"{options['directory']}/"
    if home.startswith(directory) or directory.startswith(home):
        raise InputError(
            "phone_gate_home, phone_gate_directory: one is in the other, and the user of the gate must not be able to "
            "change its program; choose directories beside each other"
        )


def check_profiles(phones: Sequence[Mapping[str, Any]], profiles: Collection[str]) -> None:
    """Raise :class:`InputError` where a key names a profile that the gate does not have."""
    for phone in phones:
        for name in phone["profiles"]:
            if name not in profiles:
                raise InputError(
                    f"phone_gate_phones: there is no profile {shortened(name)}; add it to phone_gate_profiles"
                )


def public_key(phone: Mapping[str, Any]) -> str:
    """The type and the key without its comment; raises :class:`InputError`."""
    found = _PUBLIC_KEY.fullmatch(phone["public_key"])
    if found is None:
        raise InputError(
            f"phone_gate_phones: the public key of {phone['name']} is not one line of OpenSSH, such as 'ssh-ed25519 "
            "AAAA… comment'; copy it again"
        )
    return f"{found.group(1)} {found.group(2)}"


def _check_phones(phones: Sequence[Mapping[str, Any]]) -> None:
    if not phones:
        raise InputError(
            "phone_gate_phones: no phone is listed, and all keys would lose their access. List the phones, or set "
            "phone_gate_state to absent to remove the gate"
        )
    by_key: dict[str, str] = {}
    names: set[str] = set()
    for phone in phones:
        name = phone["name"]
        _check_name(name)
        if name in names:
            raise InputError(f"phone_gate_phones: {name} is there more than once; give each key its own name")
        names.add(name)
        other = by_key.setdefault(public_key(phone), name)
        if other != name:
            raise InputError(
                f"phone_gate_phones: {other} and {name} have the same public key, with which only {other} would "
                "answer; remove one of them, or give it its own key"
            )


def _check_name(name: object) -> None:
    if not is_name(str(name)):
        raise InputError(
            f"phone_gate_phones, phone_gate_targets: {shortened(str(name))!r} is not a name of letters, digits, "
            "dashes and underscores; choose another one"
        )


def _check_hosts(what: str, hosts: object) -> None:
    """The variables of a host can be left out."""
    is_right = isinstance(hosts, Mapping) and all(isinstance(one or {}, Mapping) for one in hosts.values())
    if not is_right:
        raise InputError(f"{what} must be a dictionary of hosts, each with its variables, such as web1: {{}}")


def _check_known_hosts(given: Sequence[str]) -> None:
    """ssh passes over a line that it does not understand, such as a half of one that had a comma."""
    for line in (line for one in given for line in one.splitlines()):
        words = line.split()
        if words and not words[0].startswith("#") and len(words) < _OF_A_HOST_KEY:
            raise InputError(
                f"phone_gate_known_hosts: {shortened(line)!r} is not a line of known_hosts, such as '192.0.2.7 "
                "ssh-ed25519 AAAA…'; copy it again, as an element of a list"
            )


def _check_numbers(options: Mapping[str, Any]) -> None:
    numbers = {f"phone_gate_{name}": options[name] for name in LIMITS}
    numbers |= {f"{name} of the key {key['name']}": key[name] for key in options["phones"] for name in _POSITIVE}
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name}: {number} must be at least 1")


def _check_torrent(given: Mapping[str, Any] | None) -> None:
    """As the role ``torrent`` does when a torrent is sent: its owner is not there then."""
    if given is None:
        return
    own = [name for name in given if name in _OF_THE_GATE]
    if own:
        raise InputError(f"phone_gate_torrent: {own[0]} is set by the gate itself; remove it")
    if "provider" not in given:
        raise InputError("phone_gate_torrent: provider is missing; set it to digitalocean or host")
    variables = {f"{_TORRENT}_{name}": value for name, value in given.items()}
    try:
        check_names(_TORRENT, variables)
        converted(_TORRENT, variables)
    except (InputError, AnsibleError) as error:
        raise InputError(f"phone_gate_torrent: {error.message}") from None


def _check_token_file(path: str | None) -> None:
    """The task that copies it says nothing of what it does."""
    if path is None:
        return
    try:
        with open(os.path.expanduser(path), "rb"):
            pass
    except OSError as error:
        raise InputError(f"phone_gate_api_token_file: {shortened(path)} cannot be read: {error.strerror}") from None
