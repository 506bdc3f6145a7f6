# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Bring a project to the host where its playbook runs, and the results back; see the module of the same name."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._archive import unpack
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._options import ARGUMENT_SPEC, Request
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._run import (
    ARTIFACTS,
    EVENTS,
    LOG,
    RESULTS_ARCHIVE,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook._shipping import (
    ENVIRONMENT_FILE,
    default_project,
    plan_shipment,
)

_MODULE = "mobile_ansible.venv.venv_playbook"
_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Results:
    """The folder on the controller for log, events and artefacts."""

    folder: str

    @classmethod
    def prepare(cls, folder: str | None, *, playbook: str, host: str) -> Results:
        """Make the folder, or empty it of an earlier run; without a name a new one is made."""
        if folder is None:
            return cls(_new_folder(playbook=playbook, host=host))
        os.makedirs(folder, mode=0o700, exist_ok=True)
        for name in (LOG, EVENTS):
            if os.path.lexists(os.path.join(folder, name)):
                os.unlink(os.path.join(folder, name))
        shutil.rmtree(os.path.join(folder, ARTIFACTS), ignore_errors=True)
        return cls(folder)

    def discard_if_empty(self) -> None:
        """Leave no folder behind for a run that never started."""
        if os.path.isdir(self.folder) and not os.listdir(self.folder):
            os.rmdir(self.folder)

    def relabel(self, result: dict[str, Any]) -> None:
        """Let a module's result name the files as they lie here."""
        if "log" not in result:
            return
        result["results"] = self.folder
        for key, name in (("log", LOG), ("events", EVENTS)):
            path = os.path.join(self.folder, name)
            result[key] = path if os.path.exists(path) else None


class ActionModule(ActionBase):
    """Runs one module on the host, with a project that is brought there first unless it is there already."""

    TRANSFERS_FILES = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ship, run, fetch, clean up; see ActionBase."""
        super().run(tmp, task_vars)
        try:
            params = self._validated()
            results = Results.prepare(
                params["results"], playbook=params["playbook"], host=(task_vars or {}).get("inventory_hostname", "host")
            )
            try:
                return self._run_in(results, params, task_vars or {})
            finally:
                results.discard_if_empty()
        except VenvError as error:
            return {"failed": True, "changed": False, **error.details()}
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}") from error
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    # The steps ------------------------------------------------------------------------------------------------------

    def _run_in(self, results: Results, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        is_local = self._connection.transport == "local"
        becomes = self._connection.become is not None
        arguments = dict(params)
        shipped = 0
        if not params["remote_src"]:
            request = self._request(params)
            if is_local:
                arguments.update(_in_place(request))
            else:
                with tempfile.TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as folder:
                    packed = os.path.join(folder, "shipment.tar.gz")
                    arguments.update(_pack(request, packed, folder=folder, limit=params["project_limit"]))
                    shipped = os.path.getsize(packed)
                    arguments["project"] = self._send(packed)
        direct = is_local and not becomes
        arguments["results"] = results.folder if direct else None
        result: dict[str, Any] = self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars)
        if not direct:
            self._bring_back(result, results, task_vars)
        results.relabel(result)
        if "log" in result:
            result["shipped"] = shipped
        return result

    def _validated(self) -> dict[str, Any]:
        """The task's options, checked against the module's own specification."""
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate(self._task.args)
        if checked.error_messages:
            raise AnsibleActionFail("; ".join(checked.error_messages))
        # Validation has expanded "~" with the home folder of this machine; the store lies in that of the host.
        store = self._task.args.get("store", ARGUMENT_SPEC["store"]["default"])
        return {**checked.validated_parameters, "store": store}

    def _request(self, params: dict[str, Any]) -> Request:
        """The request as it looks on the controller: relative paths start at the folder where the user stands."""
        stands_in = _standing_place()
        playbook = os.path.normpath(os.path.join(stands_in, params["playbook"]))
        filled = {
            **params,
            "project": params["project"] or default_project(playbook, stands_in=stands_in),
            "chdir": params["chdir"] or stands_in,
        }
        request = Request.from_params(filled, base=stands_in, check=False, diff=False)
        request.check_files()
        return request

    def _send(self, packed: str) -> str:
        """Transfer the archive into the task's temporary folder, readable for the user who will unpack it."""
        remote: str = self._connection._shell.join_path(self._connection._shell.tmpdir, "shipment.tar.gz")
        self._transfer_file(packed, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote), execute=False)
        return remote

    def _bring_back(self, result: dict[str, Any], results: Results, task_vars: dict[str, Any]) -> None:
        """Fetch what the run left in its folder on the host, and remove that folder.

        What the run came to is known already, so a failure here is a warning.
        """
        if not result.get("log"):
            return
        folder = os.path.dirname(result["log"])
        try:
            with tempfile.TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as local:
                packed = os.path.join(local, RESULTS_ARCHIVE)
                self._fetch(os.path.join(folder, RESULTS_ARCHIVE), packed, task_vars)
                unpack(packed, results.folder)
        except (AnsibleError, VenvError, OSError) as error:
            Display().warning(f"venv_playbook: log, events and artefacts could not be fetched: {error}")
        finally:
            removal = self._low_level_execute_command(f"rm -rf {shlex.quote(folder)}", sudoable=True)
            if removal["rc"] != 0:
                Display().warning(f"venv_playbook: {folder} cannot be removed from the host: {removal['stderr']}")

    def _fetch(self, remote: str, local: str, task_vars: dict[str, Any]) -> None:
        """Fetch one file; as another user than the connection's it comes through a module, as in the fetch action."""
        if self._connection.become is None:
            self._connection.fetch_file(remote, local)
            return
        slurped = self._execute_module(
            module_name="ansible.legacy.slurp", module_args={"src": remote}, task_vars=task_vars
        )
        if slurped.get("failed"):
            raise AnsibleActionFail(f"the results of the run cannot be fetched: {slurped.get('msg')}")
        with open(local, "wb") as stream:
            stream.write(base64.b64decode(slurped["content"]))


