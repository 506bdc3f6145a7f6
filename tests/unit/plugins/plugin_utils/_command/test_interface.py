# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which arguments are playbooks, compared with what Ansible's own parser says."""

from __future__ import annotations

import contextlib
import io
import json
import random

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.interface import (
    Interface,
    ansible_parser,
    check_arguments,
)

UNDERSTOOD = [
    ["site.yml"],
    ["site.yml", "other.yml", "-i", "hosts", "-l", "web"],
    ["-i", "hosts", "-e", "x=1", "-e@vars.yml", "site.yml"],
    ["-vvKi", "hosts", "site.yml"],
    ["--lim", "web", "site.yml", "--start-at-task=Install it", "--step"],
    ["--vault-id", "dev@prompt", "--", "-odd.yml"],
    ["-vvvl", "a", "-e@vars.yml", "ns.coll.play", "site.yml", "--ask-vault-password", "-i", "a,", "-i", "b,"],
    ["-t", "one", "site.yml", "other.yml", "-", "--limit=@retry"],
    ["-C", "-D", "-b", "--become-user", "root", "site.yml", "--flush-cache"],
]
#: What Ansible answers itself, with help, its version or an error.
ANSWERED = [
    [],
    ["--"],
    ["-i", "hosts"],
    ["--help"],
    ["-h", "site.yml"],
    ["site.yml", "--version"],
    ["--bogus", "site.yml"],
    ["--v", "site.yml"],
    ["site.yml", "-i"],
    ["-l", "--", "site.yml"],
    ["site.yml", "-t", "one", "other.yml"],
]


@pytest.fixture(scope="module", name="interface")
def fixture_interface() -> Interface:
    return Interface.from_json(json.loads(json.dumps(Interface.of_ansible().as_json())))


def playbooks(interface: Interface, arguments: list[str]) -> list[str] | None:
    found = interface.read(arguments)
    return None if found is None else list(found.playbooks)


@pytest.mark.parametrize("arguments", UNDERSTOOD, ids=" ".join)
def test_playbooks_are_those_that_ansible_sees(interface: Interface, arguments: list[str]) -> None:
    assert playbooks(interface, arguments) == ansible_parser().parse_args(arguments).args


@pytest.mark.parametrize("arguments", ANSWERED, ids=" ".join)
def test_what_ansible_answers_itself(interface: Interface, arguments: list[str]) -> None:
    assert playbooks(interface, arguments) is None
    with pytest.raises(SystemExit):
        ansible_parser().parse_args(arguments)


WORDS = ["a", "site.yml", "-", "--", "@f", "x=1", "", "ns.coll.play", "2", "a b", "-5", "web:!a", "-x", "=", "é"]


def random_argument(choice: random.Random, options: list[str]) -> str:
    option, word = choice.choice(options), choice.choice(WORDS)
    joined = f"{option}={word}" if option.startswith("--") else f"{option}{word}"
    cut = option[: choice.randrange(1, len(option) + 1)]
    bundle = "-" + "".join(choice.choice("vvKCDbkhilteufcMTSJ") for _letter in range(choice.randrange(1, 5)))
    return choice.choice([option, cut, joined, bundle, word, word])


@pytest.mark.parametrize("seed", range(10))
def test_any_arguments_that_ansible_takes_have_its_playbooks(interface: Interface, seed: int) -> None:
    """What Ansible refuses because of a value, or of two options that exclude each other, it refuses later."""
    choice, parser = random.Random(seed), ansible_parser()
    options = [spelling for spellings, _has_value in interface.options for spelling in spellings]
    for _turn in range(300):
        arguments = [random_argument(choice, options) for _number in range(choice.randrange(7))]
        errors = io.StringIO()
        expected = None
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            with contextlib.suppress(SystemExit):
                expected = parser.parse_args(arguments).args
        if not any(words in errors.getvalue() for words in ("invalid", "not allowed with")):
            assert playbooks(interface, arguments) == expected, arguments


@pytest.mark.parametrize("arguments", [["-f", "many"], ["-K", "--become-password-file", "x"], ["-T", "x"]])
def test_values_are_checked_by_ansible(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        check_arguments(["site.yml", *arguments])
    assert ended.value.code == 2 and "ansible-playbook-venv: error: argument" in capsys.readouterr().err
    check_arguments(["site.yml", "-f", "5"])
