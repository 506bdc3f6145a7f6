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
  - Runs a playbook with the C(ansible-playbook) of a virtual environment (venv) on the host of the task, and returns
    the results of each host.
  - The project is copied to that host, unless the connection is local or O(remote_src) is set. The copy is removed
    afterwards. Log, events and artifacts are returned to the controller.
  - The playbook runs with a minimal set of environment variables. Settings of the host for Ansible, Python, pip or uv
    have no effect. Collections come from the venv, from C(collections/) beside the playbook, and from directories of
    the project that its C(ansible.cfg) names.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.store
attributes:
  check_mode:
    details:
      - The playbook runs with C(--check); the effect depends on its modules.
  diff_mode:
    support: partial
    details:
      - Differences are in the log of the run, not in the result of the task.
options:
  venv:
    description:
      - Name of a venv in O(store), or path of a venv (anything with a slash). The venv must contain ansible-core.
      - Roles in C(share/ansible/roles) of the venv are at the end of the roles path.
    type: str
    required: true
  playbook:
    description:
      - Path of the playbook. A relative path starts at the current directory, or at O(chdir) with O(remote_src=true).
    type: path
    required: true
  project:
    description:
      - Directory of the project, with the roles, variables and settings of the playbook. All of it is shipped, without
        version control, caches, venvs, and credentials such as C(.ssh) that nobody names. A home
        directory, C(/), C(/tmp), a store, and directories above them are refused.
      - What its C(ansible.cfg) names for roles and plugins outside of it, and what its links lead to, is shipped as
        well, if it is O(trusted). Otherwise such links are refused. Credentials behind a link are not shipped either.
      - The default is the current directory, if it is above the playbook and has a mark (C(ansible.cfg), C(.git),
        C(roles), C(collections), C(galaxy.yml) or C(requirements.yml)), and otherwise the nearest directory above the
        playbook that has one.
      - Without a mark, or in a home directory, it is the playbook's own directory, of which only the playbook, what
        Ansible looks for beside it, and files that it names are shipped.
    type: path
  project_limit:
    description:
      - Maximum size of the shipped project, in MiB.
    type: int
    default: 200
  chdir:
    description:
      - Directory in which the playbook is started. C(ansible.cfg) is searched there first, then in O(project).
      - The default is the current directory. If the project is shipped, it is the corresponding directory on the host,
        or the project's own directory. With O(remote_src=true) it is the playbook's directory.
    type: path
  remote_src:
    description:
      - Whether all paths are paths on the host of the task, where the files exist already.
    type: bool
    default: false
  inventory:
    description:
      - List of inventories of the playbook. A list of hosts contains a comma, as in V(web1,). A text instead of a
        list is one inventory.
      - The default is the inventory in the project's C(ansible.cfg), or only V(localhost).
    type: list
    elements: str
    default: []
  inherit:
    description:
      - What the playbook inherits from the command line of the C(ansible-playbook) that runs this task. The other
        options of this module come first.
      - V(settings) is the inventory, C(--check), C(--diff), C(--forks), C(-v), vault IDs and passwords, the passwords
        for connections and privilege escalation, the extra variables except C(run_playbook_*), and the options for
        connections and privilege escalation. Passwords that were typed are passed too.
      - With O(remote_src) it must be V(none), because what is inherited is on the controller.
      - V(all) is V(settings), C(--limit), C(--tags), C(--skip-tags) and C(--start-at-task).
    type: str
    choices: [none, settings, all]
    default: none
  each:
    description:
      - Whether the host of the task runs the playbook for itself alone, as with C(--limit=HOST). It is added to the
        inventory with a local connection. Plays for C(localhost) run too, unless the inventory has a host of this name.
    type: bool
    default: false
  limit:
    description:
      - Pattern that limits the hosts.
    type: str
  tags:
    description:
      - List of tags. Only plays and tasks with one of them run.
    type: list
    elements: str
    default: []
  skip_tags:
    description:
      - List of tags. Plays and tasks with one of them are skipped.
    type: list
    elements: str
    default: []
  check:
    description:
      - Whether to run the playbook in check mode. It also runs in check mode if the task does.
    type: bool
    default: false
  diff:
    description:
      - Whether to show differences in the log. They are also shown if the task runs in diff mode.
    type: bool
    default: false
  forks:
    description:
      - Number of hosts to run on in parallel.
    type: int
  verbosity:
    description:
      - Number of C(-v) options for the playbook.
    type: int
    default: 0
  vault_password_files:
    description:
      - List of files with vault passwords, or vault password clients. C(ID@PATH) sets the vault ID.
    type: list
    elements: str
    default: []
  become_password_file:
    description:
      - Path of a file with the password for privilege escalation.
    type: path
  connection_password_file:
    description:
      - Path of a file with the password for connections.
    type: path
  private_key_file:
    description:
      - Path of the private key for connections.
    type: path
  extra_vars_files:
    description:
      - List of files with extra variables, in YAML or JSON.
    type: list
    elements: path
    default: []
  environment_names:
    description:
      - List of names of environment variables for the playbook. Their values are those on the controller, or those on
        the host if they are not set on the controller.
    type: list
    elements: str
    default: []
  environment:
    description:
      - Environment variables for the playbook, with their values. No value is shown or logged.
    type: dict
    default: {}
  timeout:
    description:
      - Maximum number of seconds for the playbook, from unpacking the project to packing the artifacts; V(0) for no
        limit. When the time is over, the playbook is ended with all its processes. Its log and events are returned, its
        artifacts are not.
    type: int
    default: 0
  trusted:
    description:
      - Whether to use C(ansible.cfg), which can name programs to run. If V(false), the playbook runs with Ansible's
        defaults.
    type: bool
    default: true
  allow_unmatched:
    description:
      - Whether plays without a matching host are allowed. If V(false), such a play is an error, unless O(limit) is set
        and another play has hosts.
    type: bool
    default: false
  artifacts:
    description:
      - List of files that the playbook creates in the project and that are returned, as paths or globs (V(**) for any
        depth), relative to O(project). Links to directories are not followed. A link to a file in the project is
        returned as that file.
    type: list
    elements: str
    default: []
  artifacts_limit:
    description:
      - Maximum size of all artifacts, in MiB. All limits apply on the host and on the controller.
    type: int
    default: 200
  artifacts_files_limit:
    description:
      - Maximum number of artifacts.
    type: int
    default: 10000
  artifacts_depth_limit:
    description:
      - Maximum depth of directories in which artifacts are searched.
    type: int
    default: 32
  log_limit:
    description:
      - Maximum size of the log, and of the events, in MiB. A playbook that writes more is ended.
    type: int
    default: 100
  live:
    description:
      - Whether to show the output of the playbook while it runs. If the play has several hosts, each line starts with
        the name of its host.
    type: bool
    default: false
  own_collection:
    description:
      - Whether the playbook can use this collection, in the version that runs it. It is sent to the host, if the
        playbook runs elsewhere. The venv needs no copy of it.
    type: bool
    default: false
  results:
    description:
      - Directory on the controller for log, events and artifacts. It is created with mode 0700. An existing directory
        must be empty, or must have been created by an earlier run. The files of the earlier run are replaced when the
        new ones are complete.
      - The default is a new directory below C(~/.local/state/mobile_ansible.venv/runs).
    type: path
  run_directory:
    description:
      - Directory of the run, which the action plugin chooses and removes. Tasks cannot set it.
    type: path
  collection:
    description:
      - Where this collection is, which the action plugin finds out. Tasks cannot set it.
    type: path
  arguments:
    description:
      - Arguments of C(ansible-playbook) that the action plugin inherits. Tasks cannot set it.
    type: list
    elements: str
    default: []
  searched:
    description:
      - Directories of roles and plugins that the action plugin has sent, by the variables of the environment that list
        such. Tasks cannot set it.
    type: dict
    default: {}
