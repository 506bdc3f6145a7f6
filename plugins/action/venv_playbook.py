# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bring a project to the host where its playbook runs, and the results back; see the module of the same name."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.module_utils._bounded_reader import MIB
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import (
    ARGUMENT_SPEC,
    COLLECTION,
    RUN_DIRECTORY,
    SECRET_FILES,
    RunRequest,
    results_limits,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.run import (
    LOG,
    RESULTS_ARCHIVE,
    progress_file,
    sent_to,
    sockets_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, printable
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._arguments import validated
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import failed_result
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._mount import COLLECTION as OWN_COLLECTION
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.answer import (
    HostAnswerError,
    checked_answer,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.inherited import OuterRun
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.live import (
    FollowedLog,
    shown_while_written,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.results import (
    ResultsDirectory,
    Staging,
    results_directory,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.shipment import (
    NOTHING_SENT,
    pack,
    place,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import progress_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.follow import (
    beside,
    file_at,
    followed,
    growing,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.report import host_prefix, prints_text
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._transfer import (
    TransferError,
    bounded_memory,
    fetch,
)

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.channel import TaskProgress

_MODULE = "mobile_ansible.venv.venv_playbook"
_LOCALHOST = "localhost"
#: The parts of the task, in percent.
_SENDING, _RUNNING, _RECEIVING = (0.0, 10.0), (10.0, 95.0), (95.0, 100.0)
#: What Ansible stumbles with over a result that has another shape than it takes for granted.
_BROKEN_BY_AN_ANSWER = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class ActionModule(ActionBase):
    """Runs one module on the host, with a project that is brought there first unless it is there already."""

    TRANSFERS_FILES = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ship, run, fetch, clean up; see ActionBase."""
        super().run(tmp, task_vars)
        self._progress = progress_of(self._task, (task_vars or {}).get("inventory_hostname", ""))
        host = self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "host")
        try:
            params = self._validated()
            with (
                tempfile.TemporaryDirectory(dir=os.path.realpath(C.DEFAULT_LOCAL_TMP)) as private,
                results_directory(params["results"], playbook=params["playbook"], host=host) as results,
            ):
                params = self._inheriting(params, private, task_vars or {}, host=host)
                return self._run_in(results, params, task_vars or {}, host=host, private=private)
        except VenvError as error:
            return failed_result(error)
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}") from error
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    # The steps ------------------------------------------------------------------------------------------------------

    def _run_in(
        self, results: ResultsDirectory, params: dict[str, Any], task_vars: dict[str, Any], *, host: str, private: str
    ) -> dict[str, Any]:
        is_local = self._connection.transport == "local"
        arguments = {**params, "results": None, RUN_DIRECTORY: self._choose_run_directory()}
        sent = NOTHING_SENT
        try:
            if not params["remote_src"]:
                placed = place(params, current=os.getcwd())
                if is_local:
                    arguments.update(self._in_place(placed.request, private, arguments[RUN_DIRECTORY]))
                    arguments[COLLECTION] = str(OWN_COLLECTION) if params["own_collection"] else None
                else:
                    packed = pack(placed, private, params=params, host=host)
                    if packed.private:
                        self._send(packed.private, arguments[RUN_DIRECTORY])
                    arguments.update(packed.params, project=self._send(packed.path, arguments[RUN_DIRECTORY]))
                    sent = packed.sent
            with results.staging() as staging:
                if is_local and self._connection.become is None:
                    result = self._run_here(arguments, staging, task_vars, host=host)
                else:
                    result = self._run_there(arguments, staging, task_vars, host=host)
        finally:
            if self._is_become_unprivileged():
                self._remove_from_host(sent_to(arguments[RUN_DIRECTORY]))
        if "duration" in result:
            result.update(results.files(staging), **sent)
        return result

    def _run_here(
        self, arguments: dict[str, Any], staging: Staging, task_vars: dict[str, Any], *, host: str
    ) -> dict[str, Any]:
        """Run it as this user on this machine: log, events and artifacts are written where they belong."""
        arguments["results"] = staging.path
        log = FollowedLog.here(os.path.join(staging.path, LOG))
        try:
            with self._shown(log, arguments, task_vars), self._followed(arguments[RUN_DIRECTORY]):
                answer = self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars)
        finally:
            staging.commit()
        return checked_answer(answer, host=host)

    def _run_there(
        self, arguments: dict[str, Any], staging: Staging, task_vars: dict[str, Any], *, host: str
    ) -> dict[str, Any]:
        """Run it on a host, or as another user: what comes from there is data, and is kept within limits."""
        run_directory = arguments[RUN_DIRECTORY]
        try:
            try:
                shown = self._shown(self._log_there(run_directory), arguments, task_vars)
                with bounded_memory(), shown, self._followed(run_directory):
                    answer = self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars)
            except _BROKEN_BY_AN_ANSWER as error:
                raise HostAnswerError(
                    f"{host} returned a result that Ansible cannot read ({type(error).__name__})"
                ) from error
            result = checked_answer(answer, host=host)
            if "duration" in result:
                self._bring_back(result, os.path.join(run_directory, RESULTS_ARCHIVE), arguments, staging)
        finally:
            self._remove_from_host(run_directory, sockets_of(run_directory))
        return result

    def _shown(
        self, log: FollowedLog, arguments: dict[str, Any], task_vars: dict[str, Any]
    ) -> AbstractContextManager[None]:
        """Show what the run says while it says it, where that is asked for; with the host where several speak."""
        if not (arguments["live"] and prints_text()):
            return nullcontext()
        prefix = host_prefix(task_vars)
        return shown_while_written(log, partial(_display, prefix), limit=arguments["log_limit"] * MIB)

    def _log_there(self, run_directory: str) -> FollowedLog:
        """The log on the host, read beside the module that writes it, by a connection of its own."""
        reader = beside(self)
        return FollowedLog.there(self._connection._shell.join_path(run_directory, LOG), reader._execute)

    def _part(self, part: tuple[float, float]) -> TaskProgress | None:
        """Where a part of the task says how far it is, if somebody listens."""
        return self._progress.part(*part) if self._progress is not None else None

    def _followed(self, run_directory: str) -> AbstractContextManager[None]:
        """While the playbook runs, tell how far it is."""
        progress = self._part(_RUNNING)
        return followed(progress, file_at(self, progress_file(run_directory))) if progress else nullcontext()

    def _sending(self, local: str, remote: str) -> AbstractContextManager[None]:
        """While a file is sent, tell how much of it has arrived."""
        progress = self._part(_SENDING)
        if progress is None:
            return nullcontext()
        return followed(progress, growing(self, remote, size=os.path.getsize(local), step="Send the project"))

    def _choose_run_directory(self) -> str:
        """Where the run has its directory on the host, by a name that is used once.

        It lies in the task's own directory. A user that cannot write there, because an unprivileged user became it, has
        it where Ansible puts directories that two users share.
        """
        above = self._connection._shell.tmpdir
        if self._is_become_unprivileged():
            shared: list[str] = self.get_shell_option("system_tmpdirs", default=["/var/tmp"])
            above = shared[0]
        path: str = self._connection._shell.join_path(above, f"venv-playbook-{secrets.token_hex(16)}")
        return path

    def _validated(self) -> dict[str, Any]:
        """The task's options, checked against the module's own specification."""
        options = validated(ARGUMENT_SPEC, self._task.args)
        # Validation has expanded "~" with the home directory of this machine; the store lies in that of the host.
        store = self._task.args.get("store", ARGUMENT_SPEC["store"]["default"])
        return {**options, "store": store}

    def _inheriting(
        self, params: dict[str, Any], private: str, task_vars: dict[str, Any], *, host: str
    ) -> dict[str, Any]:
        """The options with what the running ansible-playbook was told, and what they mean for ``host`` alone."""
        if params["remote_src"] and (params["inherit"] != "none" or params["each"]):
            raise InputError("remote_src: what a playbook inherits is on the controller; leave out inherit and each")
        play = self._play_context
        outer = OuterRun(
            secrets=[(label or "default", secret.bytes) for label, secret in self._loader._vault.secrets or ()],
            become_password=play.become_pass,
            connection_password=play.password,
            load=self._loader.load,
            load_file=lambda path: self._loader.load_from_file(path, trusted_as_template=True),
        )
        given = outer.inherited(params, private)
        if not params["each"]:
            return given
        # For a host that runs it alone, localhost is that host, unless the inventory has another one of this name.
        limit = host if _LOCALHOST in task_vars["groups"]["all"] else f"{host},{_LOCALHOST}"
        return {**given, "limit": limit, "inventory": [*given["inventory"], _itself(host, private)]}

    def _in_place(self, request: RunRequest, private: str, run_directory: str) -> dict[str, Any]:
        """The module's parameters for a project that stays where it is; another user gets copies of private files."""

        def readable(path: str) -> str:
            is_ours = self._connection.become is not None and path.startswith(private)
            return self._send(path, run_directory) if is_ours else path

        return {
            **{option: getattr(request, option) for option in ("playbook", "project", "chdir")},
            **{option: (path := getattr(request, option)) and readable(path) for option in SECRET_FILES},
            "inventory": [readable(source) for source in request.inventory],
            "vault_password_files": [
                str(replace(source, path=readable(source.path))) for source in request.vault_passwords
            ],
            "extra_vars_files": [readable(path) for path in request.extra_vars_files],
        }

    def _send(self, local: str, run_directory: str) -> str:
        """Transfer a file into a temporary directory, readable for the user of the run."""
        if self._is_become_unprivileged():
            return self._send_as_other_user(local, sent_to(run_directory))
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        remote: str = self._connection._shell.join_path(self._connection._shell.tmpdir, os.path.basename(local))
        with self._sending(local, remote):
            self._transfer_file(local, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote), execute=False)
        return remote

    def _send_as_other_user(self, local: str, directory: str) -> str:
        """One that is not privileged cannot give a file to another without ACLs: the other one writes it itself."""
        remote: str = self._connection._shell.join_path(directory, os.path.basename(local))
        command = f"umask 077 && mkdir -p {shlex.quote(directory)} && cat > {shlex.quote(remote)}"
        with self._sending(local, remote):
            done = self._low_level_execute_command(command, sudoable=True, in_data=Path(local).read_bytes())
        if done["rc"] != 0:
            said = printable(str(done["stderr"] or done["stdout"])[:500]).strip()
            raise TransferError(
                f"{remote} cannot be written on the host as the user {self.get_become_option('become_user')}: {said}"
            )
        return remote

    def _bring_back(self, result: dict[str, Any], archive: str, params: dict[str, Any], staging: Staging) -> None:
        """Take over log, events and artifacts, whole or not at all; that they cannot be had is a failure of its own."""
        limits = results_limits(params)
        try:
            with tempfile.TemporaryFile(dir=C.DEFAULT_LOCAL_TMP) as packed:
                with bounded_memory():
                    fetch(archive, packed, limit=limits.transfer, execute=self._execute, told=self._received)
                packed.seek(0)
                left_out = staging.receive(packed, limits).left_out
            staging.commit()
        except (AnsibleError, VenvError, OSError) as error:
            said = f"log, events and artifacts of the run were not stored: {printable(str(error))}"
            if result.get("failed"):
                Display().warning(f"venv_playbook: {said}")
            else:
                result.update(failed=True, msg=said, error_code=getattr(error, "code", "transfer"))
            return
        result["left_out"] = left_out
        if left_out:
            Display().warning(f"venv_playbook: left out, because only regular files are returned: {listed(left_out)}")

    def _received(self, size: int) -> None:
        """How large all is, only the host could say."""
        progress = self._part(_RECEIVING)
        if progress is not None:
            progress.tell({"percent": 0, "step": "Receive the results", "done": size >> 10, "total": 0})

    def _execute(self, command: str) -> dict[str, Any]:
        """Run a shell command on the host as the user of the run; without a terminal where none is needed."""
        done: dict[str, Any] = self._low_level_execute_command(
            command, sudoable=self._connection.become is not None, encoding_errors="replace"
        )
        return done

    def _remove_from_host(self, *directories: str) -> None:
        """Remove the directories of the run that were chosen here; no word of the host counts."""
        named = ", ".join(directories)
        try:
            removal = self._low_level_execute_command(f"rm -rf {shlex.join(directories)}", sudoable=True)
        except AnsibleError as error:
            Display().warning(f"venv_playbook: {named} cannot be removed from the host: {printable(str(error))}")
            return
        if removal["rc"] != 0:
            said = printable(str(removal["stderr"])[:1000])
            Display().warning(f"venv_playbook: {named} cannot be removed from the host: {said}")


def _display(prefix: str, text: str) -> None:
    """Show lines of the run, each after ``prefix``."""
    Display().display("\n".join(prefix + line for line in text.split("\n")))


def _itself(host: str, private: str) -> str:
    """An inventory, to come last, in which a host is this machine; its variables are those of the others."""
    path = Path(private, "itself.json")
    path.write_text(json.dumps({"all": {"hosts": {host: {"ansible_connection": "local"}}}}), encoding="utf-8")
    return str(path)
