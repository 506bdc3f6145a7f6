#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv
short_description: A Python virtual environment that is built once and shared by many
version_added: 0.1.0
description:
  - Makes sure that a virtual environment exists that holds exactly the Python packages, the ansible-core and the
    collections asked for. It is built from a hashed list, looked at file by file from outside, made read-only, and then
    put in place by one rename. Whoever runs in the previous one is not disturbed, and a crash at any point leaves the
    previous one in service.
  - The same needs give the same virtual environment, under however many names.
  - When the request has not changed and the files are whole, nothing is resolved, no program is started and the
    network is not touched.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
  - a way to get uv 0.13 or newer (on the host, in O(find_links), from O(index_url), or with a pip on the host)
extends_documentation_fragment:
  - mobile_ansible.venv.package_index
attributes:
  check_mode:
    description: Can run in check mode and predicts the change. Versions are not resolved, so a conflict is not found.
    support: full
  diff_mode:
    description: Shows the request before and after.
    support: full
  platform:
    description: The hosts it works on.
    support: full
    platforms: posix
options:
  name:
    description:
      - Name of the virtual environment. Its path is C(<store>/<name>).
      - Give either this or O(path).
    type: str
  path:
    description:
      - Path of the virtual environment, a link that this module makes. The directory is checked as O(store) is, because
        whoever can write there could replace the link. Where it belongs to a user, work as that user.
    type: path
  store:
    description:
      - Directory that holds the virtual environments of this host. It belongs to the user of the task, or to root.
      - Refused where another user owns or can write it, a directory on the way to it, or a link on that way. What is in
        a store of root can be used by all, and changed by root only.
    type: path
    default: ~/.local/share/ansible-venvs
  state:
    description:
      - V(present) builds what is missing. V(absent) removes the name, and what only it kept.
    type: str
    choices: [present, absent]
    default: present
  python:
    description:
      - A version such as V(3.12), or the absolute path of an interpreter of the host.
      - Without it the interpreter that runs the module is taken if it is new enough, else the newest on the host.
    type: str
  ansible_core:
    description:
      - Version of ansible-core, such as V(2.19.14), V(~=2.19.5), or V(*) for any.
      - Without it, and with O(collections), the one that goes with O(collections_source).
    type: str
  packages:
    description:
      - Python packages by name, as in a requirements file (PEP 508). Paths and addresses are refused.
    type: list
    elements: str
    default: []
  requirements:
    description:
      - Absolute paths of files on the host whose demands are added to O(packages), C(requirements.txt) with C(-r) and
        C(-c), C(pyproject.toml), C(setup.cfg) or C(pylock.toml). Their content is part of the request, so that a file
        that changes is a changed request, and the same content elsewhere is not.
      - Where a file gives hashes for a package, its wheel must have one of them. C(-e .) makes the project's own code
        importable, as in O(siblings). What cannot come from an index by name and hash is an error that names file and
        line.
    type: list
    elements: path
    default: []
  constraints:
    description:
      - Absolute paths of constraint files on the host, in the form of C(requirements.txt). They narrow the versions of
        what is installed, and ask for nothing.
    type: list
    elements: path
    default: []
  collections:
    description:
      - Collections, as in a requirements file of C(ansible-galaxy). Each is V(namespace.name),
        V(namespace.name:range) or a dictionary of C(name), C(version), C(type) and C(source).
    type: list
    elements: raw
    default: []
  siblings:
    description:
      - Absolute paths of directories whose modules can be imported in the virtual environment, such as the source
        directories of the projects that share it.
    type: list
    elements: path
    default: []
  profile:
    description:
      - An execution-environment definition, version 3. Its C(dependencies) are added to the other options.
      - Entries of C(dependencies.system) are not installed, a warning names them.
    type: dict
    default: {}
  collections_source:
    description:
      - Where collections come from. V(community_package) is a pinned release of the C(ansible) package,
        V(community_package==12.3.0) one of your choice. An absolute path is a directory of collections or tarballs, or
        one tarball.
      - V(galaxy) is not available in this release.
    type: str
    default: community_package
  verify:
    description:
      - Look at the content of every file before the virtual environment counts as whole. Without it names, sizes, times
        and rights of the files are looked at, which finds everything but a disk that fails, or a program that sets the
        time back.
      - A damaged one is not mended in its place. It is built anew beside it, and put in place by one rename.
    type: bool
    default: false
  upgrade:
    description:
      - Resolve the request anew, so that versions move. Check mode then resolves too, for a virtual environment that is
        there.
    type: bool
    default: false
  lock:
    description:
      - Directory on the host for the lock of this request, C(requirements.txt) with hashes and C(requirements.yml).
        They are written when they differ from what the virtual environment holds, and are made to be committed.
      - Only files that this module wrote are replaced. Another file of such a name, a link or a pipe is an error before
        anything is built.
    type: path
  locked:
    description:
      - Resolve nothing and build exactly what O(lock) holds. A lock of another request, another Python or collections
        with other content is an error.
    type: bool
    default: false
  generation:
    description:
      - V(previous) goes back to what the virtual environment was before its last change, after a look at every file.
        Going back twice is going back once. The options that say what it holds are not used then.
    type: str
    choices: [current, previous]
    default: current
  force:
    description:
      - With O(state=absent), remove a virtual environment to which projects still link.
    type: bool
    default: false
  lock_timeout:
    description:
      - How many seconds to wait for another run that builds the same.
    type: int
    default: 1800
