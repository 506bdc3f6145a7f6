# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options of ``venv_playbook``: one definition for the module and for its action plugin."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._bounded_reader import MIB
from .._errors import InputError
from .._paths import is_host_list
from .._store.layout import STORE_ARGUMENT
from .extract import ExtractionLimits
from .inventory_sources import check_inventory

if TYPE_CHECKING:
    from collections.abc import Iterable

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "venv": {"type": "str", "required": True},
    **STORE_ARGUMENT,
    "playbook": {"type": "path", "required": True},
    "project": {"type": "path"},
    "project_limit": {"type": "int", "default": 200},
    "chdir": {"type": "path"},
    "remote_src": {"type": "bool", "default": False},
    "inventory": {"type": "list", "elements": "str", "default": []},
    "inherit": {"type": "str", "choices": ["none", "settings", "all"], "default": "none"},
    "each": {"type": "bool", "default": False},
    "limit": {"type": "str"},
    "tags": {"type": "list", "elements": "str", "default": []},
    "skip_tags": {"type": "list", "elements": "str", "default": []},
    "check": {"type": "bool", "default": False},
    "diff": {"type": "bool", "default": False},
    "forks": {"type": "int"},
    "verbosity": {"type": "int", "default": 0},
    "vault_password_files": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "become_password_file": {"type": "path", "no_log": False},
    "connection_password_file": {"type": "path", "no_log": False},
    "private_key_file": {"type": "path", "no_log": False},
    "extra_vars_files": {"type": "list", "elements": "path", "default": []},
    "environment_names": {"type": "list", "elements": "str", "default": []},
    "environment": {"type": "dict", "default": {}, "no_log": True},
    "timeout": {"type": "int", "default": 0},
    "trusted": {"type": "bool", "default": True},
    "allow_unmatched": {"type": "bool", "default": False},
    "artifacts": {"type": "list", "elements": "str", "default": []},
    "artifacts_limit": {"type": "int", "default": 200},
    "artifacts_files_limit": {"type": "int", "default": 10_000},
    "artifacts_depth_limit": {"type": "int", "default": 32},
    "log_limit": {"type": "int", "default": 100},
    "live": {"type": "bool", "default": False},
    "own_collection": {"type": "bool", "default": False},
    "results": {"type": "path"},
}
#: Where the action plugin lets the module work, where this collection is, more arguments of ansible-playbook, and
#: directories by the variable that lists them; no options for tasks.
RUN_DIRECTORY = "run_directory"
COLLECTION = "collection"
ARGUMENTS = "arguments"
SEARCHED = "searched"
MODULE_SPEC: dict[str, dict[str, Any]] = {
    **ARGUMENT_SPEC,
    RUN_DIRECTORY: {"type": "path"},
    COLLECTION: {"type": "path"},
    ARGUMENTS: {"type": "list", "elements": "str", "default": []},
    SEARCHED: {"type": "dict", "default": {}},
}
#: The options that each name one file with a secret.
SECRET_FILES = ("become_password_file", "connection_password_file", "private_key_file")
_LOWEST = {
    "verbosity": 0, "timeout": 0, "forks": 1, "project_limit": 1, "artifacts_limit": 1, "artifacts_files_limit": 1,
    "artifacts_depth_limit": 1, "log_limit": 1,
}  # fmt: skip

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VAULT_ID = re.compile(r"[A-Za-z0-9_.-]+(?=@)")


def artifact_limits(params: dict[str, Any]) -> ExtractionLimits:
    """What artifacts may be, from validated parameters."""
    return ExtractionLimits(
        size=params["artifacts_limit"] * MIB,
        files=params["artifacts_files_limit"],
        depth=params["artifacts_depth_limit"],
    )


def results_limits(params: dict[str, Any]) -> ExtractionLimits:
    """What comes back in one archive: the artifacts in a directory of their own, the log and the events."""
    artifacts = artifact_limits(params)
    return ExtractionLimits(
        size=artifacts.size + 2 * (params["log_limit"] + 1) * MIB, files=artifacts.files + 3, depth=artifacts.depth + 1
    )


DEFAULT_LIMITS = artifact_limits({name: option.get("default") for name, option in ARGUMENT_SPEC.items()})


@dataclass(frozen=True)
class VaultSource:
    """A vault password file or client, and the vault id that it is for (None for the default one)."""

    path: str
    label: str | None = None

    @classmethod
    def parse(cls, text: str) -> VaultSource:
        """``PATH`` or ``ID@PATH``, as in ``--vault-id``; write ``./a@b`` for a file whose name holds an @."""
        label = _VAULT_ID.match(text)
        if label is None:
            return cls(text)
        return cls(text[label.end() + 1 :], label.group())

    def __str__(self) -> str:
        return self.path if self.label is None else f"{self.label}@{self.path}"


