#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Run a playbook inside a venv."""

from __future__ import annotations

DOCUMENTATION = r"""
module: venv_playbook
short_description: Run a playbook inside a venv
version_added: 0.1.0
description:
  - Runs a playbook with the C(ansible-playbook) of a venv on the host where the task runs, as its user would have run
    it, and returns what it did to each host.
  - The project is brought to that host, unless the connection is local or O(remote_src) is set, and everything that was
    brought is removed afterwards. Log, events and artefacts come back to the controller.
  - The playbook gets an environment built from nothing; no setting of Ansible, Python, pip or uv leaks into it from the
    host. Collections come from the venv, from C(collections/) beside the playbook, and from directories of the project
    that its C(ansible.cfg) names.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.store
attributes:
  check_mode:
    details:
      - The playbook runs with C(--check); what its own modules then do is up to them.
  diff_mode:
    support: partial
    details:
      - Differences are in the log of the run, not in the result of the task.
options:
  venv:
    description:
      - The name of a venv in O(store), or a path of a venv (anything with a slash). It needs ansible-core in it.
    type: str
    required: true
  playbook:
    description:
      - The playbook. A relative path starts at the directory where the user stands, or at O(chdir) with
        O(remote_src=true).
    type: path
    required: true
  project:
    description:
      - The directory that the playbook needs, with its roles, variables and settings. All of it is shipped, without
        version control, caches and virtual environments; links that lead out of it are refused.
      - The default is the directory where the user stands, if it is above the playbook and has an C(ansible.cfg) or a
        C(.git), and otherwise the playbook's own directory.
    type: path
  project_limit:
    description:
      - The most that is shipped, in MiB.
    type: int
    default: 200
  chdir:
    description:
      - The directory in which the playbook is started. C(ansible.cfg) is looked for there first, then in O(project).
      - The default is the directory where the user stands; when the project is shipped, what corresponds to it there,
        or else the project's own directory. With O(remote_src=true) it is the playbook's directory.
    type: path
  remote_src:
    description:
      - Whether everything that is named by a path is already on the host where the task runs.
    type: bool
    default: false
  inventory:
    description:
      - Inventories of the playbook. A list of hosts has a comma, as in V(web1,).
      - Without one, the project's C(ansible.cfg) decides; without that there is only V(localhost).
    type: list
    elements: str
    default: []
  limit:
    description:
      - Run on these hosts only.
    type: str
  tags:
    description:
      - Run only what has one of these tags.
    type: list
    elements: str
    default: []
  skip_tags:
    description:
      - Leave out what has one of these tags.
    type: list
    elements: str
    default: []
  check:
    description:
      - Run the playbook in check mode. It also runs so when the task itself is in check mode.
    type: bool
    default: false
  diff:
    description:
      - Show differences in the log. Also on when the task itself is in diff mode.
    type: bool
    default: false
  forks:
    description:
      - How many hosts at once.
    type: int
  verbosity:
    description:
      - How many C(-v) the playbook is run with, for the log.
    type: int
    default: 0
  vault_password_files:
    description:
      - Files with vault passwords, or vault password clients. C(ID@PATH) gives the vault id.
    type: list
    elements: str
    default: []
  become_password_file:
    description:
      - A file with the password for privilege escalation.
    type: path
  connection_password_file:
    description:
      - A file with the password for connections.
    type: path
  private_key_file:
    description:
      - The private key for connections.
    type: path
  extra_vars_files:
    description:
      - Files with extra variables, YAML or JSON.
    type: list
    elements: path
    default: []
  environment_names:
    description:
      - Names of environment variables that pass to the playbook. Their values come from where the user stands, or from
        the host where they are not set there.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - The most seconds that the playbook may take, from unpacking the project to packing the artifacts; 0 for no
        limit. Then it is ended with everything that it started. Its log and events come back, its artifacts do not.
    type: int
    default: 0
  trusted:
    description:
      - Whether C(ansible.cfg) counts, which can name programs to run. If not, the playbook runs with Ansible's
        defaults.
    type: bool
    default: true
  allow_unmatched:
    description:
      - Whether a play for which no host matches is fine. Otherwise it is an error, unless O(limit) is set and some
        other play has hosts.
    type: bool
    default: false
  artifacts:
    description:
      - Files that the playbook makes in the project and that are brought back, as paths or globs (V(**) for any depth),
        relative to O(project). Links to directories are not followed; a link to a file in the project is brought back
        as that file.
    type: list
    elements: str
    default: []
  artifacts_limit:
    description:
      - The most that all artifacts may have, in MiB. All limits hold on the host and on the controller.
    type: int
    default: 200
  artifacts_files_limit:
    description:
      - The most artifacts.
    type: int
    default: 10000
  artifacts_depth_limit:
    description:
      - The most directories in one another, in which artifacts are looked for.
    type: int
    default: 32
  log_limit:
    description:
      - The most that the log may have, in MiB, and the events as much again. A playbook that says more is ended.
    type: int
    default: 100
  results:
    description:
      - The directory for log, events and artifacts. It is on the controller, and made with mode 0700. One that exists
        must be empty, or be one that an earlier run made; what that run left is replaced when this one has something to
        put there.
      - The default is a new directory below C(~/.local/state/mobile_ansible.venv/runs).
    type: path
  run_directory:
    description:
      - Set by the action plugin, which chooses and removes the directory of the run. Tasks cannot set it.
    type: path
notes:
  - Without an end of its own, a run that is interrupted ends with the task - the playbook never goes on unnoticed.
  - Passwords travel in files only. They are never in a command line, a log or a result.
  - Prompts (C(vars_prompt), M(ansible.builtin.pause)) have nobody to answer them, as in any run without a terminal.
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.collection_deps
"""

