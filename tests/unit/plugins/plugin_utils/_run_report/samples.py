# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Runs as their files and results tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

BEGIN = datetime(2026, 11, 27, 9, 0, 0, tzinfo=timezone.utc)
#: Names as somebody who means harm would choose them.
HOSTILE = (
    "<script>alert(1)</script>", "</title><svg onload=alert(1)>", "\"' onmouseover='alert(1)", "&lt;b&gt;&#60;",
    "\x1b[2J\x00\x9b", "\u202egnp.exe\u2066", "{{ lookup('pipe', 'id') }}", "]]><!-- -->", "x" * 5000, "\ud800",
    "</pre></style></script>", "javascript:alert(1)", "\n\n- hosts: all\n", "é" * 300, "", "🦊" * 50,
)  # fmt: skip


def at(seconds: float) -> str:
    """A time of the run, as events have it."""
    return (BEGIN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def events(*, tasks: int = 4, hosts: int = 2, failing: int = -1) -> Iterator[dict[str, Any]]:
    """The events of a run in which the task ``failing`` fails on the last host."""
    yield {"event": "start", "time": at(0), "playbook": "site.yml"}
    yield {"event": "play", "time": at(0), "play": "Web servers", "hosts": hosts}
    seconds, names, lost = 0.0, [f"web{number}.example.org" for number in range(hosts)], ""
    for number in range(tasks):
        title = f"web : Configure part {number} of the site"
        yield {"event": "task", "time": at(seconds), "task": title, "handler": False}
        for host in names:
            if host == lost:
                continue
            seconds += 0.2 + number % 7 / 5
            status = ("ok", "changed", "ok", "skipped", "ok")[(number + len(host)) % 5]
            if number == failing and host == names[-1]:
                status, lost = "failed", host
            yield {"event": "result", "time": at(seconds), "task": title, "host": host, "status": status}
    recap = {host: {"ok": tasks - (host == lost), "changed": 1, "failures": int(host == lost)} for host in names}
    yield {"event": "end", "time": at(seconds), "state": "failed" if lost else "succeeded", "hosts": recap}


def failed_task(**more: Any) -> dict[str, Any]:
    """A failure as the result of a run has it."""
    return {
        "host": "web1.example.org", "play": "Web servers", "task": "web : Configure part 2 of the site",
        "action": "ansible.builtin.command", "path": "roles/web/tasks/main.yml:12",
        "msg": "non-zero return code: nginx: [emerg] unknown directive \"srever\" in /etc/nginx/nginx.conf:3",
        "ignored": False, "rescued": False, "unreachable": False, **more,
    }  # fmt: skip


def needs(number: int = 3) -> dict[str, Any]:
    """The result of an analysis."""
    names = [f"community.part{index}" for index in range(number)]
    evidence = [
        {
            "kind": "module", "name": f"{collection}.thing", "file": "roles/web/tasks/main.yml", "line": 10 + line,
            "collection": collection, "plugin": f"{collection}.thing", "distribution": "jmespath", "required": True,
            "layer": "documentation",
        }
        for collection in names
        for line in range(3)
    ]  # fmt: skip
    galaxy = {"collections": [{"name": one, "version": "11.4.2"} for one in [*names, "ansible.utils"]]}
    return {
        "evidence": evidence,
        "profile": {"dependencies": {"galaxy": galaxy, "ansible_core": {"package_pip": "ansible-core~=2.19.5"}}},
        "unresolved": [{"file": "site.yml", "line": 3, "kind": "role", "name": "gone", "reason": "no such role"}],
        "dynamic": [{"file": "site.yml", "line": 9, "expression": "{{ which }}.yml"}],
        "target_packages": [{"package": "python-ldap>=3.0", "hosts": ["ldap_servers"]}],
        "system_packages": [
            {"collection": one, "entry": "libldap-dev [platform:dpkg]", "where": ["target"]} for one in names[:2]
        ],
    }


def built() -> dict[str, Any]:
    """The result of a build."""
    return {
        "path": "/home/me/.local/share/ansible-venvs/ansible-core-2.19.14-0123456789ab",
        "generation": "/home/me/.local/share/ansible-venvs/.generations/0123",
        "built": True,
        "python": {"version": "3.11.7", "executable": "/usr/bin/python3"},
        "ansible_core": "2.19.14",
        "collections": [{"name": "community.general", "version": "11.4.2"}],
        "roles": [],
        "missing_system_packages": ["libldap-dev"],
        "packages": [{"name": name, "version": "1.2.3"} for name in ("jinja2", "jmespath", "pyyaml", "cryptography")],
    }


def ran(**more: Any) -> dict[str, Any]:
    """The result of a run."""
    stats = {
        "web0.example.org": {"ok": 4, "changed": 2, "skipped": 1, "failures": 0, "unreachable": 0},
        "web1.example.org": {"ok": 2, "changed": 1, "failures": 1, "unreachable": 0},
    }
    return {
        "stats": stats, "failed": True, "error_code": "run_failed", "msg": "web1 failed", "rc": 2, "duration": 7.5,
        "failed_tasks": [failed_task()], "artifacts": ["out/report.html", "out/data.csv"], "results": "/home/me/r",
        **more,
    }  # fmt: skip


def receipt() -> dict[str, Any]:
    """The result of a torrent run."""
    files = [{"path": "disc/image.iso", "size": 700 << 20, "sha256": "a" * 64}]
    return {"error": None, "receipt": {"files": files, "directory": "/home/me/torrents/x", "cost": 0.0119}}
