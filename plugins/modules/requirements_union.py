#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: requirements_union
short_description: What sibling projects need together, and whether they should share a virtual environment
version_added: 0.1.0
description:
  - Reads the requirement files of several projects on the host and tells what they need together, who needs what in
    which file and line, how much they have in common, what cannot go together, and what sharing saves on disk.
  - A conflict is found by resolving the demands with uv, and narrowed by resolving parts of them, until the fewest
    demands are left that cannot be met together. Versions are never compared as text.
  - Nothing is changed. What uv fetches to resolve is kept in its own directories of O(store).
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host; to read C(pyproject.toml) and C(pylock.toml) 3.11, or C(tomli) on older ones
  - a way to get uv 0.13 or newer (on the host, in O(find_links), from O(index_url), or with a pip on the host)
extends_documentation_fragment:
  - mobile_ansible.venv.package_index
attributes:
  check_mode:
    description: Can run in check mode, and does the same. A store that is not there is not made then.
    support: full
  diff_mode:
    description: Shows a diff.
    support: N/A
  platform:
    description: The hosts it works on.
    support: full
    platforms: posix
options:
  projects:
    description:
      - The projects, each the absolute path of its directory, or a dictionary.
      - C(path) is the directory. C(files) are the requirement files in it that count; without them C(pyproject.toml),
        C(setup.cfg) and C(requirements.txt) do, and C(pylock.toml) where there is none of these. C(groups) are extras,
        dependency groups, and files such as C(requirements-<group>.txt). C(python) is a version such as V(3.12) or
        V(>=3.11), in addition to what the files and C(.python-version) ask for.
    type: list
    elements: raw
    required: true
  python:
    description:
      - A version such as V(3.12), or the absolute path of an interpreter of the host, to resolve for.
      - Without it one that all projects allow, the interpreter that runs the module first, then the newest.
    type: str
  store:
    description:
      - Directory that holds the virtual environments of this host, and uv with its cache.
    type: path
    default: ~/.local/share/ansible-venvs
  fail_on:
    description:
      - V(conflict) fails where demands cannot be met together, or no Python suits all projects. V(low_overlap) fails
        then too, and where the projects have less than O(threshold) in common. V(never) only tells.
      - Requirement files that cannot be read, and an index that cannot be reached, are errors with each of them.
    type: str
    choices: [conflict, low_overlap, never]
    default: conflict
  threshold:
    description:
      - From how many percent of overlap on the advice is to share.
    type: float
    default: 70
seealso:
  - module: mobile_ansible.venv.shared_venv
"""

EXAMPLES = r"""
- name: Stop here if the four cannot share
  mobile_ansible.venv.requirements_union:
    projects:
      - /srv/dr-daily-report
      - /srv/dr-daily-report_telegram
      - /srv/dr-daily-report_media
      - path: /srv/dr-daily-report_news
        files: [requirements/base.txt]
        groups: [test]
        python: ">=3.11"
  register: union

- name: The virtual environment for all of them
  mobile_ansible.venv.shared_venv:
    path: /srv/dr-daily-report/venv
    python: "{{ union.python.version }}"
    packages: "{{ union.requirements }}"
    constraints: "{{ union.constraint_files }}"
    siblings: "{{ union.siblings }}"

- name: Only look, and say what is advised
  mobile_ansible.venv.requirements_union:
    projects: [/srv/one, /srv/other]
    fail_on: never
  register: union

- name: Show the advice
  ansible.builtin.debug:
    var: union.advice
