# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a terminal obeys never reaches it from a message, whoever raises it."""

from __future__ import annotations

import json
import unicodedata

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import (
    listed,
    printable,
    printable_data,
    shortened,
)

HOSTILE = {
    "escape sequence": ("\x1b[2J", "\\x1b[2J"),
    "C1": ("\x9b2J", "\\x9b2J"),
    "delete": ("\x7f", "\\x7f"),
    "NUL": ("\0", "\\x00"),
    "carriage return": ("a\rb", "a\\x0db"),
    "backspace": ("a\bb", "a\\x08b"),
    "next line": ("\x85", "\\x85"),
    "direction": ("\u202etxt.exe\u202c", "\\u202etxt.exe\\u202c"),
    "isolate": ("\u2066x\u2069", "\\u2066x\\u2069"),
    "line separator": ("\u2028\u2029", "\\u2028\\u2029"),
    "zero width": ("a\u200bb", "a\\u200bb"),
    "half of a pair": ("\ud83d", "\\ud83d"),
    "tags": ("\U000e0041", "\\U000e0041"),
}


@pytest.mark.parametrize(("text", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_what_acts_on_a_terminal_is_escaped_once(text: str, expected: str) -> None:
    assert printable(text) == expected
    assert printable(expected) == expected
    error = InputError(f"a {text} b", name=text, inner=[{text: text}])
    assert error.message == str(error) == f"a {expected} b"
    assert error.details() == {
        "msg": f"a {expected} b",
        "error_code": "bad_input",
        "name": expected,
        "inner": [{expected: expected}],
    }


def test_no_control_character_of_unicode_is_left_out() -> None:
    """Cc: control, Zl and Zp: separators, Cs: halves; and every format character that changes a direction."""
    everything = [chr(code) for code in range(0x110000)]
    acting = [one for one in everything if unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs")]
    marks = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    turning = [one for one in everything if unicodedata.bidirectional(one) in marks]
    assert [one for one in acting + turning if printable(one) == one] == []


@pytest.mark.parametrize("text", ["größer", "日本語", "a  b", "é", "🙂", "'\"\\"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_lines_of_a_message_become_one_and_those_of_what_a_program_said_stay() -> None:
    error = VenvError("it failed:\n  one\r\n\ttwo", stderr="one\n\ttwo\x1b")
    assert error.details() == {
        "msg": "it failed: one two",
        "error_code": "error",
        "stderr": "one\n\ttwo\\x1b",
    }


def test_a_message_has_an_end() -> None:
    message = VenvError("x" * 1_000_000).message
    assert len(message) < 11_000
    assert message.endswith("… (990000 characters more)")


@pytest.mark.parametrize(("text", "length"), [("x" * 200, 200), ("x" * 201, 201), ("\0" * 1000, 201)])
def test_names_are_cut(text: str, length: int) -> None:
    assert len(shortened(text)) == length


def test_data_keeps_its_shape() -> None:
    value = {"a": [1, None, True, 1.5, ("b\0",)], "c": {}}
    assert json.dumps(printable_data(value)) == '{"a": [1, null, true, 1.5, ["b\\\\x00"]], "c": {}}'


@pytest.mark.parametrize(("number", "text"), [(0, ""), (1, "n0"), (3, "n0, n1, n2"), (4, "n0, n1, n2 and 1 more")])
def test_a_list_is_not_longer_than_people_read(number: int, text: str) -> None:
    assert listed([f"n{one}" for one in range(number)], most=3) == text
