# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What only the analysis does not read is told apart from what ansible-playbook stops for.

``tests/system/test_unresolved_as_ansible.py`` asks ansible-playbook about the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from small_projects import analysed, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import MAX_FILE_BYTES

OUTSIDE = {
    "role/tasks/main.yml": "[]",
    "role/library/own.py": "",
    "more.yml": "[]",
    "plugins/own.py": "def own(): pass\nclass FilterModule:\n    def filters(self): return {'mine': own}\n",
    "collections/ansible_collections/a/b/plugins/modules/c.py": "",
}
ENCRYPTED = "$ANSIBLE_VAULT;1.1;AES256\n6162\n"
LARGE = "[]\n#" + "x" * MAX_FILE_BYTES
DEEP = "[" * 100 + "]" * 100

#: A play, the files beside it, and the links out of the project, each with where it leads.
CASES: dict[str, tuple[str, Mapping[str, str], Mapping[str, str]]] = {
    "a role": (play(keywords="roles: [web]"), {}, {"roles/web": "role"}),
    "a directory of roles": (play(keywords="roles: [role]"), {}, {"roles": ""}),
    "the tasks of a role": (play(keywords="roles: [web]"), {}, {"roles/web/tasks": "role/tasks"}),
    "a role by its path": (play(keywords="roles: [../outside/role]"), {}, {}),
    "an imported role": (play("import_role: {name: web}"), {}, {"roles/web": "role"}),
    "an included role": (play("include_role: {name: web}"), {}, {"roles/web": "role"}),
    "an imported file": (play("import_tasks: more.yml"), {}, {"more.yml": "more.yml"}),
    "an imported file by its path": (play("import_tasks: ../outside/more.yml"), {}, {}),
    "an imported playbook": ("- import_playbook: more.yml\n", {}, {"more.yml": "more.yml"}),
    "a file of variables": (play(keywords="vars_files: more.yml"), {}, {"more.yml": "more.yml"}),
    "variables of groups": (play(), {}, {"group_vars": ""}),
    "a module": (play("own:"), {}, {"library/own.py": "plugins/own.py"}),
    "a directory of modules": (play("own:"), {}, {"library": "plugins"}),
    "an action": (play("own:"), {}, {"action_plugins/own.py": "plugins/own.py"}),
    "a filter": (play("debug: msg={{ 1 | mine }}"), {}, {"filter_plugins/others.py": "plugins/own.py"}),
    "a setting": (play("own:"), {"ansible.cfg": "[defaults]\nlibrary = ../outside/plugins\n"}, {}),
    "a setting through a link": (play("own:"), {"ansible.cfg": "[defaults]\nlibrary = l/plugins\n"}, {"l": ""}),
    "a directory of collections": (play("a.b.c:"), {}, {"collections": "collections"}),
    "a large file": (play("import_tasks: more.yml"), {"more.yml": LARGE}, {}),
    "a large playbook": ("- import_playbook: more.yml\n", {"more.yml": LARGE}, {}),
    "a large module": (play("own:"), {"library/own.py": LARGE}, {}),
    "a deep file": (play("import_tasks: more.yml"), {"more.yml": DEEP}, {}),
    "an encrypted file": (play("import_tasks: more.yml"), {"more.yml": ENCRYPTED}, {}),
    "an encrypted playbook": ("- import_playbook: more.yml\n", {"more.yml": ENCRYPTED}, {}),
    "an encrypted role": (play(keywords="roles: [web]"), {"roles/web/tasks/main.yml": ENCRYPTED}, {}),
    "encrypted dependencies": (play(keywords="roles: [web]"), {"roles/web/meta/main.yml": ENCRYPTED}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_ansible_does_not_stop_for_a_limit_of_the_analysis(tmp_path: Path, case: str) -> None:
    site, files, links = CASES[case]
    for name, text in OUTSIDE.items():
        path = tmp_path / "outside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, target in links.items():
        link = tmp_path / "project" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tmp_path / "outside" / target)
    found = analysed(tmp_path, {"site.yml": site, **files}).unresolved
    assert found
    assert [(one.name, one.stops, one.ansible_reads) for one in found] == [(one.name, False, True) for one in found]


@pytest.mark.parametrize(
    ("site", "link"),
    [
        (play("own:"), "filter_plugins"),
        (play("own:"), "library/other.py"),
        (play("a.b.c:"), "library"),
        (play(keywords="roles: [web]"), "library"),
    ],
)
def test_a_link_to_something_else_excuses_nothing(tmp_path: Path, site: str, link: str) -> None:
    path = tmp_path / "project" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path)
    assert any(one.stops for one in analysed(tmp_path, {"site.yml": site}).unresolved)


BAD = {"yaml": "{", "two documents": "---\n[]\n---\n[]\n"}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    ("site", "file", "stops"),
    [
        (play("import_tasks: more.yml"), "more.yml", True),
        (play("include_tasks: more.yml"), "more.yml", False),
        ("- import_playbook: more.yml\n", "more.yml", True),
        (play(keywords="roles: [web]"), "roles/web/meta/main.yml", True),
        (play(keywords="roles: [web]"), "roles/web/defaults/main.yml", True),
        (play("import_role: {name: web}"), "roles/web/vars/main.yml", True),
        (play("include_role: {name: web}"), "roles/web/vars/main.yml", False),
    ],
)
def test_a_bad_file_stops_what_is_read_before_the_first_task(
    tmp_path: Path, site: str, file: str, text: str, *, stops: bool
) -> None:
    (one,) = analysed(tmp_path, {"site.yml": site, file: text}).unresolved
    assert (one.name, one.stops, one.ansible_reads) == (file, stops, False)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"ansible.cfg": "[defaults]\ninventory = hosts.yml\n", "hosts.yml": "{"}, "inventory"),
        ({"galaxy.yml": "{"}, "requirements"),
    ],
)
def test_a_file_that_ansible_goes_on_without_has_a_kind_of_its_own(
    tmp_path: Path, files: dict[str, Any], kind: str
) -> None:
    (one,) = analysed(tmp_path, {"site.yml": play(), **files}).unresolved
    assert (one.kind, one.stops) == (kind, False)
