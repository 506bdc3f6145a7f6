# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-galaxy complains of, in words that name what is wrong, with advice that fits.

Of Git it repeats the command line, or only says the status with which that ended.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._printable import listed, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LATER = "or run this again when the server answers"
_SERVERS = f"Correct the servers, tokens or keyring in ansible.cfg or the environment, {_LATER}"
_ACCESS = f"Correct the address, or let a credential helper of Git, ~/.netrc or an SSH key give access, {_LATER}"
_REVISION = "Correct the version of the entry: it must be a branch, tag or commit of the repository"
_VERSION = "Correct the version of the entry"
_SERVER = (
    "Correct the address of the server in ansible.cfg or the environment, run this again when it answers, or raise "
    "server_timeout in the section galaxy of ansible.cfg"
)
_ADDRESS = f"Correct the address of the entry, {_LATER}"
_MAX_SAID, _MAX_READ = 300, 1 << 16

#: ``_extract_collection_from_git`` in ansible/galaxy/collection/concrete_artifact_manager.py.
_CLONE = re.compile(r"Failed to clone a Git repository from `(?P<address>[^`]+)`")
_SWITCH = re.compile(
    r"Failed to switch a cloned Git repo `(?P<address>[^`]+)` to the requested revision `(?P<revision>[^`]+)`"
)
#: ``scm_archive_resource`` in ansible/utils/galaxy.py.
_COMMAND = re.compile(
    r"- command \S*?(?P<program>git|hg) (?P<command>\w+) (?P<arguments>.*?) failed in directory (?P<directory>\S+) "
    r"\(rc=-?\d+\) - (?P<said>.*)",
    re.DOTALL,
)
#: ``install`` in ansible/galaxy/role.py.
_NO_VERSION = re.compile(
    r"- the specified version \((?P<version>.*?)\) of (?P<name>\S+) was not found in the list of available versions "
    r"\((?P<versions>.*)\)\.?",
    re.DOTALL,
)
#: As ``_PATIENT`` in run.py says it.
_SILENT = re.compile(r"the server \S+ did not answer for \d+ s")
_NAME = re.compile(r"'name': '(?P<name>[^']*)'")
_DOWNLOAD = re.compile(r"Failed to download collection tar|failed to download the file")
#: How Git says why it failed; what it says beside that are hints.
_GIT_SAYS = re.compile(
    r"^(?:fatal|error|remote|ssh|abort): ?.*|^.*(?:Permission denied|verification failed).*", re.MULTILINE
)


@dataclass(frozen=True)
class Complaint:
    """The reason, and what to do."""

    reason: str
    advice: str = _SERVERS


def complaint_of(reason: str, stderr: str = "", *, addresses: Mapping[str, str] | None = None) -> Complaint:
    """The complaint that ``reason`` is, with what Git said in ``stderr``; ``addresses`` are those of roles by name."""
    reason, stderr = reason[:_MAX_READ], stderr[-_MAX_READ:]
    for pattern, explain in ((_CLONE, _not_cloned), (_SWITCH, _no_revision)):
        match = pattern.search(reason)
        if match:
            return explain(match, _git_said(stderr))
    command = _COMMAND.search(reason)
    if command:
        return _of_command(command, addresses or {})
    silent = _SILENT.search(reason)
    if silent:
        return Complaint(silent[0], _SERVER)
    version = _NO_VERSION.search(reason)
    if version:
        names = _NAME.findall(version["versions"])
        has = f"it has {listed(names)}" if names else "it has none"
        return Complaint(f"{version['name']} has no version {version['version']}; {has}", _VERSION)
    return Complaint(reason, _ADDRESS if _DOWNLOAD.search(reason) else _SERVERS)


def _not_cloned(match: re.Match[str], said: str) -> Complaint:
    return Complaint(f"git cannot clone {match['address']}{said}", _ACCESS)


def _no_revision(match: re.Match[str], said: str) -> Complaint:
    return Complaint(f"{match['address']} has no branch, tag or commit {match['revision']}{said}", _REVISION)


def _of_command(match: re.Match[str], addresses: Mapping[str, str]) -> Complaint:
    """Of the command of a role: a clone into the directory with its name, and what is done there."""
    program, said = match["program"], _git_said(match["said"], is_line=True)
    if match["command"] == "clone":
        return Complaint(
            f"{program} cannot clone {match['arguments'].removeprefix('-- ').split(' ')[0]}{said}", _ACCESS
        )
    name, revision = os.path.basename(match["directory"]), match["arguments"].rpartition(" ")[2]
    address = addresses.get(name) or f"the repository of {name}"
    return Complaint(f"{address} has no branch, tag or commit {revision}{said}", _REVISION)


def _git_said(text: str, *, is_line: bool = False) -> str:
    """What Git said, to be put behind what failed; in ``is_line``, its lines are joined with blanks."""
    if is_line:
        text = re.sub(r" (?=(?:fatal|error|remote|ssh|abort): )", "\n", text)
    said = dict.fromkeys(line.strip() for line in _GIT_SAYS.findall(text))
    return f" ({shortened('; '.join(_without_ends(said)), _MAX_SAID)})" if said else ""


def _without_ends(lines: Iterable[str]) -> list[str]:
    return [line.rstrip(".") for line in lines]
