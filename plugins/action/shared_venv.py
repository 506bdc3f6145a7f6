# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run the module of the same name, and before it carry the wheels to the host that it needs; see the module."""

from __future__ import annotations

import os
import secrets
import shlex
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import DEFAULT_STORE
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._controller_action import failed_result
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress import collections_told, progress_of

# What only wheels need is imported there: each host's process compiles what it imports anew.

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.carried_content import CarriedContent
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._carried_content import ControllerContent
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.channel import TaskProgress
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._wheels import WheelDirectory

_MODULE = "mobile_ansible.venv.shared_venv"
#: The name of a configuration file without settings.
_NO_SETTINGS = "no_settings.cfg"
#: The parts of the task, in percent.
_CARRYING, _BUILDING = (0.0, 20.0), (20.0, 100.0)
#: Which collections and roles; uv, where the host has none; what is needed then; nothing more.
_ROUNDS = 4
#: With these the module is told that all is there.
_ALL_SENT: dict[str, Any] = {"index": None, "archive": None, "sha256": {}, "directory": None, "content_archive": None}


class _Told(TypedDict):
    """What the module answers when it is asked what is still to be sent.

    ``wanted`` says something when it has to know the collections and roles: the versions in its lock, by name.
    ``missing`` are the names of those that it does not have.
    """

    needed: list[str]
    present: dict[str, str]
    directories: list[str]
    complete: bool
    missing: dict[str, list[str]]
    wanted: dict[str, dict[str, str]]


@dataclass
class _Carried:
    """What was sent, and where the host has it; ``content`` is what it was told of collections and roles."""

    names: list[str] = field(default_factory=list)
    sent_content: list[str] = field(default_factory=list)
    bytes: int = 0
    directories: list[str] = field(default_factory=list)
    content: CarriedContent | None = None

    @property
    def announced(self) -> dict[str, Any] | None:
        """What the host is told."""
        return None if self.content is None else self.content.announced()


