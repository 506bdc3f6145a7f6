#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: requirements_union
short_description: Combine the requirements of projects, and recommend whether they should share a venv
version_added: 0.1.0
description:
  - Reads the requirement files of several projects on the host. Returns the combined requirements with their projects,
    files and lines, the overlap of the projects, the conflicts, and the disk space that a shared virtual environment
    (venv) would save.
  - Conflicts are found by resolving the requirements with uv, and reduced to the fewest conflicting requirements by
    resolving parts of them.
  - The result is a recommendation. M(mobile_ansible.venv.shared_venv) accepts the same projects, and reports conflicts
    in the same way.
  - Nothing is changed. Files that uv fetches to resolve are cached in O(store), if this user can write it.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - Python 3.9 or newer on the host; to read C(pyproject.toml) and C(pylock.toml) 3.11, or C(tomli) on older ones
  - uv 0.13 or newer (on the host, in O(find_links), from O(index_url), or fetched with a pip on the host)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.package_index
  - mobile_ansible.venv.projects
  - mobile_ansible.venv.store
attributes:
  check_mode:
    details:
      - A store that does not exist is not created in check mode.
options:
  python:
    description:
      - Version of Python to resolve for, such as V(3.12), or the absolute path of an interpreter of the host.
      - The default is the interpreter that runs the module, if all projects allow it, otherwise the newest interpreter
        on the host that they allow.
    type: str
  fail_on:
    description:
      - When the task fails. V(conflict) fails if requirements conflict, or if no Python meets the constraints of all
        projects. V(low_overlap) also fails if the overlap is less than O(threshold). V(never) does not fail.
      - With every value, requirement files that cannot be read and an index that cannot be reached are errors.
    type: str
    choices: [conflict, low_overlap, never]
    default: conflict
  threshold:
    description:
      - Minimum overlap, in percent, to recommend sharing.
    type: float
    default: 70
seealso:
  - module: mobile_ansible.venv.shared_venv
"""

EXAMPLES = r"""
- name: Fail if four projects cannot share a venv
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

- name: Get the recommendation without failing
  mobile_ansible.venv.requirements_union:
    projects: [/srv/one, /srv/other]
    fail_on: never
  register: union

- name: Show the recommendation
  ansible.builtin.debug:
    var: union.advice