@dataclass(frozen=True)
class RunRequest:
    """What to run, on the host where it runs: every path is absolute, every default is filled in."""

    playbook: str
    project: str
    chdir: str
    inventory: tuple[str, ...] = ()
    limit: str | None = None
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    check: bool = False
    diff: bool = False
    forks: int | None = None
    verbosity: int = 0
    vault_passwords: tuple[VaultSource, ...] = ()
    become_password_file: str | None = None
    connection_password_file: str | None = None
    private_key_file: str | None = None
    extra_vars_files: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    searched: dict[str, list[str]] = field(default_factory=dict)
    environment_names: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    timeout: int = 0
    trusted: bool = True
    allow_unmatched: bool = False
    artifacts: tuple[str, ...] = ()
    artifact_limits: ExtractionLimits = DEFAULT_LIMITS
    log_limit: int = 100

    @classmethod
    def from_params(cls, params: dict[str, Any], *, base: str, check: bool, diff: bool) -> RunRequest:
        """Read validated module parameters; ``base`` is the directory that relative paths start from.

        Raises :class:`InputError` for values that cannot be meant.
        """
        _check(params)
        playbook = _absolute(params["playbook"], base)

        def optional(name: str) -> str | None:
            return _absolute(params[name], base) if params[name] else None

        return cls(
            playbook=playbook,
            project=optional("project") or os.path.dirname(playbook),
            chdir=optional("chdir") or os.path.dirname(playbook),
            inventory=tuple(_inventory_source(source, base) for source in params["inventory"]),
            limit=params["limit"] or None,
            tags=tuple(params["tags"]),
            skip_tags=tuple(params["skip_tags"]),
            check=params["check"] or check,
            diff=params["diff"] or diff,
            forks=params["forks"],
            verbosity=params["verbosity"],
            vault_passwords=tuple(_vault_source(text, base) for text in params["vault_password_files"]),
            become_password_file=optional("become_password_file"),
            connection_password_file=optional("connection_password_file"),
            private_key_file=optional("private_key_file"),
            extra_vars_files=tuple(_absolute(path, base) for path in params["extra_vars_files"]),
            arguments=tuple(params.get(ARGUMENTS) or ()),
            searched={
                name: [_absolute(path, base) for path in paths] for name, paths in (params.get(SEARCHED) or {}).items()
            },
            environment_names=tuple(params["environment_names"]),
            environment={name: str(value) for name, value in params["environment"].items()},
            timeout=params["timeout"],
            trusted=params["trusted"],
            allow_unmatched=params["allow_unmatched"],
            artifacts=tuple(params["artifacts"]),
            artifact_limits=artifact_limits(params),
            log_limit=params["log_limit"],
        )

    def files(self) -> dict[str, str]:
        """The single files that must be there before anything starts: option name to path."""
        named = {option: getattr(self, option) for option in ("playbook", *SECRET_FILES)}
        listed = {f"extra_vars_files[{number}]": path for number, path in enumerate(self.extra_vars_files)}
        vaults = {f"vault_password_files[{number}]": source.path for number, source in enumerate(self.vault_passwords)}
        return {option: path for option, path in {**named, **listed, **vaults}.items() if path}

    def check_files(self) -> None:
        """Raise :class:`InputError` unless all files, directories and inventories exist."""
        for option, path in self.files().items():
            if not os.path.isfile(path):
                found = "is not a regular file" if os.path.lexists(path) else "does not exist"
                raise InputError(f"{option}: {path} {found}")
        for option, directory in (("project", self.project), ("chdir", self.chdir)):
            if not os.path.isdir(directory):
                raise InputError(f"{option}: {directory} is not a directory")
        check_inventory(self.inventory)


def check_environment(names: Iterable[str], option: str) -> None:
    """Raise :class:`InputError` for what is no name of an environment variable."""
    for name in names:
        if not _VARIABLE_NAME.fullmatch(name):
            raise InputError(f"{option}: {name!r} is not a valid name of an environment variable")


def check_artifacts(patterns: Iterable[str], option: str) -> None:
    """Raise :class:`InputError` for what leads out of a project."""
    for pattern in patterns:
        if os.path.isabs(pattern) or ".." in pattern.split("/") or not pattern:
            raise InputError(f"{option}: {pattern!r} must be a path or a glob inside the project, without '..'")


def _check(params: dict[str, Any]) -> None:
    for option in ("environment_names", "environment"):
        check_environment(params[option], option)
    check_artifacts(params["artifacts"], "artifacts")
    for option, lowest in _LOWEST.items():
        if params[option] is not None and params[option] < lowest:
            raise InputError(f"{option}: {params[option]} must be at least {lowest}")
    if params["verbosity"] > 6:
        raise InputError(f"verbosity: {params['verbosity']} must be at most 6")


def _absolute(path: str, base: str) -> str:
    return os.path.normpath(os.path.join(base, os.path.expanduser(path)))


def _inventory_source(source: str, base: str) -> str:
    return source if is_host_list(source) else _absolute(source, base)


def _vault_source(text: str, base: str) -> VaultSource:
    source = VaultSource.parse(text)
    return VaultSource(_absolute(source.path, base), source.label)