class ActionModule(NormalAction):
    """Without ``wheels`` nothing but the module runs."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry wheels where the task names a directory of them; see ActionBase."""
        options, variables = self._task.args, task_vars or {}
        if not options.get("wheels") or options.get("state") == "absent" or options.get("generation") == "previous":
            self._task.args = {name: value for name, value in options.items() if name != "wheels"}
            answer = self._answer_here()
            if answer is not None:
                return answer
            self._use_own_configuration()
            with nullcontext() if self._task.async_val else self._building(self._progress(variables)):
                return dict(super().run(tmp, task_vars))
        if self._task.async_val:
            raise AnsibleActionFail("wheels does not work in a task with async; remove one of them")
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._wheels import WheelDirectory

        ActionBase.run(self, tmp, task_vars)
        self._use_own_configuration()
        self._make_tmp_path()
        scratch = self._choose_directory() if self._task.check_mode else None
        try:
            return self._run_with(WheelDirectory(os.path.expanduser(str(options["wheels"]))), scratch, variables)
        except VenvError as error:
            return failed_result(error)
        finally:
            if scratch is not None:
                self._low_level_execute_command(f"rm -rf {shlex.quote(scratch)}", sudoable=True)
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _answer_here(self) -> dict[str, Any] | None:
        """The result, where the venv is on this machine, of this user, and unchanged."""
        is_here = self._connection.transport == "local" and self._connection.become is None
        if not is_here or self._task.async_val or any(self._task.environment or ()):
            return None
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._unchanged_venv import unchanged_venv

        return unchanged_venv(self._task.args)

    def _use_own_configuration(self) -> None:
        """On this machine, a module of this user has the ``ansible.cfg`` of this ``ansible-playbook``.

        It starts in the directory of the playbook, where another one can be, or none: with the Galaxy servers of that
        one it would build from other collections than were analysed.
        """
        if self._connection.transport != "local" or self._connection.become is not None:
            return
        path = C.CONFIG_FILE
        if path is None:
            path = os.path.join(C.DEFAULT_LOCAL_TMP, _NO_SETTINGS)
            Path(path).touch()
        given = self._task.environment or []
        self._task.environment = [{"ANSIBLE_CONFIG": path}, *(given if isinstance(given, list) else [given])]

    def _progress(self, variables: dict[str, Any]) -> TaskProgress | None:
        return progress_of(self._task, variables.get("inventory_hostname", ""))

    def _building(self, progress: TaskProgress | None) -> AbstractContextManager[None]:
        """While the module runs, tell how far its build is, where somebody listens."""
        if progress is None:
            return nullcontext()
        from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import new_ident
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.follow import build_with, followed

        ident = str(self._task.args.get("progress_id") or new_ident())
        self._task.args = {**self._task.args, "progress_id": ident}
        return followed(progress, build_with(self, self._task.args.get("store", DEFAULT_STORE), ident))

    def _run_with(self, wheels: WheelDirectory, scratch: str | None, variables: dict[str, Any]) -> dict[str, Any]:
        carried = _Carried()
        progress = self._progress(variables)
        carrying, building = (progress and progress.part(*part) for part in (_CARRYING, _BUILDING))
        with tempfile.TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as directory:
            controller = self._controller_content(wheels)
            local = [list(one) for one in controller.request.local]
            ask = {**_ALL_SENT, "directory": scratch, "content": None, "local": local}
            answer = self._carry(wheels, controller, carried, ask, Path(directory), variables, carrying)
        if not answer.get("failed"):
            given = self._task.args.get("find_links") or []
            find_links = [*carried.directories, *([given] if isinstance(given, str) else given)]
            sent = {**_ALL_SENT, "content": carried.announced, "local": local}
            with self._building(building):
                answer = self._module({"wheels": sent, "find_links": find_links}, variables)
        told = {"sent": sorted(carried.names), "content": sorted(carried.sent_content), "bytes": carried.bytes}
        return {**answer, "wheels": told}

    def _controller_content(self, wheels: WheelDirectory) -> ControllerContent:
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._carried_content import ControllerContent

        return ControllerContent.of(self._task.args, wheels=str(wheels.path))

    def _carry(
        self,
        wheels: WheelDirectory,
        controller: ControllerContent,
        carried: _Carried,
        ask: dict[str, Any],
        directory: Path,
        variables: dict[str, Any],
        progress: TaskProgress | None,
    ) -> dict[str, Any]:
        """Send what the host says that it needs, until it needs nothing more; returns its last answer."""
        wheels.write_index(directory / "wheels.json.gz")
        ask = {**ask, "index": self._send(directory / "wheels.json.gz")}
        missing: dict[str, str] = {}
        for number in range(_ROUNDS):
            answer = self._module({"wheels": ask}, variables)
            if answer.get("failed"):
                return answer
            told = _checked(answer)
            carried.directories = told["directories"]
            if told["wanted"]:
                fetched = collections_told(progress, controller.request.collections_source)
                carried.content = controller.fetch(told["wanted"], told=fetched)
                ask = {**ask, "archive": None, "content": carried.announced}
                continue
            hashes = {name: wheels.sha256(name) for name in told["needed"]}
            missing = {name: sha256 for name, sha256 in hashes.items() if told["present"].get(name) != sha256}
            content_archive = self._content_archive(carried, told, directory / f"content-{number}.tar.gz")
            if told["complete"] and not missing and content_archive is None:
                return answer
            ask = {**ask, "archive": None, "sha256": missing, "content_archive": None}
            if missing:
                archive = directory / f"wheels-{number}.tar"
                wheels.write_archive(missing, archive)
                carried.names += missing
                ask["archive"] = self._send_counted(archive, carried, progress)
            if content_archive is not None:
                ask["content_archive"] = self._send_counted(content_archive, carried, progress)
        requested = sorted([*missing, *(name for names in told["missing"].values() for name in names)])
        raise SourceError(f"wheels: the host still requests {', '.join(requested)} after it was sent; run this again")

    def _content_archive(self, carried: _Carried, told: _Told, target: Path) -> Path | None:
        """An archive of the collections and roles that the host does not have; none in check mode, which names them."""
        if carried.content is None:
            return None
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._carried_content import (
            missing_of,
            write_archive,
        )

        missing = missing_of(carried.content, told["missing"])
        names = [f"{one.name} {one.version}".strip() for one in missing]
        carried.sent_content += [name for name in names if name not in carried.sent_content]
        if not missing or self._task.check_mode:
            return None
        write_archive(missing, target)
        return target

    def _send_counted(self, archive: Path, carried: _Carried, progress: TaskProgress | None) -> str:
        carried.bytes += archive.stat().st_size
        return self._send(archive, progress)

    def _module(self, changed: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Run the module with the options of the task, offline, and with those that are ``changed``."""
        arguments = {**self._task.args, "offline": True, **changed}
        return dict(self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=variables))

    def _send(self, local: Path, progress: TaskProgress | None = None) -> str:
        """Transfer a file into the task's temporary directory, readable for the user who runs the module."""
        remote: str = self._connection._shell.join_path(self._connection._shell.tmpdir, local.name)
        with self._sending(local, remote, progress):
            self._transfer_file(str(local), remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote), execute=False)
        return remote

    def _sending(self, local: Path, remote: str, progress: TaskProgress | None) -> AbstractContextManager[None]:
        if progress is None:
            return nullcontext()
        from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._progress.follow import followed, growing

        return followed(progress, growing(self, remote, size=local.stat().st_size, step="Send the wheels"))

    def _choose_directory(self) -> str:
        """Where check mode has the wheels while it looks, by a name that is used once."""
        above = self._connection._shell.tmpdir
        if self._is_become_unprivileged():
            above = self.get_shell_option("system_tmpdirs", default=["/var/tmp"])[0]
        path: str = self._connection._shell.join_path(above, f"shared-venv-wheels-{secrets.token_hex(16)}")
        return path


def _checked(answer: Mapping[str, Any]) -> _Told:
    """What the host answered, which is data: names, of which only those count of what is here."""
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.json import conforms

    told = answer.get("wheels")
    if not conforms(told, _Told):
        raise SourceError("wheels: the host did not return the list of what it requires")
    return cast(_Told, told)
