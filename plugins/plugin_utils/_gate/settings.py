# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The configuration of the administrator: one JSON file that the gate's user cannot change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict, Union

from ...module_utils._errors import InputError
from ...module_utils._store.json import OptionalText, read_json
from ...module_utils._store.trust import check_trusted
from .answers import GateError
from .grammar import VERBS, is_name

SCHEMA = 1


class GateKey(TypedDict):
    """What a key may do. An empty list of verbs, targets or profiles allows all of them.

    ``confirm``: whether a run waits for ``run --confirm``, ``confirm_torrent``: whether a torrent waits for its word.
    ``running`` runs go on at once, an upload has ``upload_mib`` at most, and ``kept`` runs are kept for ``days``, with
    ``kept_mib`` altogether.
    """

    verbs: list[str]
    targets: list[str]
    profiles: list[str]
    confirm: bool
    confirm_torrent: bool
    running: int
    upload_mib: int
    days: int
    kept: int
    kept_mib: int


class GateLimits(TypedDict):
    """Of one run: ``seconds``, ``memory_mib``, ``processes``, and the files that it brings back."""

    seconds: int
    memory_mib: int
    processes: int
    results_mib: int


class TorrentSettings(TypedDict):
    """Variables of the role ``torrent``, and the inventory with its host, if it has one."""

    variables: dict[str, Any]
    inventory: OptionalText


#: What is checked while the program runs cannot be written with a bar: see ``conforms``.
_OptionalTorrent = Union[TorrentSettings, None]


class GateFile(TypedDict):
    """``collections`` is the directory with this collection. ``targets`` are inventories by the names of targets.

    ``sources`` are options for collections and packages, ``artifacts`` the files that a run brings back.
    ``profiles`` is the directory of the saved profiles, which the user of the gate reads only.
    """

    schema: int
    spool: str
    collections: str
    ansible_config: str
    manager: str
    environment: dict[str, str]
    sources: dict[str, Any]
    artifacts: list[str]
    profiles: str
    keys: dict[str, GateKey]
    targets: dict[str, str]
    torrent: _OptionalTorrent
    limits: GateLimits


@dataclass(frozen=True)
class GateSettings:
    """The configuration in the file ``path``."""

    path: str
    file: GateFile

    @classmethod
    def read(cls, path: str) -> GateSettings:
        """Raises :class:`InputError` for one that others could have written, or that is not a configuration."""
        check_trusted(path)
        try:
            file: GateFile = read_json(path, GateFile)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"{path} cannot be read: {reason}; apply the role phone_gate again") from error
        strange = [name for name in (*file["keys"], *file["targets"]) if not is_name(name)]
        strange += [verb for key in file["keys"].values() for verb in key["verbs"] if verb not in VERBS]
        if file["schema"] != SCHEMA or strange:
            raise InputError(f"{path} is not a configuration of this gate; apply the role phone_gate again")
        return cls(path, file)

    def key(self, name: str) -> GateKey:
        """What the key may do."""
        key = self.file["keys"].get(name)
        if key is None:
            raise GateError("this key is not known here; apply the role phone_gate again", code="forbidden")
        return key

    def targets(self, key: GateKey) -> list[str]:
        """The targets that the key may use."""
        return [one for one in self.file["targets"] if not key["targets"] or one in key["targets"]]

    def target(self, key: GateKey, name: str | None, *, verb: str) -> str:
        """The target that is meant: the only one that the key may use, if none is named."""
        allowed = self.targets(key)
        if name is None and len(allowed) == 1:
            return allowed[0]
        if name is None or name not in allowed:
            problem = "there is no target for this key" if not allowed else f"use --target with {' or '.join(allowed)}"
            raise GateError(f"{verb}: {problem}", code="target")
        return name

    def check_target(self, key: GateKey, name: str) -> None:
        """Raise :class:`GateError` where a run was for a target that the key may not use now."""
        if name not in self.targets(key):
            raise GateError(f"run: this key has no target {name} any more; start the run on another one", code="target")

    def torrent(self) -> TorrentSettings:
        """Raises :class:`GateError` where there are none."""
        if self.file["torrent"] is None:
            raise GateError(
                "torrent: this gate has no settings for it; let its owner set phone_gate_torrent", code="torrent"
            )
        return self.file["torrent"]


def may_use(key: GateKey, verb: str) -> bool:
    """Whether the key may use the verb."""
    return not key["verbs"] or verb in key["verbs"]


def check_verb(key: GateKey, verb: str) -> None:
    """Raise :class:`GateError` where the key may not use the verb."""
    if not may_use(key, verb):
        raise GateError(f"{verb}: this key may not use it; it may use {', '.join(key['verbs'])}", code="forbidden")
