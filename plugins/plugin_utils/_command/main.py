# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""ansible-playbook-venv: find out what the playbooks require, reuse or build that venv, become its ansible-playbook."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import printable
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

from .._option_names import in_words_of_the_user
from .arguments import OPTION_NAMES, VenvOptions, separate
from .explanation import explanation
from .interface import answer_as_ansible, playbooks_among
from .launch import launch
from .project import PlaybookProject
from .requirements import Analyses, Requirements, read_profile
from .venv import ensure_venv

_FAILED = 1


def main(argv: Sequence[str]) -> int:
    """Run the command with ``argv``; returns only where no playbook is run."""
    try:
        options, arguments = separate(argv)
        return _run(options, arguments)
    except VenvError as error:
        _say(f"ERROR: {in_words_of_the_user(error.message, OPTION_NAMES)}")
        return _FAILED


def _run(options: VenvOptions, arguments: Sequence[str]) -> int:
    store = Store(options.store)
    playbooks = playbooks_among(arguments, store=store)
    if playbooks is None:
        return answer_as_ansible(arguments)
    project = PlaybookProject.of(playbooks)
    if options.profile is not None:
        requirements = read_profile(options.profile)
    else:
        requirements = Analyses(store).required_by(project, options)
    if options.json or options.explain:
        return _explain(requirements, as_json=options.json)
    venv = ensure_venv(requirements.profile, options, store=store, say=_say)
    if options.build_only:
        print(venv.path)
        return 0
    return launch(venv, arguments, store=store, project=project.root)


def _explain(requirements: Requirements, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"profile": requirements.profile, **(requirements.report or {})}, indent=2, sort_keys=True))
    else:
        print("\n".join(explanation(requirements)))
    return 0


def _say(message: str) -> None:
    """A line for people, on stderr: stdout is the playbook's."""
    print(f"ansible-playbook-venv: {printable(message)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
