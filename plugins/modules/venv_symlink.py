#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: venv_symlink
short_description: A project's venv is a link to a shared virtual environment
version_added: 0.1.0
description:
  - Makes sure that the C(venv) of a project is a link to a virtual environment that it shares with others, and that
    this virtual environment is there, runs, and has the Python that the project needs.
  - The link is created and corrected by one rename. A directory in its place is never deleted.
  - In a store made by M(mobile_ansible.venv.shared_venv) the project is listed as a user of the virtual environment.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host
  - Python 3.11 or newer, or C(tomli), to compare C(requires-python) of C(pyproject.toml)
extends_documentation_fragment:
  - mobile_ansible.venv.package_index
attributes:
  check_mode:
    description: Can run in check mode and predicts the change.
    support: full
  diff_mode:
    description: Shows the link, the stores that list it, and what an isolated virtual environment is asked to hold.
    support: full
  platform:
    description: The hosts it works on.
    support: full
    platforms: posix
options:
  project:
    description:
      - Directory of the project, an absolute path. Where it is a link, or below one, the link to the virtual
        environment is made and resolved at its real place.
    type: path
    required: true
  name:
    description:
      - Name of the link in the project, such as V(venv) or V(.venv).
    type: str
    default: venv
  target:
    description:
      - With a slash in it a path, such as V(../dr-daily-report/venv), relative to the real place of the project.
      - Without a slash the name of a virtual environment in O(store).
      - Required with O(state=present). The project's own link is refused as its target.
    type: str
  store:
    description:
      - Directory that holds the shared virtual environments of this host, for an O(target) that is a name.
    type: path
    default: ~/.local/share/ansible-venvs
  relative:
    description:
      - Whether the link says a relative path, which stays right when the projects move together.
    type: bool
    default: true
  replace:
    description:
      - Whether a directory in the place of the link may be moved to a backup beside it, such as
        C(venv.backup-20261121T104500Z048213377019). Without this it is an error.
      - The number says which directory was moved there. M(mobile_ansible.venv.venv_trial) puts back that directory and
        no other, whatever its name.
    type: bool
    default: false
  python:
    description:
      - The minor version of Python that the project needs, such as V(3.12).
      - Without it, what C(.python-version) and C(requires-python) in C(pyproject.toml) say.
    type: str
  fallback:
    description:
      - What to do when the target is missing, leads in a circle, does not run or has another Python than the project
        needs.
      - V(none) is an error, and nothing is changed.
      - V(isolated) builds a virtual environment for this project alone, in C(.venv-isolated) in its directory, from its
        own requirements, and says so in the result and in a warning. The next run that can use the target goes back to
        it and removes C(.venv-isolated), unless something runs in it. A directory that is a virtual environment that
        the project can use is left in its place instead.
      - O(index_url), O(find_links) and O(offline) say where its packages come from.
    type: str
    choices: [none, isolated]
    default: none
  requirements:
    description:
      - Requirement files for O(fallback=isolated), relative to the project and in its directory. Without it
        C(pyproject.toml), C(setup.cfg) and C(requirements.txt), or C(pylock.toml) where there is nothing else.
    type: list
    elements: str
  lock_timeout:
    description:
      - How many seconds to wait for another run on the same project.
    type: int
    default: 1800
  state:
    description:
      - V(absent) removes the link, and takes it off the list of users. What is not a link stays, with a warning.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.shared_venv_info
"""

EXAMPLES = r"""
- name: The siblings use the virtual environment of the parent
  mobile_ansible.venv.venv_symlink:
    project: "/srv/{{ item }}"
    target: ../dr-daily-report/venv
  loop:
    - dr-daily-report_telegram
    - dr-daily-report_media
    - dr-daily-report_news

- name: A virtual environment by its name, in the place of an isolated one, which is kept as a backup
  mobile_ansible.venv.venv_symlink:
    project: ~/src/reports
    name: .venv
    target: reports
    replace: true

- name: Keep the project going when the shared virtual environment cannot be used
  mobile_ansible.venv.venv_symlink:
    project: /srv/dr-daily-report_news
    target: ../dr-daily-report/venv
    fallback: isolated

- name: No longer shared
  mobile_ansible.venv.venv_symlink:
    project: /srv/dr-daily-report_news
    state: absent
