# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The table of failures and the marks on the tests say the same."""

from __future__ import annotations

import re

from places import ROOT

_ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
_MARKED = re.compile(r"^@pytest\.mark\.catalogue\(([\d, ]+)\)\n(?:(?!def ).*\n)*?def (test_\w+)", re.MULTILINE)


def test_each_row_has_its_tests() -> None:
    text = (ROOT / "docs" / "reference" / "failures.md").read_text()
    rows = {int(number): set(re.findall(r"`(test_\w+)`", tests)) for number, tests in _ROW.findall(text)}
    marked: dict[int, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for numbers, name in _MARKED.findall(path.read_text()):
            for number in numbers.split(","):
                marked.setdefault(int(number), set()).add(name)
    assert sorted(rows) == [*range(1, 41), *range(46, 53)]
    assert {number: tests - marked.get(number, set()) for number, tests in rows.items()} == dict.fromkeys(rows, set())
