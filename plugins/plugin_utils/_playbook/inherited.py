# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the user said to the ansible-playbook that runs a task, for the playbook that the task starts.

Settings say how Ansible works, a selection says on which hosts and which tasks. What was not typed is not handed on:
the playbook has its own ``ansible.cfg``. Secrets are handed on in private files, whatever way they were given.
"""

from __future__ import annotations

import functools
import os
import sys
from argparse import SUPPRESS
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.parsing.splitter import parse_kv
from ansible.parsing.yaml.dumper import AnsibleDumper
from ansible.template import is_trusted_as_template, trust_as_template

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

#: Each option by its name in Ansible's parser, and what becomes of it. A test compares the names with the parser's.
AS_TYPED = {
    "become": "--become",
    "become_method": "--become-method",
    "become_user": "--become-user",
    "connection": "--connection",
    "flush_cache": "--flush-cache",
    "force_handlers": "--force-handlers",
    "remote_user": "--user",
    "scp_extra_args": "--scp-extra-args",
    "sftp_extra_args": "--sftp-extra-args",
    "ssh_common_args": "--ssh-common-args",
    "ssh_extra_args": "--ssh-extra-args",
    "timeout": "--timeout",
}
AS_OPTION = {"check", "diff", "forks", "inventory", "private_key_file", "verbosity"}
AS_FILE = {
    "ask_pass", "ask_vault_pass", "become_ask_pass", "become_password_file", "connection_password_file", "extra_vars",
    "vault_ids", "vault_password_files",
}  # fmt: skip
SELECTION = {"skip_tags", "start_at_task", "subset", "tags"}
REFUSED = {
    "listhosts": "--list-hosts", "listtags": "--list-tags", "listtasks": "--list-tasks", "module_path": "--module-path",
    "step": "--step", "syntax": "--syntax-check",
}  # fmt: skip

_OWN_VARIABLES = "run_playbook_"


@functools.cache
def typed_options() -> Mapping[str, Any]:
    """The options of the running ``ansible-playbook`` that the user typed, by their names in Ansible's parser."""
    if not os.path.basename(sys.argv[0]).startswith("ansible-playbook"):
        return {}  # something else has imported Ansible
    cli = PlaybookCLI(list(sys.argv))
    cli.init_parser()
    for action in cli.parser._actions:
        action.default = SUPPRESS
    typed: Mapping[str, Any] = vars(cli.parser.parse_args(sys.argv[1:]))
    return typed


def check_can_be_inherited() -> None:
    """Raise :class:`InputError` for an option that asks something of this run which only the playbook can answer."""
    typed = typed_options()
    # Whoever checks the syntax of a playbook that imports ours, as ansible-lint does, means that one.
    runs_nothing = "syntax" in typed and not any(_OWN_VARIABLES in entry for entry in typed.get("extra_vars", ()))
    for name, option in REFUSED.items():
        if name in typed and not runs_nothing:
            raise InputError(
                f"{option} is not handed on to the playbook: use ansible-playbook-venv {option}, or leave it out"
            )
    if "always" in _words(typed.get("skip_tags", ())):
        raise InputError("--skip-tags always would skip the tasks that run the playbook: set run_playbook_skip_tags")