seealso:
  - module: mobile_ansible.venv.collection_deps
  - module: mobile_ansible.venv.venv_playbook
"""

EXAMPLES = r"""
- name: A virtual environment for two sibling projects
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2

- name: The same at a path of its own
  mobile_ansible.venv.shared_venv:
    path: /srv/dr-daily-report/venv
    packages:
      - requests>=2.31
      - jinja2

- name: What a playbook needs, as found by collection_deps
  mobile_ansible.venv.shared_venv:
    name: site
    profile: "{{ analysis.profile }}"

- name: What the files of two projects ask for, with one set of limits
  mobile_ansible.venv.shared_venv:
    name: reports
    requirements:
      - /srv/dr-daily-report/requirements.txt
      - /srv/dr-daily-report_news/pyproject.toml
    constraints:
      - /srv/dr-daily-report/constraints.txt

- name: Without a way out, from a directory of wheels
  mobile_ansible.venv.shared_venv:
    name: site
    ansible_core: 2.19.14
    collections:
      - community.general
    find_links:
      - /srv/wheels
    offline: true

- name: Newer versions, within what is asked for
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2
    upgrade: true
    lock: /srv/dr-daily-report/locks

- name: Exactly what was committed
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2
    lock: /srv/dr-daily-report/locks
    locked: true

- name: The upgrade was a mistake
  mobile_ansible.venv.shared_venv:
    name: reports
    generation: previous

- name: After the disk failed, what is damaged is built anew
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2
    verify: true

- name: No longer needed
  mobile_ansible.venv.shared_venv:
    name: reports
    state: absent
"""

RETURN = r"""
path:
  description: The public path of the virtual environment, a link.
  returned: always
  type: str
  sample: /home/me/.local/share/ansible-venvs/site
generation:
  description: The real directory behind it, which never changes.
  returned: when the virtual environment exists as asked for
  type: str
  sample: /home/me/.local/share/ansible-venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
digest:
  description: The id of the generation, a digest of all that decides its content.
  returned: when the virtual environment exists as asked for
  type: str
  sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
python:
  description: The interpreter.
  returned: when the virtual environment exists as asked for
  type: dict
  contains:
    version:
      description: Its version when the generation was built.
      type: str
      sample: 3.11.2
    executable:
      description: The real path of the base interpreter.
      type: str
      sample: /usr/bin/python3.11
ansible_core:
  description: The version of ansible-core in it, null without one.
  returned: when the virtual environment exists as asked for
  type: str
  sample: 2.19.14
collections:
  description: The collections in it, those that others depend on included.
  returned: when the virtual environment exists as asked for
  type: list
  elements: dict
  sample: [{"name": "community.general", "version": "11.4.1"}]
packages:
  description: The Python packages in it, sorted by name.
  returned: when the virtual environment exists as asked for
  type: list
  elements: dict
  sample: [{"name": "jmespath", "version": "1.0.1"}]
