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
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.package_index
  - mobile_ansible.venv.store
attributes:
  check_mode:
    details:
      - Where something is to be done, check mode resolves as the run after it does, so that both agree on what changes,
        and a conflict is found. What this fetches is kept in the store where there is one.
  diff_mode:
    details:
      - Shows the packages and collections with their versions, before and after.
options:
  projects:
    description:
      - Projects that share the virtual environment, as in M(mobile_ansible.venv.requirements_union), each a path or a
        dictionary. They are taken whole, with the hashes, groups and constraints of their requirement files, their
        source directories where a file asks for C(-e .), and what they say about their Python.
      - What they need is added to O(packages), O(requirements) and the other options. Where it cannot be resolved, the
        error names who requires what, with file and line.
    type: list
    elements: raw
  parent:
    description:
      - Directory of the one of O(projects) whose link leads to the virtual environment, and through whose link those of
        the others lead. It is an error where that is not among the projects, before anything is built.
      - V(auto) chooses the project through whose link others lead already, else the one whose own virtual environment
        satisfies most of what all need, the first of several.
      - Without O(name), the name of the virtual environment is made from the path of this directory.
    type: path
  name:
    description:
      - Name of the virtual environment. Its path is C(<store>/<name>).
      - Give this, O(path) or O(parent).
    type: str
  path:
    description:
      - Path of the virtual environment, a link that this module makes. The directory is checked as O(store) is, because
        whoever can write there could replace the link. Where it belongs to a user, work as that user.
    type: path
  state:
    description:
      - V(present) builds what is missing. V(absent) removes the name, and what only it kept.
    type: str
    choices: [present, absent]
    default: present
  python:
    description:
      - A version such as V(3.12), or the absolute path of an interpreter of the host. It is an error where one of
        O(projects) or O(requirements) needs another one.
      - Without it one that all projects allow is taken, the interpreter that runs the module first, then the newest on
        the host.
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
      - Absolute paths of files on the host whose requirements are added to O(packages), C(requirements.txt) with C(-r)
        and C(-c), C(pyproject.toml), C(setup.cfg) or C(pylock.toml). Their content is part of the request, so that a
        file that changes is a changed request, and the same content elsewhere is not.
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
      - Entries of C(dependencies.system) are not installed, and C(additional_build_steps) and
        C(additional_build_files) are ignored; a warning names them. Other keys of a container image have no effect.
      - What collections declare is not installed, only what is listed, so that C(dependencies.exclude) has nothing to
        leave out.
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
  wheels:
    description:
      - Directory B(on the controller) with wheels, for a host without a network. What the request needs is carried to
        the host, and everything is installed from there as with O(find_links) and O(offline).
      - The host resolves for its own interpreter, from what the wheels say of themselves. Only the wheels that it
        chooses are sent, and uv's own where the host has none. They are kept in O(store), so that none is sent twice.
      - Collections are not carried.
    type: raw
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
      - Resolve the request anew, so that versions move.
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
  - module: mobile_ansible.venv.requirements_union
  - module: mobile_ansible.venv.venv_symlink
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

- name: What three projects need together, one of them being the parent
  mobile_ansible.venv.shared_venv:
    parent: /srv/dr-daily-report
    projects:
      - /srv/dr-daily-report
      - /srv/dr-daily-report_telegram
      - path: /srv/dr-daily-report_news
        groups: [test]

- name: What the files of two projects ask for, with one set of limits
  mobile_ansible.venv.shared_venv:
    name: reports
    requirements:
      - /srv/dr-daily-report/requirements.txt
      - /srv/dr-daily-report_news/pyproject.toml
    constraints:
      - /srv/dr-daily-report/constraints.txt

- name: Offline, from a directory of wheels
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
shared_files:
  description: >-
    The files that several packages bring. The one that was installed last is there; the packages in C(overwritten)
    state another content.
  returned: when the virtual environment exists as asked for
  type: list
  elements: dict
  sample: [{"path": "lib/python3.12/site-packages/requirements.txt", "packages": ["nsx_policy_python_sdk-4.2.0.0.0",
    "vmc_client_bindings-1.62.0"], "overwritten": ["nsx_policy_python_sdk-4.2.0.0.0"]}]
wheels:
  description: What was carried to the host.
  returned: with O(wheels)
  type: dict
  contains:
    sent:
      description: The names of the wheels that were sent.
      type: list
      elements: str
      sample: [six-1.17.0-py2.py3-none-any.whl]
    bytes:
      description: Bytes that were sent.
      type: int
      sample: 20480
