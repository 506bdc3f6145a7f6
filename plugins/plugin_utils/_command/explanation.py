# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an analysis found, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .requirements import Requirements

_HEAD = ("what", "where", "requires", "from", "on")


def explanation(requirements: Requirements) -> Iterator[str]:
    """The lines: what is required, and the evidence for it."""
    dependencies = requirements.profile.get("dependencies") or {}
    core = (dependencies.get("ansible_core") or {}).get("package_pip") or "any version"
    yield f"ansible-core: {core.removeprefix('ansible-core') or 'any version'}"
    collections = (dependencies.get("galaxy") or {}).get("collections") or []
    yield f"collections: {', '.join(map(_collection, collections)) or 'none'}"
    yield f"Python packages: {', '.join(dependencies.get('python') or []) or 'none'}"
    if requirements.report is None:
        return
    rows = [_HEAD, *sorted({_row(one) for one in requirements.report["evidence"]})]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    if len(rows) > 1:
        yield ""
        for row in rows:
            yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    for one in requirements.report["unresolved"]:
        yield f"unresolved: {one['file']}:{one['line']}: {one['kind']} {one['name']}: {one['reason']}"
    for one in requirements.report["dynamic"]:
        yield f"known at run time only: {one['file']}:{one['line']}: {one['expression']}"


def _collection(request: Any) -> str:
    return request if isinstance(request, str) else " ".join(filter(None, [request["name"], request.get("version")]))


def _row(one: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    required = one["distribution"] or one["collection"]
    optional = "" if one["required"] or not one["distribution"] else " (optional)"
    what, where = f"{one['kind']} {one['name']}", f"{one['file']}:{one['line']}"
    return (what, where, required + optional, one["layer"], one["where"])