notes:
  - If the task is interrupted, the playbook is ended too.
  - Passwords are passed in files only. They are never in a command line, a log or a result.
  - The playbook runs without a terminal. A C(vars_prompt) whose variable is not among the extra variables is an error
    before anything runs, even if it has a default. So is M(ansible.builtin.pause) without C(seconds) and C(minutes); if
    it is only known at run time that it asks, the run ends there and counts as failed.
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
  description: For each host, the number of tasks that were ok, changed, unreachable, failures, skipped, rescued and
    ignored.
  returned: when the playbook ended
  type: dict
  sample: {web1: {ok: 4, changed: 1, unreachable: 0, failures: 0, skipped: 0, rescued: 0, ignored: 0}}
failed_tasks:
  description: The tasks that failed or did not reach their host, also those that were ignored or rescued. At most 500.
  returned: when the playbook was started
  type: list
  elements: dict
  contains:
    host: {description: The host., type: str}
    play: {description: The name of the play., type: str}
    task: {description: The name of the task., type: str}
    action: {description: The module or action., type: str}
    msg: {description: The message of the task; hidden with C(no_log)., type: str}
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
  description: The statistics that the playbook set with M(ansible.builtin.set_stats); C(_run) is for the whole run.
  returned: when the playbook was started
  type: dict