built:
  description: Whether this run built it. False for one that was there already, under another name too.
  returned: success
  type: bool
  sample: true
parent:
  description: The directory of the parent, null without O(parent).
  returned: success
  type: str
  sample: /srv/dr-daily-report
requested:
  description: What the projects and files ask for together.
  returned: success, with O(state=present) and O(generation=current)
  type: dict
  contains:
    requirements:
      description: The requirements, each once and in one spelling.
      type: list
      elements: str
      sample: ["jinja2", "requests<3,>=2.31"]
    constraints:
      description: What only narrows versions, likewise.
      type: list
      elements: str
      sample: ["urllib3<2"]
    siblings:
      description: The source directories of projects whose files ask for the project itself (C(-e .)).
      type: list
      elements: str
      sample: ["/srv/dr-daily-report/src"]
    python:
      description: What the projects say about their Python, with file and line.
      type: list
      elements: dict
      sample: [{"project": "report", "python": ">=3.11", "file": "/srv/report/pyproject.toml", "line": 4}]
    declared:
      description: Who requires what, in the order in which it was read.
      type: list
      elements: dict
      sample:
        - project: dr-daily-report
          requirement: requests<3,>=2.31
          constraint: false
          file: /srv/dr-daily-report/requirements.txt
          line: 3
conflicts:
  description: The requirements that conflict, as in M(mobile_ansible.venv.requirements_union).
  returned: on failure, where requirements of projects or files conflict
  type: list
  elements: dict
  sample: []