"""

RETURN = r"""
requirements:
  description: All that the projects demand, each demand once and in one spelling.
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["jinja2", "requests<3,>=2.31"]
constraints:
  description: What only narrows versions, likewise.
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["urllib3<2"]
constraint_files:
  description:
    - The files in which the constraints stand, for O(mobile_ansible.venv.shared_venv#module:constraints).
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["/srv/dr-daily-report/constraints.txt"]
siblings:
  description: The source directories of projects whose files ask for the project itself (C(-e .)).
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["/srv/dr-daily-report/src"]
provenance:
  description: For each package by name who demands what, with file and line.
  returned: when the files could be read and resolved
  type: dict
  sample:
    requests:
      - project: dr-daily-report
        requirement: requests<3,>=2.31
        constraint: false
        file: /srv/dr-daily-report/requirements.txt
        line: 3
overlap:
  description: How much the projects have in common, by the names of the packages that each resolves to on its own.
  returned: when the files could be read and resolved
  type: dict
  contains:
    projects:
      description: The projects.
      type: list
      elements: str
      sample: ["dr-daily-report", "dr-daily-report_news"]
    percent:
      description: The part of all packages that two or more projects need; null where a project cannot be resolved.
      type: float
      sample: 83.3
    common:
      description: The packages that two or more projects need.
      type: list
      elements: str
      sample: ["certifi", "charset-normalizer", "idna", "requests", "urllib3"]
    total:
      description: How many packages they need together.
      type: int
      sample: 6
    pairs:
      description: The same for every two projects.
      type: list
      elements: dict
      sample: [{"projects": ["one", "other"], "percent": 100.0, "common": ["idna"], "total": 1}]
conflicts:
  description: What cannot go together, each with the fewest demands that show it.
  returned: when the files could be read and resolved
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(packages) for demands that cannot be met together, V(unavailable) for one that cannot be met at all,
          V(python) for versions of Python.
      type: str
      sample: packages
    projects:
      description: Whose demands they are.
      type: list
      elements: str
      sample: ["one", "other"]
    demands:
      description: The demands, as in RV(provenance).
      type: list
      elements: dict
      sample:
        - project: one
          requirement: six==1.15.0
          constraint: false
          file: /srv/one/requirements.txt
          line: 1
        - project: other
          requirement: six==1.16.0
          constraint: false
          file: /srv/other/requirements.txt
          line: 1
    reason:
      description: What uv says of these demands alone.
      type: str
      sample: >-
        Because you require six==1.15.0 and six==1.16.0, we can conclude that your requirements are unsatisfiable.
    msg:
      description: All of it in one line.
      type: str
      sample: one needs six==1.15.0 (/srv/one/requirements.txt, line 1); other needs …
python:
  description: The versions of Python that are asked for, and the one for which all was resolved.
  returned: when the files could be read and resolved
  type: dict
  contains:
    asked:
      description: Who asks for which versions, with file and line.
      type: list
      elements: dict
      sample: [{"project": "one", "python": ">=3.11", "file": "/srv/one/pyproject.toml", "line": 4}]
    agreed:
      description: Whether RV(python.version) suits all of them.
      type: bool
      sample: true
    version:
      description: The minor version.
      type: str
      sample: "3.12"
    executable:
      description: The interpreter.
      type: str
      sample: /usr/bin/python3.12
disk:
  description: What C(venv) and C(.venv) of the projects take, where these are directories of their own.
  returned: when the files could be read and resolved
  type: dict
  contains:
    venvs:
      description: Each with its project, path and bytes.
      type: list
      elements: dict
      sample: [{"project": "one", "path": "/srv/one/venv", "bytes": 75497472}]
    bytes:
      description: What they take together. A file with several names (hard links) counts once.
      type: int
      sample: 150994944
    shared_bytes:
      description: What one takes that has every file of all of them, the largest where several have the same path.
      type: int
      sample: 83886080
    saved_bytes:
      description: The difference.
      type: int
      sample: 67108864
advice:
  description: Whether to share.
  returned: when the files could be read and resolved
  type: dict
  contains:
    share:
      description: True for at least O(threshold) percent of overlap, one Python for all, and no conflict.
      type: bool
      sample: true
    reasons:
      description: What was found.
      type: list
      elements: str
      sample:
        - 5 of the 6 packages that they need are needed by more than one of them (83.3 %, at least 70 %)
        - Python 3.12 suits all of them
        - all their demands can be met together
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: resolution
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_projects
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.choice import choose_python
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import ModuleRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.disk_usage import measure
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.report import failure, result
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.union import UvResolver, make_union
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.commands import Uv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS, PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import find_uv

ARGUMENT_SPEC = {
    **PROJECT_ARGUMENTS,
    "python": {"type": "str"},
    "store": {"type": "path", "default": "~/.local/share/ansible-venvs"},
    "fail_on": {"type": "str", "choices": ["conflict", "low_overlap", "never"], "default": "conflict"},
    "threshold": {"type": "float", "default": 70},
    **INDEX_ARGUMENTS,
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Look at the projects; returns the result, or raises with all of it where the task is to fail."""
    options = module.params
    runner = ModuleRunner(module)
    projects = read_projects(parse_projects(options["projects"]))
    for note in (note for project in projects for note in project.notes):
        module.warn(note)
    demands = [demand for project in projects for demand in project.python]
    interpreter = choose_python(options["python"], demands, runner=runner)
    resolver = UvResolver(_uv(module, runner), python=interpreter.executable)
    union = make_union(projects, interpreter=interpreter, resolver=resolver)
    disk = measure((project.name, project.directory) for project in projects)
    told = result(union, disk, threshold=options["threshold"])
    message = failure(union, fail_on=options["fail_on"], threshold=options["threshold"])
    if message is not None:
        raise ResolutionError(message, **told)
    return {"changed": False, **told}


def _uv(module: AnsibleModule, runner: ModuleRunner) -> Uv:
    """uv, kept in the store. One that is not there in check mode, or belongs to root, stays as it is."""
    options = module.params
    store = Store(options["store"])
    if not store.is_own() and (module.check_mode or store.is_there()):
        store = Store(os.path.join(module.tmpdir, "store"))
    store.prepare()
    return find_uv(
        runner=runner,
        tools=store.directory(".tools"),
        cache=os.path.join(store.cache(), "uv"),
        index=PackageIndex.of(options),
    )


def main() -> None:
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        with no_space_reported(module.params["store"]):
            module.exit_json(**run(module))
    except VenvError as error:
        module.fail_json(**error.details())


if __name__ == "__main__":
    main()