EXAMPLES = r"""
- name: Run a playbook on this machine, in the venv called site
  mobile_ansible.venv.venv_playbook:
    venv: site
    playbook: site.yml

- name: Ship a project to a bastion and run it there, from inside the network
  mobile_ansible.venv.venv_playbook:
    venv: site
    playbook: deploy/site.yml
    project: deploy
    inventory: [deploy/hosts.ini]
    limit: web
    vault_password_files: [~/.vault-password]
    artifacts: ['reports/*.html']
    timeout: 1800
  delegate_to: bastion
"""

RETURN = r"""
stats:
  description: Per host, how many tasks were ok, changed, unreachable, failures, skipped, rescued and ignored.
  returned: when the playbook came to its end
  type: dict
  sample: {web1: {ok: 4, changed: 1, unreachable: 0, failures: 0, skipped: 0, rescued: 0, ignored: 0}}
failed_tasks:
  description: The tasks that failed or did not reach their host, those that were ignored or rescued too. At most 500.
  returned: when the playbook was started
  type: list
  elements: dict
  contains:
    host: {description: The host., type: str}
    play: {description: The name of the play., type: str}
    task: {description: The name of the task., type: str}
    action: {description: The module or action., type: str}
    msg: {description: What the task said; hidden with C(no_log)., type: str}
    path: {description: File and line of the task., type: str}
    ignored: {description: Whether the failure was ignored., type: bool}
    rescued: {description: Whether a C(rescue) caught it., type: bool}
    unreachable: {description: Whether the host could not be reached., type: bool}
changed_tasks:
  description: The tasks that changed something. At most 500.
  returned: when the playbook was started
  type: list
  elements: dict
  contains:
    host: {description: The host., type: str}
    play: {description: The name of the play., type: str}
    task: {description: The name of the task., type: str}
    action: {description: The module or action., type: str}
    path: {description: File and line of the task., type: str}
custom_stats:
  description: What the playbook set with M(ansible.builtin.set_stats); C(_run) is for the whole run.
  returned: when the playbook was started
  type: dict
unmatched_plays:
  description: The plays for which no host matched.
  returned: when the playbook was started
  type: list
  elements: str
rc:
  description: What C(ansible-playbook) ended with.
  returned: when the playbook was started
  type: int
duration:
  description: How long it ran, in seconds.
  returned: when the playbook was started
  type: float
log:
  description: The full output of the run, on the controller.
  returned: when the playbook was started
  type: str
events:
  description: What happened, one JSON object a line, on the controller.
  returned: when the playbook was started
  type: str
results:
  description: The directory that holds log, events and artefacts, on the controller.
  returned: when the playbook was started
  type: str
artifacts:
  description: What was brought back, relative to C(artifacts/) in RV(results).
  returned: when the playbook was started
  type: list
  elements: str
left_out:
  description: What the host sent beside regular files and directories, such as links. Nothing of it was written.
  returned: when the playbook was started
  type: list
  elements: str
venv:
  description: The real path of the venv that was used.
  returned: when the playbook was started
  type: str
shipped:
  description: How many bytes travelled; 0 where the playbook ran in place.
  returned: when the playbook was started
  type: int
error_code:
  description: What kind of error it was, in one word.
  returned: failure
  type: str
  sample: run_failed
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import (
    MODULE_SPEC,
    RUN_DIRECTORY,
    RunRequest,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import RunError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.run import (
    RunDirectory,
    prepared,
    run_playbook,
    sockets_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.shipping import PROJECT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.time_limit import TimeLimit
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.venv import find_venv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import ModuleRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import remove_tree


class _InterruptedError(RunError):
    """A signal told this process to end."""


def _run(module: AnsibleModule) -> dict[str, Any]:
    """Run what the action plugin hands over: in place of a project it may name the archive that it has shipped, and
    without a directory for results they are packed for it to fetch. It chose the directory of the run, and removes it.
    """
    params = module.params
    limit = TimeLimit(params["timeout"])
    venv = find_venv(params["venv"], store=params["store"])
    directory, output = params[RUN_DIRECTORY] or os.path.join(module.tmpdir, "run"), params["results"] or ""
    task = () if module._keep_remote_files else (*_payload(), *filter(None, [module._tmpdir]))
    place = RunDirectory(directory, output=output, sockets=None if output else sockets_of(directory), task=task)
    archive = params["project"] if os.path.isfile(params["project"] or "") else None
    base = params["chdir"] or str(Path.home())
    if archive:
        params, base = {**params, "project": PROJECT}, place.shipped
    try:
        with prepared(place, archive=archive, warn=module.warn, limit=limit):
            request = RunRequest.from_params(params, base=base, check=module.check_mode, diff=module._diff)
            request.check_files()
            return run_playbook(request, venv=venv, place=place, runner=ModuleRunner(module), limit=limit)
    except _InterruptedError:
        remove_tree(place.directory)
        raise


def _payload() -> list[str]:
    """The directory into which Ansible has put the code of this module."""
    archives = (path for path in sys.path if os.path.basename(path).endswith("_payload.zip"))
    return [os.path.dirname(path) for path in archives if "_payload_" in os.path.basename(os.path.dirname(path))]


def _stop(number: int, _frame: object) -> None:
    raise _InterruptedError(f"the task was ended by signal {number}, and the playbook with it")


def main() -> None:
    module = AnsibleModule(argument_spec=MODULE_SPEC, supports_check_mode=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        result = _run(module)
    except VenvError as error:
        module.fail_json(**error.details())
    except OSError as error:
        module.fail_json(msg=f"{error.filename or 'venv_playbook'}: {error.strerror or error}", error_code="system")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
