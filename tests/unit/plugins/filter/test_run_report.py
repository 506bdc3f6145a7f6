# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The lines that people read at the end."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mobile_ansible.venv.plugins.filter.run_report import run_report

EVIDENCE = {
    "kind": "module",
    "name": "xml",
    "file": "site.yml",
    "line": 7,
    "collection": "community.general",
    "plugin": "community.general.xml",
    "distribution": "lxml",
    "layer": "documentation",
    "where": "target",
}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({}, ["nothing was run"]),
        ({"run": {"failed": True, "msg": "x"}}, ["nothing was run"]),
        (
            {"run": {"stats": {"b": {"ok": 1}, "a": {"ok": 2, "failures": 1}}, "duration": 1.5, "log": "/l"}},
            ["a: ok 2, failures 1", "b: ok 1", "run: 1.5 s, log in /l"],
        ),
        (
            {"needs": {"evidence": [EVIDENCE, EVIDENCE]}},
            [
                "what was derived from where:",
                "  site.yml:7  module  xml = community.general.xml  -> community.general + lxml (documentation)",
            ],
        ),
        (
            {"needs": {"evidence": [EVIDENCE, {**EVIDENCE, "distribution": "idna", "required": False}]}},
            [
                "what was derived from where:",
                "  site.yml:7  module  xml = community.general.xml  -> community.general + lxml (documentation)",
            ],
        ),
        (
            {"needs": {"evidence": [{**EVIDENCE, "required": False}]}},
            ["what was derived from where:", "  site.yml:7  module  xml = community.general.xml  -> community.general"],
        ),
        (
            {
                "venv": {
                    "path": "/s/v",
                    "generation": "/s/.g/1",
                    "changed": True,
                    "python": {"version": "3.11.2"},
                    "ansible_core": "2.19.14",
                    "collections": [{"name": "a.b", "version": "1"}],
                    "packages": [],
                }
            },
            ["venv (built): /s/v -> /s/.g/1", "Python 3.11.2, ansible-core 2.19.14", "collections: a.b 1"],
        ),
        (
            {"run": {"artifacts": ["a"], "results": "/r", "custom_stats": {"_run": {"to_read": "x"}}}},
            ["artefacts in /r/artifacts: a", "to read: x"],
        ),
    ],
)
def test_lines(result: dict[str, Any], expected: list[str]) -> None:
    assert run_report(result) == expected


def test_something_else_is_refused() -> None:
    with pytest.raises(AnsibleFilterError):
        run_report("text")  # type: ignore[arg-type]


def test_what_acts_on_a_terminal_is_escaped() -> None:
    result = {
        "needs": {"evidence": [{**EVIDENCE, "name": "\x1b[2J\u202e", "file": "a\nb.yml"}]},
        "run": {"stats": {"\x9bhost": {"ok": 1}}, "artifacts": ["\r\x07x"]},
    }
    lines = run_report(result)
    assert "\\x1b[2J\\u202e" in lines[1]
    assert "a\\x0ab.yml:7" in lines[1]
    assert lines[2:] == ["\\x9bhost: ok 1", "artefacts in None/artifacts: \\x0d\\x07x"]
