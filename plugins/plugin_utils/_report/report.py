# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A report, and the one that says that a step failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible import constants as C

from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._option_names import in_words_of_the_user
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._role_options import argument_spec

#: What each step of a role is called, by the name of its result.
STEPS = {
    "advice": "The comparison of the projects",
    "needs": "The analysis of the playbook",
    "built": "The build of the venv",
    "refused": "Sharing",
    "inspected": "Finding the projects without a venv that works",
    "isolated": "Building an isolated venv",
    "linked": "Linking the projects",
    "tested": "Testing the projects",
    "verified": "The verification",
    "restored": "Restoring the projects' own venvs",
    "pruned": "Removing unused venvs",
    "run": "The run of the playbook",
    "failed": "The torrent run",
    "begun": "Reading the link",
    "ended": "The torrent run",
    "disarmed": "Ending the guard",
    "reaped": "Destroying what is overdue",
    "checked": "The check of the token",
    "installed": "The installation of the timer",
    "named": "The choice of the profile",
    "profiles": "Reading the profiles",
    "saved": "The change of the profile",
}
#: Standard output of these callbacks is data, and a line of text would break it.
_DATA_CALLBACKS = ("json", "jsonl")
#: Options of modules that a role's variables call by another name.
_OTHER_NAMES = {
    "profile": {"playbook": "profile_from", "path": "profile_from"},
    "run_playbook": {
        "dest": "run_playbook_report",
        "follow_outside": "run_playbook_trusted",
        "playbook": "run_playbook_path",
    },
}
#: The longest message that stands in the sentence; a longer one is printed below it.
_SENTENCE = 500

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Report:
    """One sentence that says how it ended, ``details`` below it, and whether that is a failure.

    ``code`` is the code of the error, where a step failed with one.
    """

    verdict: str
    details: tuple[str, ...] = ()
    failed: bool = False
    code: str | None = None
    #: Whether the step failed because its host could not be reached.
    unreachable: bool = False

    def lines(self) -> list[str]:
        """All of it, with nothing in it that acts on a terminal."""
        return [printable(line) for line in (self.verdict, *self.details)]


def failed_step(results: Results, *, role: str) -> Report | None:
    """The report of the first step that failed, None where none did; its message names variables of ``role``."""
    for step, result in results.items():
        if result.get("unreachable"):
            reason = str(result.get("msg") or "the reason is unknown").removeprefix("Task failed: ").strip()
            return Report(f"The connection to the host failed: {reason}", failed=True, unreachable=True)
        if result.get("error_code"):
            message = in_words_of(role, str(result.get("msg") or "the reason is unknown").strip())
            code, parts = str(result["error_code"]), message.split(" | ")
            if len(parts) == 1 and len(message) <= _SENTENCE:
                return Report(f"{STEPS[step]} failed: {message}", failed=True, code=code)
            return Report(f"{STEPS[step]} failed.", tuple(f"  {part}" for part in parts), failed=True, code=code)
    return None


def in_words_of(role: str, message: str) -> str:
    """``message`` with the names of module options as the names of the variables that set them in ``role``."""
    names = {name.removeprefix(f"{role}_"): name for name in argument_spec(role)}
    return in_words_of_the_user(message, {**names, **_OTHER_NAMES.get(role, {})})


def prints_text() -> bool:
    """Whether text of ours can stand on standard output."""
    return C.DEFAULT_STDOUT_CALLBACK.rpartition(".")[2] not in _DATA_CALLBACKS


def host_prefix(variables: Mapping[str, Any], *, run_once: bool = False) -> str:
    """What stands before text about the host of a task where the play has several, by the ``variables`` of the task."""
    several = len(variables.get("ansible_play_hosts_all") or []) > 1 and not run_once
    return f"{variables['inventory_hostname']}: " if several else ""
