# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the reports of hosts come to together, where each of them ran the playbook for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .checked import count, mapping, mappings, name, names
from .content import MAX_FILES, exit_code, missing_system_packages, venv_of

#: Venvs that differ, beyond the first one.
_MAX_OTHERS, _MAX_HOSTS, _MAX_PLAYS = 20, 200, 200


def together(reports: Mapping[str, Mapping[str, Any]], *, directory: str) -> dict[str, Any]:
    """The parts of a document that only the reports have, which are read like any data.

    ``reports`` are documents by their hosts. ``directory`` is where the files are, of each host in its own directory.
    """
    codes = {host: exit_code(report.get("rc")) for host, report in sorted(reports.items())}
    venvs = _venvs(reports)
    return {
        "rc": _together(list(codes.values())),
        "exit_codes": [{"host": name(host), "rc": code} for host, code in (codes.items() if len(codes) > 1 else ())][
            :_MAX_HOSTS
        ],
        "unmatched_plays": _unmatched(reports),
        "venv": venvs[0] if venvs else None,
        "other_venvs": venvs[1 : _MAX_OTHERS + 1],
        "missing_system_packages": missing_system_packages({host: _built(one) for host, one in reports.items()}),
        "files": _files(reports, directory),
    }


def _together(codes: Sequence[int | None]) -> int | None:
    """The first that is not 0; 0 only if every host has it."""
    failed = next((code for code in codes if code), None)
    return failed if failed is not None or None in codes or not codes else 0


def _venvs(reports: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those that differ, the one of most hosts first, each with its hosts.

    That one host built it, and another one had it already, is no difference.
    """
    found: list[dict[str, Any]] = []
    for host, report in sorted(reports.items()):
        given = mapping(report.get("venv"))
        venv = venv_of({**given, "python": {"version": given.get("python")}})
        if venv is None:
            continue
        same = next((one for one in found if {**one, "hosts": [], "built": venv["built"]} == venv), None)
        if same is None:
            found.append({**venv, "hosts": [name(host)]})
            continue
        same["built"] = same["built"] or venv["built"]
        if len(same["hosts"]) < _MAX_HOSTS:
            same["hosts"].append(name(host))
    return sorted(found, key=lambda venv: -len(venv["hosts"]))


def _built(report: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a build, as its report tells it."""
    missing = report.get("missing_system_packages")
    packages = [one.get("package") for one in mappings(mapping(missing).get("items"))]
    return {"missing_system_packages": packages if isinstance(missing, Mapping) else None}


def _unmatched(reports: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The plays that no host matched: what is for one host alone is unmatched on the others."""
    of_hosts = [
        names(report.get("unmatched_plays"), _MAX_PLAYS)
        for report in reports.values()
        if exit_code(report.get("rc")) is not None
    ]
    first = of_hosts[0] if of_hosts else []
    return [play for play in first if all(play in others for others in of_hosts)]


def _files(reports: Mapping[str, Mapping[str, Any]], directory: str) -> dict[str, Any] | None:
    given = {host: mapping(report.get("files")) for host, report in sorted(reports.items())}
    total = sum(count(files.get("count")) for files in given.values())
    if not total:
        return None
    items = list(_items(given))[:MAX_FILES]
    return {"directory": name(directory), "count": total, "left_out": max(0, total - len(items)), "items": items}


def _items(given: Mapping[str, Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for host, files in given.items():
        for one in mappings(files.get("items")):
            path = f"{host}/artifacts/{name(one.get('path'))}"
            yield {"path": name(path), "bytes": None, "sha256": ""}