@dataclass(frozen=True)
class OuterRun:
    """The running ansible-playbook. ``secrets`` are those of vaults, with their ids; ``load`` reads YAML or a file."""

    secrets: Sequence[tuple[str, bytes]]
    become_password: str | None
    connection_password: str | None
    load: Callable[[str], Any]
    load_file: Callable[[str], Any]

    def inherited(self, params: Mapping[str, Any], directory: str) -> dict[str, Any]:
        """``params`` of the module with what it inherits; files with secrets are made in ``directory``, a private one.

        What the task says itself comes first.
        """
        scope = params["inherit"]
        if scope == "none":
            return dict(params)
        typed = typed_options()
        files = _PrivateFiles(directory)
        given: dict[str, Any] = {
            "check": params["check"] or "check" in typed,
            "diff": params["diff"] or "diff" in typed,
            "verbosity": max(params["verbosity"], typed.get("verbosity") or 0),
            "forks": params["forks"] or typed.get("forks"),
            "inventory": params["inventory"] or typed.get("inventory") or [],
            "private_key_file": params["private_key_file"] or typed.get("private_key_file"),
            "vault_password_files": [*params["vault_password_files"], *self._vaults(files)],
            "become_password_file": params["become_password_file"] or files.secret("become", self.become_password),
            "connection_password_file": params["connection_password_file"]
            or files.secret("connection", self.connection_password),
            # What was typed comes last, and so wins.
            "extra_vars_files": [*params["extra_vars_files"], *self._extra_vars(typed.get("extra_vars", ()), files)],
        }
        arguments = list(_arguments(typed))
        if scope == "all":
            given["limit"] = params["limit"] or limit_of(typed.get("subset"))
            given["tags"] = params["tags"] or typed.get("tags") or []
            given["skip_tags"] = params["skip_tags"] or typed.get("skip_tags") or []
            arguments += [f"--start-at-task={typed['start_at_task']}"] if "start_at_task" in typed else []
        return {**params, **given, "arguments": arguments}

    def _vaults(self, files: _PrivateFiles) -> list[str]:
        return [
            f"{label}@{files.write(f'vault{number}', secret)}" for number, (label, secret) in enumerate(self.secrets)
        ]

    def _extra_vars(self, entries: Sequence[str], files: _PrivateFiles) -> Iterator[str]:
        """A file for each entry, without the variables that are ours."""
        for number, entry in enumerate(entries):
            values = self._values(entry)
            own = {name for name in values if str(name).startswith(_OWN_VARIABLES)}
            if entry.startswith("@") and not own:
                yield entry[1:]
                continue
            left = {name: value for name, value in values.items() if name not in own}
            if not left:
                continue
            if not all(map(is_trusted_as_template, _texts(left))):
                raise InputError(
                    f"--extra-vars: {entry[:200]} contains both run_playbook variables and values with !unsafe; "
                    "put them into two files"
                )
            text = yaml.dump(left, Dumper=AnsibleDumper, default_flow_style=False, allow_unicode=True)
            yield files.write(f"extra-vars{number}.yml", text.encode())

    def _values(self, entry: str) -> Mapping[str, Any]:
        """The variables of one ``-e``, as Ansible reads them; it has refused what it cannot read."""
        if entry.startswith("@"):
            values = self.load_file(entry[1:])
        elif entry[:1] in ("[", "{", "/", "."):
            values = self.load(trust_as_template(entry))
        else:
            values = parse_kv(trust_as_template(entry))
        return values if isinstance(values, Mapping) else {}


@dataclass(frozen=True)
class _PrivateFiles:
    """Files that only this user can read."""

    directory: str

    def write(self, name: str, content: bytes) -> str:
        """The path of a new file with this content."""
        path = os.path.join(self.directory, name)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        return path

    def secret(self, name: str, text: str | None) -> str | None:
        """The path of a new file, where there is a secret."""
        return self.write(f"{name}-password", text.encode()) if text else None


def _arguments(typed: Mapping[str, Any]) -> Iterator[str]:
    for name, option in AS_TYPED.items():
        if name in typed:
            yield option if typed[name] is True else f"{option}={typed[name]}"


def limit_of(pattern: str | None) -> str | None:
    """A limit as one pattern; those of a file, such as one for a retry, are read here, where the file is."""
    if pattern is None or "@" not in pattern:
        return pattern
    return ",".join(_patterns(pattern))


def _patterns(pattern: str) -> Iterator[str]:
    for part in pattern.split(","):
        if part.startswith("@"):
            with open(part[1:], encoding="utf-8") as stream:
                yield from filter(None, map(str.strip, stream))
        else:
            yield part


def _words(lists: Sequence[str]) -> set[str]:
    return {word.strip() for text in lists for word in text.split(",")}


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value; names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.values()])
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
