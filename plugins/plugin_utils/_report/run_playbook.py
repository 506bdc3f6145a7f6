# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the role run_playbook says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.archive_size import in_mib

from .._left_out import left_out_line, packages_left_out
from .._target_packages import required_on_hosts
from .._units import counted
from .report import Report, Results, failed_step

_COUNTED = ("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored")
_MAX_ROWS = 60


def run(results: Results, *, check: bool) -> Report:
    """``needs``, ``built`` and ``run``, as far as it went."""
    needs, venv, ran = (results.get(part) or {} for part in ("needs", "built", "run"))
    # What was found out before is shown again only on request.
    shows_all = bool(venv.get("built") or Display().verbosity)
    evidence = _needs_lines(needs.get("evidence") or []) if shows_all else []
    required = _required_on_hosts(needs, venv)
    left_out = left_out_line(packages_left_out(needs, venv))
    lines = (*_venv_lines(venv)[: None if shows_all else 1], *evidence, *required, *left_out, *_run_lines(ran))
    failed = failed_step(results, role="run_playbook")
    if failed is not None:
        return replace(failed, details=failed.details + lines)
    if "stats" not in ran and check and "generation" not in venv:
        return Report(f"Check mode: the venv {venv.get('path', '')} would be built, and the playbook run in it.", lines)
    if "stats" not in ran:
        return Report("Nothing was run.", lines)
    seconds = f" in {ran['duration']} s" if "duration" in ran else ""
    return Report(f"The playbook ran on {counted(len(ran['stats']), 'host')}{seconds}.", lines)


def _venv_lines(venv: Mapping[str, Any]) -> list[str]:
    if "generation" not in venv:
        return []
    state = "built" if venv.get("built") else "reused"
    python = (venv.get("python") or {}).get("version", "?")
    listed = {kind: _versions(venv.get(kind) or []) for kind in ("collections", "roles", "packages")}
    return [
        f"venv ({state}): {venv['path']} -> {venv['generation']}",
        f"Python {python}, ansible-core {venv.get('ansible_core') or '?'}",
        *(f"{kind}: {text}" for kind, text in listed.items() if text),
    ]


def _required_on_hosts(needs: Mapping[str, Any], venv: Mapping[str, Any]) -> list[str]:
    targets = needs.get("target_packages")
    if not targets or "profile" not in needs:
        return []
    line = required_on_hosts(targets, profile=needs["profile"], left_out=venv.get("left_out") or ())
    return [line] if line is not None else []


def _versions(items: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(f"{item['name']} {item['version']}".rstrip() for item in items)


def _needs_lines(evidence: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table: where in the project, what is written there, what it is, and what that cannot do without."""
    required = {_row(item) for item in evidence if item.get("required", True)}
    told = {row[:3] for row in required}
    optional = {_row({**item, "distribution": ""}) for item in evidence if not item.get("required", True)}
    rows = sorted(required | {row for row in optional if row[:3] not in told})
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    padded = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]] for row in rows]
    table = ["  ".join(row).rstrip() for row in padded]
    more = [f"… and {len(table) - _MAX_ROWS} more"] if len(table) > _MAX_ROWS else []
    return ["evidence for the requirements:", *(f"  {line}" for line in table[:_MAX_ROWS]), *more] if table else []


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
    counts = [f"{host}: {_counts(numbers)}" for host, numbers in sorted(stats.items())]
    files = run.get("shipped_files")
    sent = [f"sent: {counted(files, 'file')}, {in_mib(run['shipped'])}"] if files else []
    left_out = run.get("not_shipped") or []
    kept_back = [f"not sent, because they are credentials: {', '.join(left_out)}"] if left_out else []
    ended = [f"run: {run['duration']} s, log in {run.get('log')}"] if "duration" in run else []
    artifacts = run.get("artifacts") or []
    kept = [f"artifacts in {run.get('results')}/artifacts: {', '.join(artifacts)}"] if artifacts else []
    custom = (run.get("custom_stats") or {}).get("_run") or {}
    handed_out = [f"{name.replace('_', ' ')}: {value}" for name, value in custom.items()]
    return [*sent, *kept_back, *counts, *ended, *kept, *handed_out]


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {numbers[name]}" for name in _COUNTED if numbers.get(name))
