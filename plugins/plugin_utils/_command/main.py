# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""ansible-playbook-venv: find out what the playbooks require, reuse or build that venv, become its ansible-playbook."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._ansible_config import config_file
from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.answers import AnswerCache
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

from .._core import CoreRelease
from .._deps.project.user_settings import UserSetting
from .._deps.undeclared import unmet_messages
from .._deps.unresolved import warnings_of
from .._option_names import in_words_of_the_user
from .._profiles.names import DEFAULT_SOURCE
from .arguments import OPTION_NAMES, VenvOptions, separate
from .interface import CommandLine, answer_as_ansible, check_arguments, command_line
from .inventory import known_inventory
from .progress_bar import CommandBar
from .project import PlaybookProject, found_projects, projects_of
from .requirements import Analyses, Requirements
from .settings import user_settings

if TYPE_CHECKING:
    from .report import CommandReport

#: As ansible-playbook ends.
_FAILED, _WRONG_OPTIONS, _INTERRUPTED = 1, 2, 99


def main(argv: Sequence[str]) -> int:
    """Run the command with ``argv``; returns only where no playbook is run."""
    # Until here an interrupt ends the program at once; see bin/ansible-playbook-venv.
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = _WRONG_OPTIONS
    try:
        current = _current_directory()
        options, arguments = separate(argv)
        code = _FAILED
        return _run(options, arguments, current=current)
    except VenvError as error:
        _say(f"ERROR: {in_words_of_the_user(error.message, OPTION_NAMES)}")
    except KeyboardInterrupt:
        _say("interrupted")
        code = _INTERRUPTED
    return code


def _run(options: VenvOptions, arguments: Sequence[str], *, current: str) -> int:
    store, core = Store(options.store), CoreRelease.find()
    given = command_line(arguments, core=core, cache=AnswerCache(store))
    if given is None:
        return answer_as_ansible(arguments)
    if options.report is None:
        return _run_playbooks(options, arguments, given, store=store, core=core, current=current)
    from .report import CommandReport

    report = CommandReport(options.report, given.playbooks)
    with report.errors(failed=_FAILED, interrupted=_INTERRUPTED):
        return _run_playbooks(options, arguments, given, store=store, core=core, current=current, report=report)


def _run_playbooks(
    options: VenvOptions,
    arguments: Sequence[str],
    given: CommandLine,
    *,
    store: Store,
    core: CoreRelease,
    current: str,
    report: CommandReport | None = None,
) -> int:
    progress_bar = CommandBar(_say)
    config = config_file(os.environ, home=os.path.expanduser("~"), current=current)
    used = None
    if options.profile is not None:
        from .profile import UsedProfile

        used = UsedProfile.of(options)
        requirements, options, is_new = used.requirements, used.options, False
    else:
        options = replace(options, source=options.source or DEFAULT_SOURCE)
        projects = projects_of(given.playbooks, current=current)
        analyses = Analyses(
            core=core,
            progress_bar=progress_bar,
            inventory=_inventory(given, projects, config),
            settings=_settings(given, projects, config, current),
        )
        requirements, is_new = analyses.required_by(projects, options), analyses.made > 0
    if options.json or options.explain:
        return _explain(requirements, as_json=options.json)
    # What only a run needs, and not an explanation.
    from .launch import launch
    from .venv import ensure_venv

    warnings = warnings_of(requirements.unresolved, options.allow_unresolved)
    for warning in (*warnings, *unmet_messages(requirements.differences)):
        _say(f"WARNING: {warning}")
    check = partial(check_arguments, arguments)
    with no_space_reported(store.path):
        venv = ensure_venv(
            requirements, options, store=store, progress_bar=progress_bar, before_build=check, is_new=is_new
        )
    if used is not None:
        used.note_use(venv.path, given.playbooks)
    if options.build_only:
        print(venv.path)
        return 0
    variables = report.variables(requirements, venv, store=store, config=config) if report is not None else {}
    found = found_projects(given.playbooks, current=current)
    is_reported = report is not None
    return launch(venv, arguments, store=store, projects=found, variables=variables, is_reported=is_reported)


def _inventory(given: CommandLine, projects: Sequence[PlaybookProject], config: str | None) -> list[str]:
    roots = [one.root for one in projects]
    return known_inventory(given.options, os.environ, config=config, projects=roots)


def _settings(
    given: CommandLine, projects: Sequence[PlaybookProject], config: str | None, current: str
) -> list[UserSetting]:
    roots = [one.root for one in projects]
    return user_settings(os.environ, options=given.options, config=config, current=current, projects=roots)


def _explain(requirements: Requirements, *, as_json: bool) -> int:
    if as_json:
        # In one line: json is written in C, but for indentation, which takes as long as the rest of a look-up.
        shown = json.dumps(vars(requirements), sort_keys=True)
    else:
        from .explanation import explanation

        shown = "\n".join(explanation(requirements))
    try:
        print(shown, flush=True)
    except BrokenPipeError:  # who reads has seen enough
        with suppress(BrokenPipeError):
            sys.stdout.close()
    return 0


def _current_directory() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise InputError(f"the current directory cannot be used: {error.strerror}; change to another one") from error


def _say(message: str) -> None:
    """A line for people, on stderr: stdout is the playbook's."""
    print(f"ansible-playbook-venv: {printable(message)}", file=sys.stderr)