users:
  description: The links of projects that lead to the virtual environment.
  returned: success
  type: list
  elements: str
  sample: [/srv/dr-daily-report_news/venv]
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: resolution
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import CombinedRequirements, combined
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_file
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import ModuleRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS, PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import (
    Lockfile,
    check_lockfile,
    is_written,
    lockfile_of,
    read_lockfile,
    write_lockfile,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.manager import SharedVenv, VenvOutcome
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import Profile, parse_profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.report import diff, facts
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest, build_request

ARGUMENT_SPEC = {
    "name": {"type": "str"},
    "path": {"type": "path"},
    "store": {"type": "path", "default": "~/.local/share/ansible-venvs"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "python": {"type": "str"},
    "ansible_core": {"type": "str"},
    "packages": {"type": "list", "elements": "str", "default": []},
    "requirements": {"type": "list", "elements": "path", "default": []},
    "constraints": {"type": "list", "elements": "path", "default": []},
    "collections": {"type": "list", "elements": "raw", "default": []},
    "siblings": {"type": "list", "elements": "path", "default": []},
    "profile": {"type": "dict", "default": {}},
    "collections_source": {"type": "str", "default": "community_package"},
    **INDEX_ARGUMENTS,
    "verify": {"type": "bool", "default": False},
    "upgrade": {"type": "bool", "default": False},
    "lock": {"type": "path"},
    "locked": {"type": "bool", "default": False},
    "generation": {"type": "str", "choices": ["current", "previous"], "default": "current"},
    "force": {"type": "bool", "default": False},
    "lock_timeout": {"type": "int", "default": 1800},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do what the options ask for; returns the result."""
    options = module.params
    store = Store(options["store"])
    link = store.named(options["name"]) if options["name"] is not None else store.at(options["path"])
    index = PackageIndex.of(options)
    venv = SharedVenv(store, link, runner=ModuleRunner(module), index=index, verify=options["verify"])
    request = None
    if options["state"] == "absent":
        outcome = _remove(module, venv)
    elif options["generation"] == "previous":
        outcome = venv.inspect_previous() if module.check_mode else venv.go_back(lock_timeout=options["lock_timeout"])
    else:
        request = _request(module)
        outcome = _ensure(module, venv, request)
    if outcome.changed and outcome.users:
        module.warn(f"{link.path} changes for every project that links to it: {', '.join(outcome.users)}")
    return {
        "changed": outcome.changed,
        "path": link.path,
        "users": list(outcome.users),
        "diff": diff(link, outcome, request),
        **facts(outcome),
    }


def _remove(module: AnsibleModule, venv: SharedVenv) -> VenvOutcome:
    force = module.params["force"]
    if module.check_mode:
        return venv.inspect_absent(force=force)
    return venv.remove(force=force, lock_timeout=module.params["lock_timeout"])


def _ensure(module: AnsibleModule, venv: SharedVenv, request: VenvRequest) -> VenvOutcome:
    options = module.params
    if options["lock"] is not None:
        check_lockfile(options["lock"], is_needed=not module.check_mode)
    lock = _read_lock(options["lock"]) if options["locked"] else None
    if module.check_mode:
        outcome = venv.inspect_upgrade(request) if options["upgrade"] else venv.inspect(request, lock=lock)
    else:
        timeout = options["lock_timeout"]
        outcome = venv.ensure(request, upgrade=options["upgrade"], lock=lock, lock_timeout=timeout)
    if options["lock"] is None or outcome.generation is None:
        return outcome
    wanted = lockfile_of(outcome.generation.record, request_digest=request.digest)
    written = not is_written(options["lock"], wanted) if module.check_mode else write_lockfile(options["lock"], wanted)
    return replace(outcome, changed=outcome.changed or written)


def _read_lock(directory: str) -> Lockfile:
    lock = read_lockfile(directory)
    if lock is None:
        raise InputError(f"lock: {directory} holds no lock: run once without locked to write it")
    return lock


def _request(module: AnsibleModule) -> VenvRequest:
    options = module.params
    profile = parse_profile(options["profile"]) if options["profile"] else Profile()
    for line in profile.system:
        module.warn(
            f"The profile asks for the system package {line!r}, which a venv cannot hold: install it on the host"
        )
    return build_request(
        **{
            key: options[key]
            for key in ("python", "ansible_core", "packages", "collections", "collections_source", "siblings")
        },
        profile=profile,
        needs=_needs(module),
    )


def _needs(module: AnsibleModule) -> CombinedRequirements:
    """What the requirement files and constraint files ask for."""
    needs = combined(
        read_file(path, constraint=option == "constraints")
        for option in ("requirements", "constraints")
        for path in module.params[option]
    )
    for note in needs.notes:
        module.warn(note)
    return needs


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("name", "path"), ("upgrade", "locked")],
        required_if=[("locked", True, ("lock",))],
        required_one_of=[("name", "path")],
        supports_check_mode=True,
    )
    try:
        with no_space_reported(module.params["store"]):
            module.exit_json(**run(module))
    except VenvError as error:
        module.fail_json(**error.details())


if __name__ == "__main__":
    main()
