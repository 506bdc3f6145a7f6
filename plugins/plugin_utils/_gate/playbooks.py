# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How a run of the gate is typed: the playbook of this collection, an inventory of the administrator, one file.

The file has the variables: values of the administrator, and paths that the gate made. What a phone sent is in none of
them, but for the path of a playbook, which has letters, digits, dots, dashes and underscores only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._run_report.recorded import PATH_VARIABLE
from .host_runs import REPORT_NAME
from .profiles import saved_profiles
from .run_state import GateRequest
from .settings import GateSettings
from .spool import GateRun

VARIABLES, LINK = "variables.json", "link.magnet"
#: Where Ansible keeps the connections of ssh: a run has its own, because those of another run end with that.
SOCKETS_VARIABLE = "ANSIBLE_SSH_CONTROL_PATH_DIR"
#: The collections of the gate come first, and nothing of a project is a setting.
_PROGRESS = "mobile_ansible.venv.progress"
_RUN, _TORRENT = "mobile_ansible.venv.run", "mobile_ansible.venv.torrent"
#: The sources by the names of the options of ``run_playbook`` and ``torrent``.
_SOURCES = ("collections_source", "index_url", "find_links", "offline")


@dataclass(frozen=True)
class OuterPlaybook:
    """The arguments of ``ansible-playbook``, and the content of the file with its variables."""

    argv: list[str]
    variables: dict[str, Any]


def playbook_of_project(run: GateRun, request: GateRequest, settings: GateSettings) -> OuterPlaybook:
    """Run the uploaded project on the hosts of its target, each for itself."""
    limits, file = settings.file["limits"], settings.file
    variables = {
        "run_playbook_path": os.path.join(run.project, request["playbook"]),
        "run_playbook_project": run.project,
        "run_playbook_hosts": "all",
        "run_playbook_each": True,
        "run_playbook_trusted": False,
        "run_playbook_output": "summary",
        "run_playbook_timeout": limits["seconds"],
        "run_playbook_artifacts": file["artifacts"],
        "run_playbook_artifacts_limit": limits["results_mib"],
        # What the playbook starts on this host is known by it as well.
        "run_playbook_environment_names": [RUN_MARK],
        "run_playbook_report": os.path.join(run.reports, REPORT_NAME),
        "run_playbook_results": os.path.join(run.results, "{{ inventory_hostname }}"),
        **{f"run_playbook_{name}": file["sources"][name] for name in _SOURCES if name in file["sources"]},
    }
    if "profile" in request:
        profiles = saved_profiles(settings)
        # By its path, because a word could also be a file in the current directory.
        variables["run_playbook_profile"] = profiles.directory(request["profile"])
        variables["run_playbook_profiles"] = profiles.path
    return _outer(run, _RUN, variables, inventory=file["targets"][request["target"]])


def playbook_of_torrent(run: GateRun, settings: GateSettings, *, records: str) -> OuterPlaybook:
    """Download the files of the link that is in a file of the run; ``records`` is the state directory of the flow."""
    file = settings.file
    torrent = settings.torrent()
    # The source of collections is that of the role, which names one version.
    sources = {name: file["sources"][name] for name in _SOURCES[1:] if name in file["sources"]}
    variables = {
        **{f"torrent_{name}": value for name, value in {**sources, **torrent["variables"]}.items()},
        "torrent_magnet_file": run.path(LINK),
        "torrent_dest": run.results,
        "torrent_state_directory": records,
    }
    return _outer(run, _TORRENT, variables, inventory=torrent["inventory"])


def environment_of(
    settings: GateSettings, *, mark: str, report: str, progress: str = "", home: str, user: str
) -> dict[str, str]:
    """All that an ``ansible-playbook`` of the gate sees: nothing of the connection that asked for it.

    ``mark`` is in all that it starts. ``report`` and the directory ``progress`` are where the callback writes.
    """
    programs = os.path.dirname(sys.executable)
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        **settings.file["environment"],
        "HOME": home,
        "USER": user,
        "LOGNAME": user,
        "ANSIBLE_CONFIG": settings.file["ansible_config"],
        "ANSIBLE_COLLECTIONS_PATH": settings.file["collections"],
        "ANSIBLE_CALLBACKS_ENABLED": _PROGRESS,
        "ANSIBLE_NOCOLOR": "true",
        "MOBILE_ANSIBLE_VENV_PROGRESS_BAR": "never",
        "MOBILE_ANSIBLE_VENV_PROGRESS_DIRECTORY": progress,
        PATH_VARIABLE: report,
        RUN_MARK: mark,
    }


#: In the environment of all that a run starts, by which what is left of it is known.
RUN_MARK = "MOBILE_ANSIBLE_VENV_GATE_RUN"


def _outer(run: GateRun, playbook: str, variables: Mapping[str, Any], *, inventory: str | None) -> OuterPlaybook:
    program = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    argv = [program, playbook, *(["--inventory", inventory] if inventory else [])]
    return OuterPlaybook([*argv, "--extra-vars", f"@{run.path(VARIABLES)}"], dict(variables))
