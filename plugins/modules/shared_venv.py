#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: shared_venv
short_description: Manage Python venvs that projects share
version_added: 0.1.0
description:
  - Ensures that a virtual environment (venv) exists that contains exactly the requested Python packages, ansible-core
    and collections. The venv is built from a list with hashes, each file is verified from outside, and all files are
    made read-only. Then one rename switches the link to it. Programs that run in the previous venv are not disturbed.
    After a crash at any point the previous venv is still in use.
  - Equal requirements give the same venv, also under several names.
  - If the requirements did not change and no file is damaged, nothing is resolved, no program is started and the
    network is not used. On the controller itself (connection V(local), without C(become), C(async) and C(environment))
    such a task does not even start the module, and so does not use C(ansible_python_interpreter).
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
  - uv 0.13 or newer (on the host, in O(find_links), from O(index_url), or fetched with a pip on the host)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes
  - mobile_ansible.venv.package_index
  - mobile_ansible.venv.store
attributes:
  check_mode:
    details:
      - If something is to be done, check mode resolves the requirements as a real run does, so that it predicts the
        changes and finds conflicts. Fetched files are cached in the store, if it exists.
  diff_mode:
    details:
      - Shows the packages, collections and roles with their versions, before and after.
options:
  projects:
    description:
      - List of projects that share the venv, as in M(mobile_ansible.venv.requirements_union), each a path or a
        dictionary. All their requirements count, with the hashes, groups and constraints of their requirement files,
        their source directories if a file has C(-e .), and their constraints on Python.
      - These requirements are added to O(packages), O(requirements) and the other options. If they conflict, the error
        names the projects and their requirements, with file and line.
    type: list
    elements: raw
  parent:
    description:
      - Directory of the project whose link points to the venv. The links of the other projects point to that link. It
        must be one of O(projects).
      - V(auto) chooses the project to whose link others link already, otherwise the first project whose own venv
        satisfies most requirements.
      - Without O(name), the name of the venv is made from the path of this directory.
    type: path
  name:
    description:
      - Name of the venv. Its path is C(<store>/<name>).
      - V(auto) makes a name of what the venv holds, so that equal requests use the same venv.
      - One of O(name), O(path) and O(parent) is required.
    type: str
  linking:
    description:
      - Whether the projects will be linked to the venv afterwards, with M(mobile_ansible.venv.venv_symlink).
      - V(link) and V(replace) check the path of each link before anything is built. With V(link), only a link can be
        there. With V(replace), also a directory, which C(venv_symlink) keeps as a backup.
    type: str
    choices: [none, link, replace]
    default: none
  path:
    description:
      - Path of the venv, a link that this module creates. Its directory is checked like O(store), because a user who
        can write there could replace the link. If the directory belongs to another user, run the task as that user.
    type: path
  state:
    description:
      - V(present) builds the venv if it does not exist. V(absent) removes the venv, and what only it uses.
    type: str
    choices: [present, absent]
    default: present
  python:
    description:
      - A version such as V(3.12), or the absolute path of an interpreter of the host. It must meet the constraints of
        O(projects) and O(requirements).
      - The default is the interpreter that runs the module, if all projects allow it, otherwise the newest interpreter
        on the host that they allow.
    type: str
  ansible_core:
    description:
      - Version of ansible-core, such as V(2.19.14), V(~=2.19.5), or V(*) for any.
      - The default, with O(collections), is the version that matches O(collections_source).
      - If O(profile) requires a version too, both must allow the version that is installed.
    type: str
  packages:
    description:
      - List of Python packages by name, as in a requirements file (PEP 508). Paths and URLs are refused.
    type: list
    elements: str
    default: []
  optional_packages:
    description:
      - List of Python packages, as in O(packages), that are installed if they can be. They are resolved together with
        all other requirements. A package that has no wheel for the Python of the venv, that the package index does not
        have, or that conflicts with other requirements is left out; it is in RV(left_out), and a warning names it. Any
        other failure, such as that of the network, is an error.
      - A package of O(profile) is optional if the same requirement is in this list. A package of O(packages),
        O(requirements) or O(projects) is always required.
    type: list
    elements: str
    default: []
  requirements:
    description:
      - Absolute paths of requirement files on the host. Their requirements are added to O(packages). These formats are
        read, C(requirements.txt) with C(-r) and C(-c), C(pyproject.toml), C(setup.cfg) and C(pylock.toml). Only the
        content of a file matters, not its path.
      - If a file has hashes for a package, its wheel must have one of them. C(-e .) makes the project's own code
        importable, as in O(siblings). A requirement that is not taken from an index by name is an error that names file
        and line.
    type: list
    elements: path
    default: []
  constraints:
    description:
      - Absolute paths of constraint files on the host, in the form of C(requirements.txt). They limit the versions of
        packages, and install none.
    type: list
    elements: path
    default: []
  collections:
    description:
      - List of collections, as in a requirements file of C(ansible-galaxy). Each is V(namespace.name),
        V(namespace.name:range) or a dictionary of C(name), C(version), C(type), C(source), C(signatures) and C(sha256).
      - C(sha256) is that of all files of the collection, as a profile of M(mobile_ansible.venv.collection_deps) has it.
        If the source delivers other content, it is an error, and nothing is built.
      - C(type) is V(galaxy), V(git), V(url), V(file), V(dir) or V(subdirs). Servers in C(source), C(git), C(url) and
        C(signatures) require V(galaxy) as O(collections_source).
    type: list
    elements: raw
    default: []
  roles:
    description:
      - List of roles that are in no collection, as in a requirements file of C(ansible-galaxy). Each is a text
        C(src,version,name), or a dictionary of C(name), C(src), C(scm), C(version) and C(sha256). The last is that of
        all files and links of the role, as for O(collections).
      - C(src) is a name on a Galaxy server such as V(geerlingguy.docker), the URL of a tarball, of a Git repository
        (C(git+https://...), or with C(scm=git)), or the absolute path of a tarball or directory on the host. C(include)
        is not supported.
      - C(ansible-galaxy role install) fetches them, with the servers, tokens and credential helpers of the user on the
        host, whatever O(collections_source) is. The roles that they depend on are fetched as well.
      - A version that was fetched before is not fetched again, until O(upgrade). With O(offline) only what was fetched
        before is used.
      - They are in C(share/ansible/roles) of the venv. M(mobile_ansible.venv.venv_playbook) and the command
        C(ansible-playbook-venv) have this directory at the end of the roles path, so that roles of the project go
        first.
    type: list
    elements: raw
    default: []
  siblings:
    description:
      - Absolute paths of directories whose modules can be imported in the venv, such as the source
        directories of the projects that share it.
    type: list
    elements: path
    default: []
  profile:
    description:
      - An execution-environment definition, version 3. Its C(dependencies) are added to the other options.
      - Entries of C(dependencies.system) are not installed. When the venv changes, a warning names those that this host
        does not have, as C(dpkg-query) or C(rpm) says; Python libraries that the venv has are not among them.
      - C(additional_build_steps) and C(additional_build_files) are ignored; a warning names them. Other keys of a
        container image have no effect.
      - Requirements that collections declare are not added, so C(dependencies.exclude) is checked but has no effect.
    type: dict
    default: {}
  collections_source:
    description:
      - Source of collections. V(galaxy) is what the Galaxy servers have. C(ansible-galaxy) resolves, fetches and
        verifies, with the servers, tokens, keyring and signatures that C(ansible.cfg) and the environment of the
        user on the host have.
      - V(installed) is what an C(ansible-playbook) of that user would find now, in its search paths such as
        C(~/.ansible/collections), in the versions that are there.
      - V(community_package) is a pinned release of the C(ansible) package from the package index, with the version of
        ansible-core that it requires, V(community_package==12.3.0) another release of it. An absolute path is a
        directory of collections or tarballs, or one tarball.
      - The servers are asked once for the same requirements, until O(upgrade). With O(offline) only what was fetched
        before is used.
    type: str
    default: galaxy
  wheels:
    description:
      - Directory of wheels B(on the controller), for a host without a network. The required wheels are sent to the
        host, and everything is installed from them as with O(find_links) and O(offline).
      - The host resolves for its own interpreter with the metadata of the wheels. Only the chosen wheels are sent, with
        the wheel of uv if the host has no uv. They are stored in O(store), so that none is sent twice.
      - Collections and roles are fetched on the controller. O(collections_source) and all addresses and paths are those
        of the controller, and so are the servers and tokens of its user, which stay there. What the O(store) does not
        have is sent, and stored if its sha256 is right. With O(offline) the controller uses only what it has fetched
        before.
    type: raw
  controller_store:
    description:
      - Store on the controller for the collections and roles that are sent with O(wheels), as O(store) of
        M(mobile_ansible.venv.collection_deps).
    type: str
    default: ~/.local/share/ansible-venvs
  tools_store:
    description:
      - Another store of the host whose uv is used if O(store) has none, so that it is not fetched again. It is not
        changed.
    type: path
  verify:
    description:
      - Whether to check the content of every file. By default only names, sizes, times and permissions of the files are
        checked, which does not find the damage of a failing disk or of a program that resets the times of files.
      - A damaged venv is not repaired in place. A new one is built beside it, and one rename switches the link to it.
    type: bool
    default: false
  upgrade:
    description:
      - Whether to resolve the requirements again, and so upgrade versions. Galaxy servers are asked again, too.
    type: bool
    default: false
  lock:
    description:
      - Directory on the host for the lock of this request, C(requirements.txt) with hashes and C(requirements.yml).
        They are written if they differ from the content of the venv, and can be committed. The directory is created in
        the one above it.
      - Only files that this module wrote are replaced. Any other file, link or pipe with one of these names is an error
        before anything is built.
      - A lock that was edited is written again, with a warning that has the lines that differ.
    type: path
  locked:
    description:
      - Whether to resolve nothing and build exactly the content of O(lock), which is only read. What is newer at the
        sources is no difference, and a branch that has moved on is none.
      - It is an error if the lock is for other requirements or for another Python, and if a source no longer has what
        the lock lists, or has it with another sha256. Directories can lie elsewhere than where the lock was written.
      - It is an error, too, if a line of the lock was changed, added or removed. Line ends do not count. To change what
        is locked, change what is required, and run once without this option.
      - For O(profile), let M(mobile_ansible.venv.collection_deps) analyse with the same lock.
    type: bool
    default: false
  generation:
    description:
      - V(previous) restores the venv from before its last change, after a check of every file. A second run changes
        nothing. The options for the content of the venv are ignored.
    type: str
    choices: [current, previous]
    default: current
  force:
    description:
      - Whether O(state=absent) removes a venv to which projects still link.
    type: bool
    default: false
  lock_timeout:
    description:
      - Maximum number of seconds to wait for another run that builds the same venv.
    type: int
    default: 1800
  progress_id:
    description:
      - The V(id) that the progress of this build has in the store, so that a program that follows the build finds it
        whatever the name of the venv will be. See M(mobile_ansible.venv.shared_venv_info).
      - 16 of the digits 0 to 9 and a to f. The default is random.
    type: str
seealso:
  - module: mobile_ansible.venv.requirements_union
  - module: mobile_ansible.venv.venv_symlink
  - module: mobile_ansible.venv.collection_deps
  - module: mobile_ansible.venv.venv_playbook
"""

EXAMPLES = r"""
- name: Build a venv for two sibling projects
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2

- name: Build the same venv at another path
  mobile_ansible.venv.shared_venv:
    path: /srv/dr-daily-report/venv
    packages:
      - requests>=2.31
      - jinja2

- name: Build a venv with the requirements of a playbook, as found by collection_deps
  mobile_ansible.venv.shared_venv:
    name: site
    profile: "{{ analysis.profile }}"
    optional_packages: "{{ analysis.optional_packages }}"

- name: Build a venv for three projects, one of which is the parent
  mobile_ansible.venv.shared_venv:
    parent: /srv/dr-daily-report
    projects:
      - /srv/dr-daily-report
      - /srv/dr-daily-report_telegram
      - path: /srv/dr-daily-report_news
        groups: [test]

- name: Build a venv from the requirement files of two projects, with constraints
  mobile_ansible.venv.shared_venv:
    name: reports
    requirements:
      - /srv/dr-daily-report/requirements.txt
      - /srv/dr-daily-report_news/pyproject.toml
    constraints:
      - /srv/dr-daily-report/constraints.txt

- name: Build a venv offline, from a directory of wheels
  mobile_ansible.venv.shared_venv:
    name: site
    ansible_core: 2.19.14
    collections:
      - community.general
    find_links:
      - /srv/wheels
    offline: true

- name: Build a venv with roles from a Galaxy server and from Git
  mobile_ansible.venv.shared_venv:
    name: site
    ansible_core: 2.19.14
    roles:
      - geerlingguy.docker,7.4.1
      - src: git+https://git.example.com/acme/backup.git
        name: backup
        version: v1.2

- name: Upgrade the packages within their requirements, and write a lock
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2
    upgrade: true
    lock: /srv/dr-daily-report/locks

- name: Build exactly the content of a lock
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2
    lock: /srv/dr-daily-report/locks
    locked: true

- name: Find out what a playbook requires, in the versions of a lock
  mobile_ansible.venv.collection_deps:
    path: site.yml
    lock: locks
  register: analysis

- name: Build the venv for it, in those versions
  mobile_ansible.venv.shared_venv:
    name: site
    profile: "{{ analysis.profile }}"
    optional_packages: "{{ analysis.optional_packages }}"
    lock: "{{ playbook_dir }}/locks"
    locked: true

- name: Restore the previous venv
  mobile_ansible.venv.shared_venv:
    name: reports
    generation: previous

- name: Check every file, and build the venv again if one is damaged
  mobile_ansible.venv.shared_venv:
    name: reports
    packages:
      - requests>=2.31
      - jinja2
    verify: true

- name: Remove a venv
  mobile_ansible.venv.shared_venv:
    name: reports
    state: absent
"""

RETURN = r"""
path:
  description: The public path of the venv, a link.
  returned: always
  type: str
  sample: /home/me/.local/share/ansible-venvs/site
generation:
  description: The real directory of the venv, which never changes.
  returned: when the requested venv exists
  type: str
  sample: /home/me/.local/share/ansible-venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
digest:
  description: The id of the generation, a digest of everything that determines its content.
  returned: when the requested venv exists
  type: str
  sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
python:
  description: The interpreter.
  returned: when the requested venv exists
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
  returned: when the requested venv exists
  type: str
  sample: 2.19.14
collections:
  description: The collections in it, with their dependencies.
  returned: when the requested venv exists
  type: list
  elements: dict
  sample: [{"name": "community.general", "version": "11.4.1"}]
roles:
  description: The roles of no collection in it, with those they depend on. The version of a Git repository is a commit.
  returned: when the requested venv exists
  type: list
  elements: dict
  sample: [{"name": "geerlingguy.docker", "version": "7.4.1"}]
packages:
  description: The Python packages in it, sorted by name.
  returned: when the requested venv exists
  type: list
  elements: dict
  sample: [{"name": "jmespath", "version": "1.0.1"}]
left_out:
  description:
    - The O(optional_packages) that are not in the venv. They are found out when the requirements are resolved, so that
      O(upgrade) tries again.
    - With O(locked), those that the lock does not have, or has in another version. A later run without it tries again.
  returned: success, with O(state=present) and O(generation=current)
  type: list
  elements: dict
  contains:
    package:
      description: The requirement.
      type: str
      sample: python-ldap>=3.0
    reason:
      description: Why it is left out.
      type: str
      sample: there is no wheel of python-ldap for this Python and platform
missing_system_packages:
  description:
    - The system packages of the O(profile) that this host does not have. A venv cannot contain them.
    - Null where the package database of the host does not tell.
  returned: success, with O(state=present) and O(generation=current)
  type: list
  elements: str
  sample: [libldap-dev]
shared_files:
  description: >-
    The files that several packages contain. The file of the last installed package is used. The content of the packages
    in C(overwritten) differs.
  returned: when the requested venv exists
  type: list
  elements: dict
  sample: [{"path": "lib/python3.12/site-packages/requirements.txt", "packages": ["nsx_policy_python_sdk-4.2.0.0.0",
    "vmc_client_bindings-1.62.0"], "overwritten": ["nsx_policy_python_sdk-4.2.0.0.0"]}]
wheels:
  description: The wheels, collections and roles that were sent to the host.
  returned: with O(wheels)
  type: dict
  contains:
    sent:
      description: The names of the wheels that were sent.
      type: list
      elements: str
      sample: [six-1.17.0-py2.py3-none-any.whl]
    content:
      description: The collections and roles that were sent, or would be sent in check mode, with their versions.
      type: list
      elements: str
      sample: [community.general 11.4.1]
    bytes:
      description: Number of bytes that were sent.
      type: int
      sample: 20480
built:
  description: Whether this run built the venv. V(false) if it existed already, also under another name.
  returned: success
  type: bool
  sample: true
parent:
  description: The directory of the parent, null without O(parent).
  returned: success
  type: str
  sample: /srv/dr-daily-report
requested:
  description: The requirements of all projects and files.
  returned: success, with O(state=present) and O(generation=current)
  type: dict
  contains:
    requirements:
      description: The requirements, each once, in normalized form.
      type: list
      elements: str
      sample: ["jinja2", "requests<3,>=2.31"]
    constraints:
      description: The constraints, likewise.
      type: list
      elements: str
      sample: ["urllib3<2"]
    siblings:
      description: The source directories of projects whose files contain the project itself (C(-e .)).
      type: list
      elements: str
      sample: ["/srv/dr-daily-report/src"]
    python:
      description: The constraints of the projects on Python, with file and line.
      type: list
      elements: dict
      sample: [{"project": "report", "python": ">=3.11", "file": "/srv/report/pyproject.toml", "line": 4}]
    declared:
      description: The requirements with their projects, in the order in which they were read.
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
  description: The links of projects to the venv.
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

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import PROJECT_ARGUMENTS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import DEFAULT_STORE, STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.task import VenvTask

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    "projects": {**PROJECT_ARGUMENTS["projects"], "required": False},
    "parent": {"type": "path"},
    "name": {"type": "str"},
    "linking": {"type": "str", "choices": ["none", "link", "replace"], "default": "none"},
    "path": {"type": "path"},
    **STORE_ARGUMENT,
    "tools_store": {"type": "path"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "python": {"type": "str"},
    "ansible_core": {"type": "str"},
    "packages": {"type": "list", "elements": "str", "default": []},
    "optional_packages": {"type": "list", "elements": "str", "default": []},
    "requirements": {"type": "list", "elements": "path", "default": []},
    "constraints": {"type": "list", "elements": "path", "default": []},
    "collections": {"type": "list", "elements": "raw", "default": []},
    "roles": {"type": "list", "elements": "raw", "default": []},
    "siblings": {"type": "list", "elements": "path", "default": []},
    "profile": {"type": "dict", "default": {}},
    "collections_source": {"type": "str", "default": "galaxy"},
    **INDEX_ARGUMENTS,
    "wheels": {"type": "raw"},
    "controller_store": {"type": "str", "default": DEFAULT_STORE},
    "verify": {"type": "bool", "default": False},
    "upgrade": {"type": "bool", "default": False},
    "lock": {"type": "path"},
    "locked": {"type": "bool", "default": False},
    "generation": {"type": "str", "choices": ["current", "previous"], "default": "current"},
    "force": {"type": "bool", "default": False},
    "lock_timeout": {"type": "int", "default": 1800},
    # The id of the progress file, by which the action plugin finds it.
    "progress_id": {"type": "str"},
}
#: What holds between options, as arguments of AnsibleModule.
RULES: dict[str, Any] = {
    "mutually_exclusive": [("wheels", "index_url"), ("name", "path"), ("parent", "path"), ("upgrade", "locked")],
    "required_if": [("locked", True, ("lock",))],
    "required_one_of": [("name", "path", "parent")],
    "required_by": {"parent": ("projects",)},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do what the options ask for; returns the result."""
    task = VenvTask(
        module.params,
        runner=SubprocessRunner(),
        is_check=module.check_mode,
        scratch=lambda: module.tmpdir,
        masked=module.no_log_values,
        warn=module.warn,
    )
    return task.run()


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC, **RULES)


if __name__ == "__main__":
    main()
