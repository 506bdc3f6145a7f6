# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The venv of a run, its exit code, the files that it brought back, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .checked import count, mapping, mappings, name, number

_MAX_LISTED, MAX_FILES, _MAX_SYSTEM, _MAX_HOSTS = 500, 200, 100, 200


def exit_code(value: Any) -> int | None:
    """The exit code of a process; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 256 else None


def venv_of(built: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the venv is and holds; None where there is none."""
    if "generation" not in built:
        return None
    return {
        "path": name(built.get("path")),
        "generation": name(built["generation"]),
        "hosts": [],
        "built": built.get("built") is True,
        "python": name(mapping(built.get("python")).get("version")),
        "ansible_core": name(built.get("ansible_core")),
        **{kind: _versions(built.get(kind)) for kind in ("collections", "roles", "packages")},
    }


def missing_system_packages(built_on: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The system packages that hosts lack, each with its hosts; None where no host is known to have all or to lack any.

    ``built_on`` are the results of builds by their hosts. The host of a run that has only one is the empty name.
    """
    found: dict[str, list[str]] = {}
    is_known = False
    for host, built in sorted(built_on.items()):
        missing = built.get("missing_system_packages")
        is_known = is_known or isinstance(missing, list)
        for package in filter(None, map(name, missing if isinstance(missing, list) else ())):
            hosts = found.setdefault(package, [])
            if name(host) and name(host) not in hosts:
                hosts.append(name(host))
    if not is_known:
        return None
    items = [{"package": package, "hosts": hosts[:_MAX_HOSTS]} for package, hosts in sorted(found.items())]
    return {"items": items[:_MAX_SYSTEM], "left_out": max(0, len(items) - _MAX_SYSTEM)}


def files_of(run: Mapping[str, Any], torrent: Mapping[str, Any]) -> dict[str, Any] | None:
    """What came back, and where it is; None where nothing did."""
    receipt = mapping(torrent.get("receipt"))
    artifacts = run.get("artifacts")
    files: list[dict[str, Any]] = [
        {"path": name(path), "bytes": None, "sha256": ""} for path in (artifacts if isinstance(artifacts, list) else ())
    ]
    directory = f"{name(run.get('results'))}/artifacts"
    if receipt.get("files"):
        directory = name(receipt.get("directory"))
        files = [
            {"path": name(one.get("path")), "bytes": count(one.get("size")), "sha256": name(one.get("sha256"))}
            for one in mappings(receipt["files"])
        ]
    if not files:
        return None
    left_out = max(0, len(files) - MAX_FILES)
    return {"directory": directory, "count": len(files), "left_out": left_out, "items": files[:MAX_FILES]}


def cost_of(torrent: Mapping[str, Any], status: Mapping[str, Any], until_now: int) -> dict[str, Any] | None:
    """In millionths of a US dollar; None for what cost nothing."""
    dollars = number(mapping(torrent.get("receipt")).get("cost"))
    known = round(dollars * 1e6) if dollars is not None else max(count(status.get("microdollars")), until_now)
    return {"microdollars": known} if known else None


def _versions(given: Any) -> list[dict[str, str]]:
    listed = [{"name": name(one.get("name")), "version": name(one.get("version"))} for one in mappings(given)]
    return listed[:_MAX_LISTED]
