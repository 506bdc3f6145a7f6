# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of the run that the command becomes: begun before all else, and written by the callback at the end."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.version import allows
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.config import configured_callbacks
from ansible_collections.mobile_ansible.venv.plugins.module_utils._progress import STOPPED
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.facts import content_facts

from .._option_names import in_words_of_the_user
from .._run_report.document import report_document
from .._run_report.recorded import DERIVED_VARIABLE, PATH_VARIABLE
from .._run_report.report_file import ReportFile
from .arguments import OPTION_NAMES
from .requirements import Requirements
from .venv import PlaybookVenv

_CALLBACK = "mobile_ansible.venv.progress"
_ENABLED, _BAR = "ANSIBLE_CALLBACKS_ENABLED", "MOBILE_ANSIBLE_VENV_PROGRESS_BAR"
#: What the callback requires.
_OLDEST_CORE = "2.19"


class CommandReport:
    """The report at ``path``."""

    def __init__(self, path: str, playbooks: Sequence[str]) -> None:
        self._path = path
        self._file = ReportFile.at(path)
        self._playbook = ", ".join(map(os.path.basename, playbooks))
        self._file.write(report_document(playbook=self._playbook, results=None))

    @contextmanager
    def errors(self, *, failed: int, interrupted: int) -> Iterator[None]:
        """What keeps the playbook from running is in the report, with the exit code of the command."""
        try:
            yield
        except VenvError as error:
            message = in_words_of_the_user(error.message, OPTION_NAMES)
            said = {"failed": True, "msg": message, "error_code": error.code}
            self._write({"command": said, "run": {"rc": failed}}, {})
            raise
        except KeyboardInterrupt:
            self._write({"run": {"rc": interrupted}}, {"state": STOPPED})
            raise

    def _write(self, results: Mapping[str, Mapping[str, Any]], status: Mapping[str, Any]) -> None:
        self._file.write(report_document(playbook=self._playbook, results=results, status=status))

    def variables(
        self, requirements: Requirements, venv: PlaybookVenv, *, store: Store, config: str | None
    ) -> dict[str, str]:
        """What has the callback write it; a file that only this process has open hands over what is known.

        Raises :class:`InputError` where the callback cannot run.
        """
        facts = content_facts(venv.generation)
        core = str(facts["ansible_core"] or "")
        if not core or not allows(f">={_OLDEST_CORE}.dev0", core):
            raise InputError(
                f"report: it requires ansible-core {_OLDEST_CORE} or newer in the venv, which has {core or 'none'}; "
                "choose another version, or leave out the report"
            )
        if not store.can_change():
            raise InputError(
                f"report: it requires a store that this user can change, and {store.path} is another user's; choose "
                "another store, or leave out the report"
            )
        built = {
            "path": venv.path,
            "generation": venv.generation.path,
            "built": venv.built,
            "missing_system_packages": venv.missing_system_packages,
            "left_out": venv.left_out,
            **facts,
        }
        return {
            **_enabled(os.environ, config),
            PATH_VARIABLE: self._path,
            DERIVED_VARIABLE: str(
                _handed_over({"needs": asdict(requirements), "built": built, "playbook": self._playbook})
            ),
        }


def _enabled(environment: Mapping[str, str], config: str | None) -> dict[str, str]:
    """The variables that enable the callback beside those of the user, whose bar stays as it is."""
    home, current = os.path.expanduser("~"), os.getcwd()
    text = environment.get(_ENABLED) or configured_callbacks(config, home=home, chdir=current)
    names = [name.strip() for name in text.split(",") if name.strip()]
    if _CALLBACK in names:
        return {}
    return {_ENABLED: ",".join([*names, _CALLBACK]), **({} if environment.get(_BAR) else {_BAR: "never"})}


def _handed_over(content: Mapping[str, Any]) -> int:
    with tempfile.TemporaryFile() as stream:
        stream.write(json.dumps(content).encode())
        stream.flush()
        descriptor = os.dup(stream.fileno())
    os.set_inheritable(descriptor, True)
    return descriptor