"""

RETURN = r"""
path:
  description: The link, at the real place of the project.
  returned: success
  type: str
  sample: /srv/dr-daily-report_news/venv
target:
  description: What the link says, null without a link.
  returned: success
  type: str
  sample: ../dr-daily-report/venv
resolved:
  description: The real directory of the virtual environment, null for one that check mode did not build.
  returned: success
  type: str
  sample: /srv/dr-daily-report/.venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
generation:
  description: The same where it belongs to a store, else null.
  returned: success
  type: str
  sample: /srv/dr-daily-report/.venvs/.generations/3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
digest:
  description: The id of the generation, null where it belongs to no store.
  returned: success
  type: str
  sample: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
python:
  description: The interpreter, null where there is no virtual environment.
  returned: success
  type: dict
  contains:
    version:
      description: Its version.
      type: str
      sample: 3.12.4
    executable:
      description: The real path of the base interpreter.
      type: str
      sample: /usr/bin/python3.12
users_of:
  description: The stores that list the project's link as a user.
  returned: success
  type: list
  elements: str
  sample: [/srv/dr-daily-report/.venvs]
isolated:
  description: Whether the project has a virtual environment of its own because the target cannot be used.
  returned: success
  type: bool
  sample: false
reason:
  description: Why the target cannot be used, null where it can.
  returned: success
  type: str
  sample: "target: '../dr-daily-report/venv' leads to /srv/dr-daily-report/venv, where there is nothing: make it first"
backup:
  description: The directory that this run moved away, null where none was.
  returned: success
  type: str
  sample: /srv/dr-daily-report_news/venv.backup-20261121T104500Z048213377019
backups:
  description: All backups beside the link that were made here, the oldest first.
  returned: success
  type: list
  elements: str
  sample: [/srv/dr-daily-report_news/venv.backup-20261121T104500Z048213377019]
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: target
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.isolated import IsolatedVenv, read_needs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.link_path import find_link_path
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_link import (
    LinkOutcome,
    LinkRequest,
    ProjectLink,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.report import report
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.python import parse_python, python_needs
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import ModuleRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS, PackageIndex

ARGUMENT_SPEC = {
    "project": {"type": "path", "required": True},
    "name": {"type": "str", "default": "venv"},
    "target": {"type": "str"},
    "store": {"type": "path", "default": "~/.local/share/ansible-venvs"},
    "relative": {"type": "bool", "default": True},
    "replace": {"type": "bool", "default": False},
    "python": {"type": "str"},
    "fallback": {"type": "str", "choices": ["none", "isolated"], "default": "none"},
    "requirements": {"type": "list", "elements": "str"},
    **INDEX_ARGUMENTS,
    "lock_timeout": {"type": "int", "default": 1800},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Do what the options ask for; returns the result."""
    outcome = _outcome(module)
    for warning in outcome.warnings:
        module.warn(warning)
    return report(outcome)


def _outcome(module: AnsibleModule) -> LinkOutcome:
    options, timeout = module.params, module.params["lock_timeout"]
    link = _project_link(module)
    if options["state"] == "absent":
        return link.inspect_absent() if module.check_mode else link.remove(lock_timeout=timeout)
    asked = parse_python(options["python"], option="python") if options["python"] is not None else None
    request = LinkRequest(
        target=options["target"],
        relative=options["relative"],
        replace=options["replace"],
        needs=python_needs(link.place.project, asked=asked),
        fall_back=options["fallback"] == "isolated",
    )
    return link.inspect(request) if module.check_mode else link.ensure(request, lock_timeout=timeout)


def _project_link(module: AnsibleModule) -> ProjectLink:
    options, runner = module.params, ModuleRunner(module)
    place = find_link_path(options["project"], options["name"])
    isolated = IsolatedVenv(
        place,
        requirements=lambda: read_needs(place.project, files=options["requirements"]),
        runner=runner,
        index=PackageIndex.of(options),
        lock_timeout=options["lock_timeout"],
    )
    return ProjectLink(place, store=Store(options["store"]), isolated=isolated, runner=runner)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "present", ["target"])],
        supports_check_mode=True,
    )
    try:
        with no_space_reported(module.params["store"]):
            module.exit_json(**run(module))
    except VenvError as error:
        module.fail_json(**error.details())


if __name__ == "__main__":
    main()