"""

RETURN = r"""
requirements:
  description: The requirements of all projects, each once, in normalized form.
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["jinja2", "requests<3,>=2.31"]
constraints:
  description: The constraints, likewise.
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["urllib3<2"]
constraint_files:
  description:
    - The files with the constraints, for O(mobile_ansible.venv.shared_venv#module:constraints).
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["/srv/dr-daily-report/constraints.txt"]
siblings:
  description: The source directories of projects whose files contain the project itself (C(-e .)).
  returned: when the files could be read and resolved
  type: list
  elements: str
  sample: ["/srv/dr-daily-report/src"]
provenance:
  description: The requirements of each package, with project, file and line.
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
  description: The overlap of the projects, by the names of the packages that each resolves to on its own.
  returned: when the files could be read and resolved
  type: dict
  contains:
    projects:
      description: The projects.
      type: list
      elements: str
      sample: ["dr-daily-report", "dr-daily-report_news"]
    percent:
      description: The percentage of packages that two or more projects require, null if a project cannot be resolved.
      type: float
      sample: 83.3
    common:
      description: The packages that two or more projects require.
      type: list
      elements: str
      sample: ["certifi", "charset-normalizer", "idna", "requests", "urllib3"]
    total:
      description: The number of packages that they require together.
      type: int
      sample: 6
    pairs:
      description: The same for every two projects.
      type: list
      elements: dict
      sample: [{"projects": ["one", "other"], "percent": 100.0, "common": ["idna"], "total": 1}]
conflicts:
  description: The conflicts, each with the fewest requirements that conflict.
  returned: when the files could be read and resolved
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(packages) for requirements that conflict, V(unavailable) for one that cannot be met at all,
          V(python) for versions of Python.
      type: str
      sample: packages
    projects:
      description: The projects of the requirements.
      type: list
      elements: str
      sample: ["one", "other"]
    requirements:
      description: The requirements, as in RV(provenance).
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
      description: The explanation of uv for these requirements alone.
      type: str
      sample: >-
        Because you require six==1.15.0 and six==1.16.0, we can conclude that your requirements are unsatisfiable.
    msg:
      description: The conflict in one line.
      type: str
      sample: one requires six==1.15.0 (/srv/one/requirements.txt, line 1); other requires …
python:
  description: The versions of Python that the projects require, and the version for which the requirements were
    resolved.
  returned: when the files could be read and resolved
  type: dict
  contains:
    requirements:
      description: The required versions, with project, file and line.
      type: list
      elements: dict
      sample: [{"project": "one", "python": ">=3.11", "file": "/srv/one/pyproject.toml", "line": 4}]
    agreed:
      description: Whether RV(python.version) meets all of them.
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
  description: The disk space of C(venv) and C(.venv) of the projects, if these are directories and not links.
  returned: when the files could be read and resolved
  type: dict
  contains:
    venvs:
      description: The venvs with project, path and bytes.
      type: list
      elements: dict
      sample: [{"project": "one", "path": "/srv/one/venv", "bytes": 75497472}]
    bytes:
      description: Their size together. A file with several names (hard links) counts once.
      type: int
      sample: 150994944
    shared_bytes:
      description: The size of one venv with all their files, the largest file if several have the same path.
      type: int
      sample: 83886080
    saved_bytes:
      description: The difference.
      type: int
      sample: 67108864
advice:
  description: The recommendation.
  returned: when the files could be read and resolved
  type: dict
  contains:
    share:
      description: Whether to share. V(true) if the overlap is at least O(threshold) percent, one Python meets all
        constraints, and nothing conflicts.
      type: bool
      sample: true
    reasons:
      description: The reasons.
      type: list
      elements: str
      sample:
        - 5 of the 6 required packages are required by more than one of them (83.3 %, at least 70 %)
        - Python 3.12 works for all of them
        - no requirements conflict
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: resolution
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._module import run_module
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import (
    PROJECT_ARGUMENTS,
    parse_projects,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_projects
from ansible_collections.mobile_ansible.venv.plugins.module_utils._python.choice import choose_python
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.layout import STORE_ARGUMENT
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.disk_usage import measure
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.report import failure, result
from ansible_collections.mobile_ansible.venv.plugins.module_utils._union.union import UvResolver, make_union
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import INDEX_ARGUMENTS, PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.tool import lookup_store, uv_of

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    **PROJECT_ARGUMENTS,
    "python": {"type": "str"},
    **STORE_ARGUMENT,
    "fail_on": {"type": "str", "choices": ["conflict", "low_overlap", "never"], "default": "conflict"},
    "threshold": {"type": "float", "default": 70},
    **INDEX_ARGUMENTS,
}


def run(module: AnsibleModule) -> dict[str, Any]:
    """Look at the projects; returns the result, or raises with all of it where the task is to fail."""
    options = module.params
    runner = SubprocessRunner()
    projects = read_projects(parse_projects(options["projects"]), index_url=options["index_url"])
    for note in (note for project in projects for note in project.notes):
        module.warn(note)
    python = [one for project in projects for one in project.python]
    interpreter = choose_python(options["python"], python, runner=runner)
    store = Store(options["store"])
    caches = lookup_store(store, scratch=module.tmpdir if module.check_mode or not store.can_change() else None)
    uv = uv_of(caches, runner=runner, index=PackageIndex.of(options, masked=module.no_log_values))
    resolver = UvResolver(uv, interpreter.executable)
    union = make_union(projects, interpreter=interpreter, resolver=resolver)
    disk = measure((project.name, project.directory) for project in projects)
    told = result(union, disk, threshold=options["threshold"])
    message = failure(union, fail_on=options["fail_on"], threshold=options["threshold"])
    if message is not None:
        raise ResolutionError(message, **told)
    return {"changed": False, **told}


def main() -> None:
    """Entry point."""
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
