# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which of the system packages that are required (bindep) this host does not have: its package database is asked."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import CommandError
from .system_packages import host_platform, names_for_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .._runner import Runner

#: What lists the packages of the host and what they provide, by the family of packages.
QUERIES: Mapping[str, Sequence[str]] = {
    "dpkg": ("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}, ${Provides}\\n"),
    "rpm": ("rpm", "--query", "--all", "--queryformat", "installed %{NAME}, [%{PROVIDENAME}, ]\\n"),
}
_SECONDS = 60
#: Names of libraries of the system's Python, which a venv does not see.
_OF_PYTHON = re.compile(r"python3[0-9.]*-(?P<name>.+)")
_REQUIRED = "required and cannot be in a venv"


@dataclass(frozen=True)
class HostPackages:
    """The system packages that this host lacks, None where that is not known; ``warning`` says what to do about it."""

    missing: Sequence[str] | None
    warning: str | None = None


def missing_packages(lines: Iterable[str], *, runner: Runner, venv: str | None) -> HostPackages:
    """Which of the system packages of ``lines`` this host lacks.

    Libraries of Python that the ``venv`` has itself are not missed: the venv does not see those of the system.
    """
    platform = host_platform()
    supplied = _supplied(venv) if venv is not None else frozenset()
    names = [name for name in names_for_host(lines, platform) if not _is_supplied(name, supplied)]
    query = next((query for family, query in QUERIES.items() if family in platform), None)
    if not names:
        return HostPackages([])
    if query is None:
        return HostPackages(
            None,
            f"These system packages are {_REQUIRED}, and which of them this host has is not known: {', '.join(names)}",
        )
    try:
        installed = _installed(query, runner)
    except CommandError as error:
        return HostPackages(
            None,
            f"These system packages are {_REQUIRED}, and {query[0]} does not say which of them this host has "
            f"({error.message}): {', '.join(names)}",
        )
    missing = [name for name in names if name not in installed]
    if not missing:
        return HostPackages([])
    return HostPackages(
        missing,
        f"This host does not have these system packages, which are {_REQUIRED}. Install them: {', '.join(missing)}",
    )


def _installed(query: Sequence[str], runner: Runner) -> frozenset[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    told = runner.run(query, env=environment, timeout=_SECONDS).check(query[0])
    rows = (line.partition(" ") for line in told.stdout.splitlines())
    listed = (name for status, _blank, names in rows if status == "installed" for name in names.split(","))
    return frozenset(words[0] for words in (name.split() for name in listed) if words)


def _supplied(venv: str) -> frozenset[str]:
    """The distributions in a venv, and the modules that can be imported from it, in small letters."""
    sites = glob.glob(os.path.join(glob.escape(venv), "lib", "python3*", "site-packages"))
    names = (name.lower().replace("_", "-") for site in sites for name in os.listdir(site))
    return frozenset(re.sub(r"(-[0-9].*)?\.(dist-info|py)$", "", name) for name in names)


def _is_supplied(package: str, supplied: frozenset[str]) -> bool:
    match = _OF_PYTHON.fullmatch(package.lower())
    return match is not None and match["name"].replace("_", "-") in supplied
