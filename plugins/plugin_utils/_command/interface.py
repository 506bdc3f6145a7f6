# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which arguments of ansible-playbook are playbooks: asked of Ansible's own parser, and kept for its version.

To import the parser costs most of what a whole run of the command may cost. The kept form lists the options with
whether they have a value, from which a small parser of the same kind is made.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.answers import AnswerCache

from .._core import CoreRelease, check_configuration
from .._deps.project.user_settings import OPTIONS as SETTINGS
from .arguments import WITHOUT_TERMINAL, add_options
from .inventory import OPTIONS


class _Unknown(Exception):
    """Arguments that the small parser does not understand."""


class _SmallParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Unknown(message)


@dataclass(frozen=True)
class CommandLine:
    """What decides the venv: the playbooks, and the values of the options that say where they run, and with what."""

    playbooks: Sequence[str]
    options: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Interface:
    """The options of ansible-playbook: the spellings of each, and whether it has a value."""

    options: tuple[tuple[tuple[str, ...], bool], ...]

    @classmethod
    def of_ansible(cls) -> Interface:
        """Ask the Ansible that is imported by this Python."""
        actions = [action for action in ansible_parser()._actions if action.option_strings]
        return cls(tuple((tuple(action.option_strings), action.nargs != 0) for action in actions))

    @classmethod
    def from_json(cls, data: Any) -> Interface:
        """What :meth:`as_json` gave."""
        return cls(tuple((tuple(spellings), bool(has_value)) for spellings, has_value in data))

    def as_json(self) -> list[Any]:
        """The form that is kept."""
        return [[list(spellings), has_value] for spellings, has_value in self.options]

    def read(self, arguments: Sequence[str]) -> CommandLine | None:
        """What ``arguments`` say; None where Ansible itself has to answer: for help, or with an error."""
        found = self._parsed(arguments)
        if found is None or found.get("-h") or found.get("--help") or found.get("--version"):
            return None
        first = {spelling: spellings[0] for spellings, _has_value in self.options for spelling in spellings}
        values = {name: list(found.get(first.get(name, name)) or []) for name in (*OPTIONS, *SETTINGS)}
        return CommandLine(list(found["playbooks"]), values)

    def _parsed(self, arguments: Sequence[str]) -> dict[str, Any] | None:
        parser = _SmallParser(add_help=False, formatter_class=WITHOUT_TERMINAL)
        parser.add_argument("playbooks", nargs="+")
        for spellings, has_value in self.options:
            how: dict[str, Any] = {"action": "append"} if has_value else {"action": "store_true"}
            parser.add_argument(*spellings, dest=spellings[0], **how)
        try:
            return vars(parser.parse_args(list(arguments)))
        except _Unknown:
            return None


def command_line(arguments: Sequence[str], *, core: CoreRelease, cache: AnswerCache) -> CommandLine | None:
    """What ``arguments`` say; see :meth:`Interface.read`. What the parser of ``core`` says is cached."""
    question = ["options of ansible-playbook", core.as_json()]
    known = cache.read(question, list[tuple[list[str], bool]])
    interface = Interface.from_json(known) if known is not None else Interface.of_ansible()
    found = interface.read(arguments)
    if found is not None and known is None:
        cache.write(question, interface.as_json())
    return found


def ansible_parser() -> argparse.ArgumentParser:
    """The parser of ansible-playbook."""
    check_configuration()
    from ansible.cli.playbook import PlaybookCLI

    command = PlaybookCLI(["ansible-playbook"])
    command.init_parser()
    parser: argparse.ArgumentParser = command.parser
    return parser


def answer_as_ansible(arguments: Sequence[str]) -> NoReturn:
    """Print help, the version or what is wrong with ``arguments``, as Ansible does, and exit."""
    check_arguments(arguments)
    raise AssertionError(f"ansible-playbook takes {arguments}, which was not expected")


def check_arguments(arguments: Sequence[str]) -> None:
    """Exit with Ansible's own message unless it accepts ``arguments``, which takes long: values are checked as well."""
    parser = ansible_parser()
    parser.prog = "ansible-playbook-venv"
    add_options(parser)
    parser.parse_args(list(arguments))
