# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is wrong with the set-up of the gate, and how to put it right; no secret is read, and none is shown."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...module_utils._digitalocean.token_file import read_token
from ...module_utils._errors import LockedError, VenvError
from ...module_utils._store.locks import locked
from ...module_utils._store.others import owned_by_another
from ...module_utils._store.trust import check_trusted
from .settings import GateSettings
from .spool import Spool
from .unit import SYSTEMD_RUN, user_manager_runs, uses_systemd

_MIB = 1 << 20
#: Less than this is too little for a venv and the results of a run.
_FREE = 1 << 30
#: Where systemd keeps which user lingers, and where the role installs the timer that reaps.
LINGER = "/var/lib/systemd/linger/{}"
TIMERS = ("/etc/systemd/system/timers.target.wants/{}.timer", "/etc/cron.d/{}")
#: Beside the directories of keys: one connection at a time tries the targets, because each takes processes.
_LOCK = ".doctor"
_COLLECTION = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Check:
    """One line: what was looked at, what is there, and what to do where that is wrong."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def examine(settings: GateSettings, spool: Spool, inventories: Mapping[str, str]) -> dict[str, Any]:
    """All checks, as they are answered; the hosts of ``inventories`` are logged in to, by what the checks are named."""
    checks = [check for one in _CHECKS for check in one(settings, spool)]
    checks += _logins(settings, spool, {name: path for name, path in inventories.items() if os.access(path, os.R_OK)})
    shown = [
        {"name": check.name, "ok": check.ok, "found": check.found, **({} if check.ok else {"fix": check.fix})}
        for check in checks
    ]
    return {"ok": all(check.ok for check in checks), "checks": shown}


def _versions(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or newer")
    core = _core_version()
    yield Check("ansible_core", bool(core), core or "missing", "apply the role phone_gate again")
    version = _collection_version()
    yield Check("collection", version != "unknown", version, "apply the role phone_gate again")


def _configuration(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    """The gate's user must not be able to change what it may do."""
    changeable = os.geteuid() != 0 and os.access(settings.path, os.W_OK)
    found = "the user of the gate can change it" if changeable else settings.path
    yield Check("configuration", not changeable, found, f"chown root {settings.path}; chmod 0640 {settings.path}")
    profiles = settings.file["profiles"]
    changeable = os.geteuid() != 0 and os.access(profiles, os.W_OK)
    found = "the user of the gate can change them" if changeable else profiles
    yield Check("profiles", not changeable, found, "apply the role phone_gate again")
    for name, inventory in settings.file["targets"].items():
        readable = os.access(inventory, os.R_OK)
        yield Check(
            f"target {name}", readable, inventory if readable else f"{inventory} cannot be read",
            "apply the role phone_gate again",
        )  # fmt: skip


def _manager(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    user = pwd.getpwuid(os.geteuid()).pw_name
    if not uses_systemd(settings.file["manager"]):
        yield Check("systemd", True, "not used: runs are sessions of their own")
        return
    lingers = os.path.exists(LINGER.format(user))
    found = "enabled" if lingers else "not enabled: runs end with the last connection"
    yield Check("linger", lingers, found, f"as root: loginctl enable-linger {user}")
    runs = user_manager_runs() and os.access(SYSTEMD_RUN, os.X_OK)
    yield Check(
        "systemd",
        runs,
        "runs" if runs else "does not run for this user",
        f"as root: systemctl start user@{os.geteuid()}",
    )


def _disk(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    for name, path in (("disk of runs", spool.path), ("disk of venvs", os.path.expanduser("~"))):
        free = shutil.disk_usage(path).free
        yield Check(name, free >= _FREE, f"{free // _MIB} MiB are free", f"free some space below {path}")


def _store(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    for name, path in (("runs", spool.path), ("venvs", os.path.expanduser("~/.local/share/ansible-venvs"))):
        problem = ""
        try:
            check_trusted(path)
        except VenvError as error:
            problem = error.message
        yield Check(name, not problem, problem or path, "see what is found")


def _sshd(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    """As far as this user can see it: each of its keys is for the gate alone, and nobody else can change that."""
    path = os.path.expanduser("~/.ssh/authorized_keys")
    try:
        status = os.stat(path)
        lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith("#")]
    except (OSError, UnicodeDecodeError):
        yield Check("authorized_keys", False, f"{path} cannot be read", "apply the role phone_gate again")
        return
    is_private = not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not owned_by_another(status)
    yield Check("authorized_keys", is_private, oct(stat.S_IMODE(status.st_mode)), f"chmod 0644 {path}")
    free = [line for line in lines if not line.startswith('restrict,command="')]
    yield Check(
        "forced command", not free, f"{len(lines)} keys, {len(free)} without it",
        f"remove from {path} what does not begin with restrict,command=",
    )  # fmt: skip


def _token(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    torrent = settings.file["torrent"]
    path = (torrent or {"variables": {}})["variables"].get("api_token_file")
    if torrent is None or not isinstance(path, str):
        return
    problem = ""
    try:
        read_token(path)
    except VenvError as error:
        problem = error.message
    yield Check(
        "token", not problem, problem or "is there, for its owner only", f"chmod 0600 {path}, with the token in it"
    )


def _timer(settings: GateSettings, spool: Spool) -> Iterator[Check]:
    """What destroys a droplet where its run and the guard of it ended with the host."""
    variables = (settings.file["torrent"] or {"variables": {}})["variables"]
    if variables.get("provider") != "digitalocean":
        return
    name = f"{pwd.getpwuid(os.geteuid()).pw_name}-reap"
    found = [place.format(name) for place in TIMERS if os.path.lexists(place.format(name))]
    yield Check(
        "timer for droplets",
        bool(found),
        found[0] if found else "none: after a power cut a droplet stays until the next torrent",
        "apply the role phone_gate again, on a host with systemd or cron and with phone_gate_api_token_file",
    )


def _logins(settings: GateSettings, spool: Spool, inventories: Mapping[str, str]) -> Iterator[Check]:
    """One for each target whose hosts all answer, otherwise one for each host that does not."""
    from .logins import ALL_SECONDS, try_logins

    if not inventories:
        return
    try:
        with locked(os.path.join(spool.path, _LOCK), timeout=ALL_SECONDS, purpose="try the targets"):
            tried = try_logins(settings, inventories)
    except LockedError:
        yield Check("logins", False, "another doctor is trying the targets", "ask again in a minute")
        return
    except OSError as error:
        yield Check("logins", False, f"they cannot be tried: {error.strerror}", "see what is found")
        return
    for name, logins in tried.items():
        for one in logins.failed:
            yield Check(f"{name}: {one.host}" if one.host else name, False, one.found, one.fix)
        if not logins.failed:
            yield Check(name, True, f"{logins.answered} of its hosts answered, which are all")


_CHECKS: tuple[Callable[[GateSettings, Spool], Iterator[Check]], ...] = (
    _versions, _configuration, _manager, _disk, _store, _sshd, _token, _timer,
)  # fmt: skip


def _core_version() -> str:
    """Without an import of it, which would take long."""
    for path in glob.glob(os.path.join(sys.prefix, "lib", "python3*", "site-packages", "ansible_core-*.dist-info")):
        return os.path.basename(path).removeprefix("ansible_core-").removesuffix(".dist-info")
    return ""


def _collection_version() -> str:
    import re

    for name in ("MANIFEST.json", "galaxy.yml"):
        with suppress(OSError):
            text = (_COLLECTION / name).read_text(encoding="utf-8")
            if found := re.search(r"""["']?version["']?: ["']?([0-9][^"',\s]*)""", text):
                return found.group(1)
    return "unknown"
