# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""An answer is small, whatever names others chose: a phone asks every second."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import starting
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.analysis import summary
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import answer_line, shown
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.connection import Connection
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.grammar import parse_command
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.verbs import answer
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate

#: What one list may take, and an answer with all lists.
LIST, ANSWER = 17_000, 160_000
#: Characters that take one byte, that are escaped by JSON, that take two of these escapes, and that are escaped twice.
NAMES = {"plain": "x", "accents": "é", "beyond": "\U0001f600", "direction": "\u202e"}


@pytest.mark.parametrize("character", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("length", [1, 200, 4000])
@pytest.mark.parametrize("count", [0, 1, 50, 51, 5000])
def test_a_list_has_a_limit_and_counts_what_is_beyond(character: str, length: int, count: int) -> None:
    found, not_shown = shown({"a": [character * length] * count, "b": ["short"]})
    assert (found["b"], len(found["a"]) + not_shown) == (["short"], count)
    assert len(json.dumps(found["a"])) < LIST
    assert len(found["a"]) == min(count, 50) or len(json.dumps(found["a"])) > LIST / 2


def member(name: str, *, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o755
    if target:
        entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


@pytest.mark.parametrize("character", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("name", ["left_out", "own_code"])
def test_what_an_archive_holds_makes_no_long_answer(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, name: str, character: str
) -> None:
    monkeypatch.setattr(starting, "start", lambda run, **_more: None)
    monkeypatch.setattr(starting, "_wait", lambda run, **_more: None)
    above = "/".join(["library", *[character * 50] * 14])
    made = [member(f"{above}/{number}", target="x" * (name == "left_out")) for number in range(1000)]
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for entry in (member("site.yml"), *made):
            archive.addfile(entry, io.BytesIO())
    stream.seek(0)
    settings = gate.settings
    connection = Connection(settings, settings.key("phone"), gate.spool, stream, io.BytesIO())
    told = answer(connection, parse_command("run"))
    assert told is not None
    upload = told["upload"]
    assert sum(map(len, (upload["left_out"], upload["own_code"]))) + upload["not_shown"] == 1001
    again = answer(connection, parse_command(f"status {told['id']}"))
    assert again is not None
    assert max(len(answer_line(told)), len(answer_line(again))) < 2 * LIST


def test_an_analysis_makes_no_long_answer() -> None:
    name = "\u202e" * 4000
    needs: dict[str, Any] = {
        "ansible_core": {"package_pip": name},
        "galaxy": {"collections": [{"name": name}] * 999, "roles": [{"name": name}] * 999},
        "python": [name] * 999,
    }
    located = [{"kind": "module", "name": name, "file": name, "line": 1, "reason": name}] * 999
    report = {
        "profile": {"dependencies": needs}, "unresolved": located, "dynamic": located,
        "system_packages": [{"entry": name}], "target_packages": [{"package": name}],
    }  # fmt: skip
    told = summary(report, refused=name)
    assert len(answer_line({"needs": told})) < ANSWER
    lists = [value for value in told.values() if isinstance(value, list)]
    assert sum(map(len, lists)) + told["not_shown"] == 5 * 999 + 2