unmatched_plays:
  description: The plays for which no host matched.
  returned: when the playbook was started
  type: list
  elements: str
rc:
  description: The exit code of C(ansible-playbook).
  returned: when the playbook was started
  type: int
duration:
  description: The duration of the run, in seconds.
  returned: when the playbook was started
  type: float
log:
  description: The path of the full output of the run, on the controller.
  returned: when the playbook was started
  type: str
events:
  description: The path of the events, one JSON object in each line, on the controller.
  returned: when the playbook was started
  type: str
results:
  description: The directory of log, events and artifacts, on the controller.
  returned: when the playbook was started
  type: str
artifacts:
  description: The returned artifacts, relative to C(artifacts/) in RV(results).
  returned: when the playbook was started
  type: list
  elements: str
left_out:
  description: Entries in the results that are neither regular files nor directories, such as links. They were not
    written.
  returned: when the playbook was started
  type: list
  elements: str
venv:
  description: The real path of the venv that was used.
  returned: when the playbook was started
  type: str
shipped:
  description: The number of bytes that were sent; V(0) if the playbook ran in place.
  returned: when the playbook was started
  type: int
shipped_files:
  description: The number of files that were sent; V(0) if the playbook ran in place.
  returned: when the playbook was started
  type: int
shipped_outside:
  description: Files and directories outside of the project that were sent with it, because its C(ansible.cfg) names
    them (C(roles_path), C(library) and its like), or a link in it leads there.
  returned: when the playbook was started
  type: list
  elements: str
  sample: [/home/me/shared/roles]
not_shipped:
  description: Files and directories of credentials in the project that were not sent, because neither the playbook nor
    an option names them.
  returned: when the playbook was started
  type: list
  elements: str
  sample: [.ssh, files/.netrc]
error_code:
  description: A stable code of the kind of failure.
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
    COLLECTION,
    MODULE_SPEC,
    RUN_DIRECTORY,
    RunRequest,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.outcome import RunError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.run import (
    RunDirectory,
    prepared,
    run_playbook,
    sent_to,
    sockets_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.shipping import PROJECT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.time_limit import TimeLimit
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.venv import find_venv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
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
    path, output = params[RUN_DIRECTORY] or os.path.join(module.tmpdir, "run"), params["results"] or ""
    task = () if module._keep_remote_files else (sent_to(path), *_payload(), *filter(None, [module._tmpdir]))
    directory = RunDirectory(path, output=output, sockets=None if output else sockets_of(path), task=task)
    archive = params["project"] if os.path.isfile(params["project"] or "") else None
    base = params["chdir"] or str(Path.home())
    if archive:
        params, base = {**params, "project": PROJECT}, directory.shipped
    try:
        collection = params[COLLECTION]
        with prepared(directory, archive=archive, collection=collection, warn=module.warn, limit=limit):
            request = RunRequest.from_params(params, base=base, check=module.check_mode, diff=module._diff)
            request.check_files()
            return run_playbook(request, venv=venv, directory=directory, runner=SubprocessRunner(), limit=limit)
    except _InterruptedError:
        remove_tree(directory.path)
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
