# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Say in a few lines what a run of the role run_playbook came to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_report
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Say in a few lines what a run came to
description:
  - Turns the result of the role P(mobile_ansible.venv.run_playbook#role) into lines for people.
options:
  _input:
    description: The variable C(run_playbook_result).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what came of it
  ansible.builtin.debug:
    msg: "{{ run_playbook_result | mobile_ansible.venv.run_report }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._extract import escaped

_COUNTED = ("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored")
_MAX_ROWS = 60


def run_report(result: Mapping[str, Any]) -> list[str]:
    """The lines for one ``run_playbook_result``; a part that is missing is left out."""
    if not isinstance(result, dict):
        raise AnsibleFilterError("run_report: the input must be the dictionary run_playbook_result")
    run, venv, needs = (result.get(part) or {} for part in ("run", "venv", "needs"))
    lines = [*_venv_lines(venv), *_needs_lines(needs.get("evidence") or []), *_run_lines(run)]
    return [escaped(line) for line in lines] or ["nothing was run"]


def _venv_lines(venv: Mapping[str, Any]) -> list[str]:
    if "path" not in venv:
        return []
    state = "built" if venv.get("changed") else "used again"
    python = (venv.get("python") or {}).get("version", "?")
    listed = {kind: _versions(venv.get(kind) or []) for kind in ("collections", "packages")}
    return [
        f"venv ({state}): {venv['path']} -> {venv.get('generation', '?')}",
        f"Python {python}, ansible-core {venv.get('ansible_core') or '?'}",
        *(f"{kind}: {text}" for kind, text in listed.items() if text),
    ]


def _versions(items: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(f"{item['name']} {item['version']}" for item in items)


def _needs_lines(evidence: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table: where in the project, what stands there, what it is, and what that cannot do without."""
    required = {_row(item) for item in evidence if item.get("required", True)}
    told = {row[:3] for row in required}
    optional = {_row({**item, "distribution": ""}) for item in evidence if not item.get("required", True)}
    rows = sorted(required | {row for row in optional if row[:3] not in told})
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    padded = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]] for row in rows]
    table = ["  ".join(row).rstrip() for row in padded]
    more = [f"… and {len(table) - _MAX_ROWS} more"] if len(table) > _MAX_ROWS else []
    return ["what was derived from where:", *(f"  {line}" for line in table[:_MAX_ROWS]), *more] if table else []


def _row(item: Mapping[str, Any]) -> tuple[str, str, str, str]:
    place = f"{item.get('file') or '?'}:{item.get('line') or '?'}"
    needed = " + ".join(str(item[key]) for key in ("collection", "distribution") if item.get(key))
    plugin = str(item.get("plugin") or "")
    name = str(item.get("name") or "")
    shown = f"{name} = {plugin}" if plugin and plugin != name else name
    layer = f" ({item['layer']})" if item.get("layer") and item.get("distribution") else ""
    return place, str(item.get("kind") or ""), shown, f"-> {needed}{layer}" if needed else ""


def _run_lines(run: Mapping[str, Any]) -> list[str]:
    stats = run.get("stats") or {}
    counts = [
        f"{host}: " + ", ".join(f"{name} {numbers[name]}" for name in _COUNTED if numbers.get(name))
        for host, numbers in sorted(stats.items())
    ]
    ended = [f"run: {run['duration']} s, log in {run.get('log')}"] if "duration" in run else []
    artifacts = run.get("artifacts") or []
    kept = [f"artefacts in {run.get('results')}/artifacts: {', '.join(artifacts)}"] if artifacts else []
    custom = (run.get("custom_stats") or {}).get("_run") or {}
    handed_out = [f"{name.replace('_', ' ')}: {value}" for name, value in custom.items()]
    return [*counts, *ended, *kept, *handed_out]


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[[Mapping[str, Any]], list[str]]]:
        return {"run_report": run_report}