def _in_place(request: Request) -> dict[str, Any]:
    """The module's parameters for a project that stays where it is."""
    return {
        "playbook": request.playbook,
        "project": request.project,
        "chdir": request.chdir,
        "inventory": list(request.inventory),
        "vault_password_files": [str(source) for source in request.vault_passwords],
        "become_password_file": request.become_password_file,
        "connection_password_file": request.connection_password_file,
        "private_key_file": request.private_key_file,
        "extra_vars_files": list(request.extra_vars_files),
    }


def _pack(request: Request, packed: str, *, folder: str, limit: int) -> dict[str, Any]:
    """Write the archive of all that the request names; returns the parameters that go with it."""
    shipment = plan_shipment(request, limit=limit)
    variables = {name: os.environ[name] for name in request.environment_names if name in os.environ}
    if variables:
        path = os.path.join(folder, "environment.json")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(variables, stream)
        shipment.contents.add_private_file(path, ENVIRONMENT_FILE)
    shipment.contents.write(packed)
    return shipment.params


def _standing_place() -> str:
    """The folder where the user stands, by the name that their shell gives it."""
    here, named = os.getcwd(), os.environ.get("PWD", "")
    return named if os.path.isabs(named) and os.path.realpath(named) == os.path.realpath(here) else here


def _new_folder(*, playbook: str, host: str) -> str:
    """A new folder for the results of one run."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    runs = os.path.join(state, "mobile_ansible.venv", "runs")
    os.makedirs(runs, mode=0o700, exist_ok=True)
    stem = os.path.splitext(os.path.basename(playbook))[0]
    parts = (time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), stem, host)
    name = "-".join(_UNSAFE_IN_NAMES.sub("_", part)[:60] for part in parts)
    for attempt in range(1000):
        path = os.path.join(runs, f"{name}-{attempt}" if attempt else name)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            continue
        return path
    raise AnsibleActionFail(f"results: no free name for {name} in {runs}")
