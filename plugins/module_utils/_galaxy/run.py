# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run the ansible-galaxy of a tool as the user would, in one directory, with limits, and say why it failed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import CommandError, SourceError, ToolMissingError, VenvError
from .._printable import shortened
from .complaints import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._runner import Completed, Runner
    from .settings import GalaxySettings
    from .tool import GalaxyTool

#: In seconds, for all that is fetched at once.
FETCH_TIMEOUT = 1800.0
MAX_REASON = 600
#: CPU seconds, and the size of a file in blocks of 512 bytes: what a server sends has an end.
_LIMITED = 'ulimit -t 600; ulimit -f 2097152; exec "$@"'
#: ansible-galaxy takes any text of a galaxy.yml, a manifest or a role's entry for a name, removes the directory where
#: that leads, and writes there. Its first argument is ours: the one directory in which it may make and remove
#: directories, beside ANSIBLE_HOME, which it makes when it starts.
_CONFINED = """
import os, runpy, sys
from ansible import constants
home = os.path.realpath(os.path.expanduser(constants.ANSIBLE_HOME))
root = os.path.join(os.path.realpath(sys.argv[1]), "")
def check(event, arguments):
    if event in ("os.mkdir", "shutil.rmtree"):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith(root) and path != home:
            sys.exit(f"[ERROR]: a {sys.argv[1]} has a name that leads to {path}, which is not its place")
sys.addaudithook(check)
sys.argv[:2] = ["ansible-galaxy"]
"""
#: Seconds for which one server may be silent: what a request has without ``server_timeout`` (ansible/config/base.yml).
#: Each is made up to seven times for each of several addresses (``_call_galaxy`` in ansible/galaxy/api.py), so that a
#: server which accepts connections and says nothing could take an hour.
SILENCE = 60
_PATIENT = """
import socket, time, urllib.parse
from ansible.galaxy import api, role, token
from ansible.galaxy.collection import concrete_artifact_manager
silent = {}
def bounded(open_url):
    def opened(url, *arguments, **options):
        parts = urllib.parse.urlsplit(str(url))
        server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        since = silent.setdefault(server, time.monotonic())
        is_silent = False
        try:
            return open_url(url, *arguments, **options)
        except OSError as error:
            is_silent = isinstance(getattr(error, "reason", error), (TimeoutError, socket.timeout))
            waited = time.monotonic() - since
            if is_silent and waited > silence - 1:
                sys.exit(f"[ERROR]: the server {server} did not answer for {waited:.0f} s")
            raise
        finally:
            if not is_silent:
                silent.pop(server, None)
    return opened
for module in (api, role, token, concrete_artifact_manager):
    module.open_url = bounded(module.open_url)
"""
_STARTED = """
runpy.run_module("ansible.cli.galaxy", run_name="__main__", alter_sys=True)
"""
_DROPPED = (
    "ANSIBLE_COLLECTIONS_PATHS",
    "ANSIBLE_FORCE_COLOR",
    "ANSIBLE_DEBUG",
    "ANSIBLE_VERBOSITY",
)


@dataclass(frozen=True)
class GalaxyCommand:
    """Runs the ansible-galaxy of ``tool`` as the user of ``settings`` would.

    ``option`` is the one that asks for it, for messages.
    """

    tool: GalaxyTool
    runner: Runner
    settings: GalaxySettings
    option: str

    def python(self, what: str) -> str:
        """The interpreter that has ansible-galaxy; :class:`ToolMissingError` says what is not fetched without."""
        try:
            return self.tool.python()
        except VenvError as error:
            raise ToolMissingError(
                f"{self.option}: this host has no ansible-galaxy to fetch {what} with, and it cannot be "
                f"installed: {error.message}. Or install ansible-core for the Python that runs this"
            ) from error

    def run(
        self,
        python: str,
        arguments: Sequence[str],
        *,
        scratch: str,
        what: str,
        changes: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> Completed:
        """How ``ansible-galaxy`` ended; ``scratch`` is the only place where it makes and removes directories.

        ``changes`` is Python code that runs before it, ``variables`` go on top of the user's environment.
        """
        code = f"{_CONFINED}silence = {SILENCE}{_PATIENT}{changes}{_STARTED}"
        argv = ["/bin/sh", "-c", _LIMITED, "sh", python, "-I", "-B", "-c", code, scratch]
        environment = {**self._environment(scratch), **(variables or {})}
        try:
            return self.runner.run([*argv, *arguments], env=environment, timeout=FETCH_TIMEOUT)
        except CommandError as error:
            reason = f"it ran longer than {FETCH_TIMEOUT:g} s" if "timeout" in error.context else error.message
            raise failure(what, Complaint(reason)) from error

    def _environment(self, scratch: str) -> Mapping[str, str]:
        user = {name: value for name, value in self.settings.environment.items() if name not in _DROPPED}
        return {
            # Nobody is there to answer.
            "GIT_TERMINAL_PROMPT": "0",
            # Git gives up a server of HTTP that says nothing for this time.
            "GIT_HTTP_LOW_SPEED_LIMIT": "1",
            "GIT_HTTP_LOW_SPEED_TIME": str(SILENCE),
            **user,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_GALAXY_DISPLAY_PROGRESS": "false",
            "ANSIBLE_GALAXY_CACHE_DIR": os.path.join(scratch, "cache"),
            "ANSIBLE_LOCAL_TEMP": os.path.join(scratch, "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": scratch,
            "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
        }


def failure(what: str, complaint: Complaint) -> SourceError:
    """The error that ``what`` cannot be fetched."""
    said = shortened(complaint.reason.strip().rstrip("."), MAX_REASON)
    return SourceError(f"ansible-galaxy cannot fetch {what}: {said}. {complaint.advice}")