linked_projects:
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
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, ResolutionError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    Project,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.links import link_targets
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    CombinedRequirements,
    ProjectRequirements,
    combined,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.parent import natural_parent, venv_name
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import ModuleRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.arguments import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS, PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.manager import SharedVenv, VenvOutcome
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import Profile, parse_profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.report import (
    diff,
    facts,
    overwritten_files,
    requested,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest, build_request

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile

# What a run that changes nothing does not need is imported where it is: each start compiles what it imports anew.

#: The value of the option parent that lets the module choose.
AUTO = "auto"
ARGUMENT_SPEC = {
    "projects": {**PROJECT_ARGUMENTS["projects"], "required": False},
    "parent": {"type": "path"},
    "name": {"type": "str"},
    "path": {"type": "path"},
    **STORE_ARGUMENT,
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
    "wheels": {"type": "raw"},
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
    projects = parse_projects(options["projects"]) if options["projects"] is not None else []
    sources = _sources(module, projects)
    parent = _parent(options["parent"], projects, sources)
    if options["path"] is not None:
        link = store.at(options["path"])
    else:
        link = store.named(venv_name(str(parent)) if options["name"] is None else options["name"])
    venv = SharedVenv(
        store,
        link,
        runner=ModuleRunner(module),
        index=PackageIndex.of(options, masked=module.no_log_values),
        verify=options["verify"],
        scratch=module.tmpdir if module.check_mode else None,
    )
    told: dict[str, Any] = {}
    if options["state"] == "absent":
        outcome = _remove(module, venv)
    elif options["generation"] == "previous":
        outcome = venv.inspect_previous() if module.check_mode else venv.go_back(lock_timeout=options["lock_timeout"])
    else:
        needs = combined(sources)
        for note in needs.notes:
            module.warn(note)
        request = _request(module, needs)
        if options["wheels"] is not None and (needed := _needed_wheels(module, request, store)) is not None:
            return {"changed": False, "wheels": needed}
        told["requested"] = requested(needs, [one for source in sources for one in source.declared])
        try:
            outcome = _ensure(module, venv, request)
        except ResolutionError as error:
            raise _explained(error, sources, request, venv) from error
    if outcome.changed and outcome.linked_projects:
        module.warn(f"{link.path} changes for every project that links to it: {', '.join(outcome.linked_projects)}")
    overwritten = overwritten_files(outcome)
    if overwritten is not None:
        module.warn(overwritten)
    return {
        "changed": outcome.changed,
        "built": outcome.built,
        "path": link.path,
        "parent": parent,
        "linked_projects": list(outcome.linked_projects),
        "diff": diff(link, outcome),
        **told,
        **facts(outcome),
    }


def _sources(module: AnsibleModule, projects: list[Project]) -> list[ProjectRequirements]:
    """What projects, requirement files and constraint files ask for."""
    if module.params["state"] == "absent" or module.params["generation"] == "previous":
        return []
    if not (projects or module.params["requirements"] or module.params["constraints"]):
        return []
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_file, read_projects

    files = [
        read_file(path, constraint=option == "constraints", index_url=module.params["index_url"])
        for option in ("requirements", "constraints")
        for path in module.params[option]
    ]
    return [*read_projects(projects, index_url=module.params["index_url"]), *files]


def _parent(parent: str | None, projects: list[Project], sources: list[ProjectRequirements]) -> str | None:
    """The directory of the parent; raises :class:`InputError` where it is not among the projects."""
    if parent is None:
        return None
    if parent == AUTO:
        return natural_parent(projects, (one.requirement for source in sources for one in source.requirements)).path
    return link_targets(projects, target="", parent=parent)[0][0].path


def _explained(
    error: ResolutionError, sources: list[ProjectRequirements], request: VenvRequest, venv: SharedVenv
) -> ResolutionError:
    """``error`` with who requires what, and where."""
    if not sources:
        return error
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.explanation import explained, of_task
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.union import UvResolver

    asked = [*request.packages, *([request.ansible_core] if request.ansible_core else [])]
    everything = [*sources, of_task(asked, sources)]
    return explained(error, everything, resolver=lambda: UvResolver(*venv.uv_and_python(request)))


def _remove(module: AnsibleModule, venv: SharedVenv) -> VenvOutcome:
    force = module.params["force"]
    if module.check_mode:
        return venv.inspect_absent(force=force)
    return venv.remove(force=force, lock_timeout=module.params["lock_timeout"])


def _ensure(module: AnsibleModule, venv: SharedVenv, request: VenvRequest) -> VenvOutcome:
    options = module.params
    if options["lock"] is not None:
        from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import (
            check_lockfile,
            is_written,
            lockfile_of,
            write_lockfile,
        )

        check_lockfile(options["lock"], is_needed=not module.check_mode)
    lock = _read_lock(options["lock"]) if options["locked"] else None
    if module.check_mode:
        outcome = venv.predict(request, upgrade=options["upgrade"], lock=lock)
    else:
        timeout = options["lock_timeout"]
        outcome = venv.ensure(request, upgrade=options["upgrade"], lock=lock, lock_timeout=timeout)
    if options["lock"] is None or outcome.generation is None:
        return outcome
    wanted = lockfile_of(outcome.generation.record, request_digest=request.digest)
    written = not is_written(options["lock"], wanted) if module.check_mode else write_lockfile(options["lock"], wanted)
    return replace(outcome, changed=outcome.changed or written)


def _needed_wheels(module: AnsibleModule, request: VenvRequest, store: Store) -> dict[str, Any] | None:
    """What the action asks before it sends wheels; None where it does not ask."""
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.wheels import CarriedWheels, needed_wheels

    options = module.params
    carried = CarriedWheels.parse(options["wheels"])
    if carried is None:
        return None
    return needed_wheels(
        carried,
        request,
        store=store,
        runner=ModuleRunner(module),
        scratch=module.tmpdir,
        is_check=module.check_mode,
        upgrade=options["upgrade"],
        lock=_read_lock(options["lock"]) if options["locked"] else None,
    )


def _read_lock(directory: str) -> Lockfile:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import read_lockfile

    lock = read_lockfile(directory)
    if lock is None:
        raise InputError(f"lock: {directory} holds no lock: run once without locked to write it")
    return lock


def _request(module: AnsibleModule, needs: CombinedRequirements) -> VenvRequest:
    options = module.params
    profile = parse_profile(options["profile"]) if options["profile"] else Profile()
    for warning in profile.warnings():
        module.warn(warning)
    return build_request(
        **{
            key: options[key]
            for key in ("python", "ansible_core", "packages", "collections", "collections_source", "siblings")
        },
        profile=profile,
        needs=needs,
    )


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[("wheels", "index_url"), ("name", "path"), ("parent", "path"), ("upgrade", "locked")],
        required_if=[("locked", True, ("lock",))],
        required_one_of=[("name", "path", "parent")],
        required_by={"parent": ("projects",)},
        supports_check_mode=True,
    )
    try:
        with no_space_reported(module.params["store"]):
            module.exit_json(**run(module))
    except VenvError as error:
        module.fail_json(**error.details())


if __name__ == "__main__":
    main()
