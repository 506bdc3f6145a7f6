# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The command lines that the gate understands: a verb, words of fixed forms, options of a closed list.

A line is split at blanks and nowhere else, and each word has to match the whole of a pattern. So there is nothing in a
word that a shell, a path or a template could make something of. Line breaks at the end do not count: a phone sends the
text of a field, where they are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...module_utils._printable import listed, shortened
from .answers import GateError

MAX_LINE = 1000
_SHOWN = 60
_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
_FILE = "[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
#: The forms of words, by what messages call them.
_WORDS = {
    "FORMAT": re.compile("html|json"),
    "ID": re.compile("[0-9a-f]{16}"),
    "NAME": re.compile(_NAME),
    "NUMBER": re.compile("[0-9]{1,9}"),
    "PLAYBOOK": re.compile(rf"({_FILE}/){{0,10}}{_FILE}[.]ya?ml"),
    "SHA256": re.compile("[0-9a-f]{64}"),
}
_BLANKS = re.compile("[ \t]+")


@dataclass(frozen=True)
class _Form:
    """The words that must follow a verb, one that may, and the options, each with the form of its value."""

    words: tuple[str, ...] = ()
    optional: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


_OF_A_RUN = _Form(words=("ID",))
_FORMS: Mapping[str, _Form] = {
    "run": _Form(
        options={
            "--target": "NAME",
            "--profile": "NAME",
            "--playbook": "PLAYBOOK",
            "--sha256": "SHA256",
            "--confirm": "ID",
        }
    ),
    "torrent": _Form(options={"--sha256": "SHA256", "--confirm": "ID"}),
    "profiles": _Form(),
    "list": _Form(options={"--limit": "NUMBER"}),
    "status": _OF_A_RUN,
    "events": _Form(words=("ID",), optional="NUMBER"),
    "result": _OF_A_RUN,
    "report": _Form(words=("ID",), options={"--format": "FORMAT"}),
    "cancel": _OF_A_RUN,
    "doctor": _Form(options={"--target": "NAME"}),
}
VERBS = tuple(_FORMS)


@dataclass(frozen=True)
class GateCommand:
    """``ident`` is the id of a run, ``number`` the event to begin with; ``options`` without their dashes."""

    verb: str
    ident: str = ""
    number: int = 0
    options: Mapping[str, str] = field(default_factory=dict)


def parse_command(line: str) -> GateCommand:
    """Raises :class:`GateError` for what is not exactly of one of the forms."""
    if len(line) > MAX_LINE:
        raise _refused(f"the command is longer than {MAX_LINE} characters")
    verb, *words = [word for word in _BLANKS.split(line.rstrip("\r\n")) if word] or [""]
    form = _FORMS.get(verb)
    if form is None:
        raise _refused(f"{_quoted(verb)} is not a verb; known are {listed(VERBS)}")
    values: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            _take_option(verb, form, word, next(rest, None), options)
        else:
            values.append(word)
    if len(options) > 1 and "confirm" in options:
        raise _refused(f"{verb} --confirm ID stands alone: what is started was said before")
    ident, number = _positional(verb, form, values)
    return GateCommand(verb, ident, number, options)


def is_name(text: str) -> bool:
    """Whether a text can be the name of a key, a target or a profile."""
    return _WORDS["NAME"].fullmatch(text) is not None


def is_playbook_path(text: str) -> bool:
    """Whether a text is a path of a playbook as ``--playbook`` takes it."""
    return _WORDS["PLAYBOOK"].fullmatch(text) is not None


def is_ident(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _WORDS["ID"].fullmatch(text) is not None


def _take_option(verb: str, form: _Form, option: str, value: str | None, options: dict[str, str]) -> None:
    kind = form.options.get(option)
    if kind is None:
        known = f"known are {listed(tuple(form.options))}" if form.options else "it has none"
        raise _refused(f"{verb}: {_quoted(option)} is not an option of it; {known}")
    name = option.removeprefix("--")
    if name in options:
        raise _refused(f"{verb}: {option} is given twice")
    options[name] = _checked(verb, option, kind, value)


def _positional(verb: str, form: _Form, values: list[str]) -> tuple[str, int]:
    """The id and the number, where the form has them."""
    most = len(form.words) + (form.optional is not None)
    if not len(form.words) <= len(values) <= most:
        wanted = " ".join((verb, *form.words, *([f"[{form.optional}]"] if form.optional else [])))
        raise _refused(f"{verb}: {len(values)} words follow; the form is: {wanted}")
    ident = _checked(verb, "the id", "ID", values[0]) if form.words else ""
    more = values[len(form.words) :]
    return ident, int(_checked(verb, "the event", "NUMBER", more[0])) if more else 0


def _checked(verb: str, what: str, kind: str, value: str | None) -> str:
    if value is None or not _WORDS[kind].fullmatch(value):
        shown = "nothing" if value is None else _quoted(value)
        raise _refused(f"{verb}: {what} is {shown}, and must be {_described(kind)}")
    return value


def _described(kind: str) -> str:
    return {
        "FORMAT": "html or json",
        "ID": "an id: 16 of the digits 0 to 9 and a to f",
        "NAME": "a name of letters, digits, dashes and underscores",
        "NUMBER": "a number of at most 9 digits",
        "PLAYBOOK": "the path of a .yml or .yaml file, with letters, digits, dots, dashes and underscores only",
        "SHA256": "64 of the digits 0 to 9 and a to f",
    }[kind]


def _quoted(text: str) -> str:
    return repr(shortened(text, _SHOWN))


def _refused(message: str) -> GateError:
    return GateError(message, code="command")
