# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""An analysis opens the project and its collections, and nothing else: it is watched, in a process of its own."""

from __future__ import annotations

import ast
import dataclasses
import os
import re
from pathlib import Path
from typing import Any

import fuzz_analysis as fuzz
import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.tree import Tree

HERE = Path(__file__).resolve()
CORE = HERE.parent / "projects" / "core"
DEPS = HERE.parents[5] / "plugins" / "plugin_utils" / "_deps"

IN_PROJECT = [
    "ansible.cfg",
    "more.yml",
    "group_vars/all.yml",
    "library/own.py",
    "library/own.yml",
    "library",
    "module_utils/tools.py",
    "filter_plugins/f.py",
    "roles/web",
    "roles/web/tasks/main.yml",
    "roles/web/tasks",
    "roles/web/meta/main.yml",
    "roles/other",
    "roles",
    "vars",
    "templates/a.j2",
    "templates/part.j2",
    "hosts.ini",
    "galaxy.yml",
]
IN_COLLECTION = [
    "meta/runtime.yml",
    "meta",
    "requirements.txt",
    "plugins",
    "plugins/modules",
    "plugins/modules/site.py",
    "plugins/module_utils",
    "plugins/module_utils/client.py",
    "plugins/module_utils/sub",
    "plugins/action/site.py",
    "plugins/filter/texts.py",
    "plugins/lookup/page.py",
    "plugins/doc_fragments/common.py",
    "roles/deploy/tasks/main.yml",
    "roles/deploy",
]


def replace(path: Path, target: Path) -> None:
    """Put a link in the place of what is there."""
    path.rename(path.with_name(f".{path.name}.moved"))
    path.symlink_to(target)


def says_so(case: Any, link: Path) -> None:
    """Nothing outside is opened or told, and an unresolved entry names the link, or what named it."""
    ended = fuzz.run(case)
    assert ended.fault == ""
    out = [
        one for one in ended.answer["result"]["unresolved"] if re.search("outside of .* not followed", one["reason"])
    ]
    assert any(link.stem in one["name"] for one in out), ended.answer["result"]["unresolved"]


@pytest.mark.parametrize("name", IN_PROJECT)
def test_a_link_out_of_the_project_is_reported_and_not_read(tmp_path: Path, name: str) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=False)
    link, target = case.root / name, case.outside / name
    replace(link, target if len(name) % 2 else Path(os.path.relpath(target, link.parent)))
    says_so(case, link)


@pytest.mark.parametrize("name", IN_COLLECTION)
@pytest.mark.parametrize("inside", [True, False], ids=["in the project", "of a source"])
def test_a_link_out_of_a_collection_is_reported_and_not_read(tmp_path: Path, name: str, inside: bool) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=inside)
    link = case.collection / name
    replace(link, case.outside / name)
    says_so(case, link)


@pytest.mark.parametrize("name", [*IN_COLLECTION[:9], "plugins/filter", "plugins/action/site.py"])
@pytest.mark.parametrize("inside", [True, False], ids=["in a directory", "of a source"])
def test_a_link_out_of_a_collection_that_is_analysed_alone(tmp_path: Path, name: str, inside: bool) -> None:
    case = dataclasses.replace(fuzz.sample(tmp_path, CORE, inside=inside), alone=True)
    link = case.collection / name
    replace(link, case.outside / name)
    says_so(case, link)


@pytest.mark.parametrize("up", [0, 1, 2, 3], ids=["collection", "namespace", "ansible_collections", "collections"])
def test_a_collection_that_is_a_link_out_of_the_project_is_reported(tmp_path: Path, up: int) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=True)
    link = [case.collection, *case.collection.parents][up]
    replace(link, case.outside)
    says_so(case, link)


@pytest.mark.parametrize("name", [name for name in IN_PROJECT if name != "library/own.py"])
def test_links_within_the_project_are_followed(tmp_path: Path, name: str) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=False)
    before = fuzz.run(case)
    link = case.root / name
    shared = case.root / "shared" / "deeply" / link.name
    shared.parent.mkdir(parents=True)
    link.rename(shared)
    link.symlink_to(os.path.relpath(shared, link.parent))
    after = fuzz.run(case)
    assert (before.fault, after.fault) == ("", "")
    assert after.answer["result"]["profile"] == before.answer["result"]["profile"]
    assert [one for one in after.answer["result"]["unresolved"] if "outside of" in one["reason"]] == []


NAMES = {
    "import_module": ("library/own.py", "__import__('importlib').import_module('ansible.module_utils./{out}/leak')\n"),
    "import_module upwards": ("library/own.py", "import_module('ansible.module_utils.../../outside/leak')\n"),
    "collection import": ("library/own.py", "import_module('ansible_collections.acme.web./{out}/leak')\n"),
    "module of core": ("site.yml", "- hosts: all\n  tasks: [{{ansible.builtin./{out}/leak: }}]\n"),
    "module of a collection": ("site.yml", "- hosts: all\n  tasks: [{{acme.web./{out}/leak: }}]\n"),
    "module of a hostile collection": ("site.yml", "- hosts: all\n  tasks: [{{../.../{out}.leak.x: }}]\n"),
    "search list": ("site.yml", "- hosts: all\n  collections: ['..', '/{out}', 'a./{out}']\n  tasks: [{{leak: }}]\n"),
    "role": ("site.yml", "- hosts: all\n  roles: [{out}/roles/web, ../outside/roles/web, acme.web./{out}/roles/web]\n"),
    "playbook": ("site.yml", "- import_playbook: {out}/site.yml\n- import_playbook: acme.web./{out}/site\n"),
    "doc fragment": ("library/own.yml", "DOCUMENTATION: {{extends_documentation_fragment: acme.web./{out}/leak}}\n"),
    "galaxy.yml": ("galaxy.yml", "namespace: ../..\nname: /{out}\n"),
    "inventory": (
        "ansible.cfg",
        "[defaults]\ninventory={out}/hosts.ini\nroles_path={out}/roles\nlibrary={out}/library\n",
    ),
    "vars_files": ("site.yml", "- hosts: all\n  vars_files: [{out}/vars/one.yml, ../outside/vars/one.yml]\n"),
    "include_vars": ("site.yml", "- hosts: all\n  tasks: [include_vars: {{dir: ../outside/vars}}]\n"),
    "template": (
        "templates/a.j2",
        "{{% include '../../outside/more.yml' %}}{{% include '{out}/ansible.cfg' %}}\n",
    ),
    "templated": ("site.yml", "- hosts: all\n  vars: {{a: {out}}}\n  tasks: [include_tasks: '{{{{ a }}}}/more.yml']\n"),
    "network_os": ("site.yml", "- hosts: all\n  vars: {{ansible_network_os: acme.web./{out}/leak}}\n"),
}
ROUTES = [
    "acme.web./{out}/leak",
    "ansible.builtin./{out}/leak",
    "ansible.builtin.../../outside/leak",
    "../..",
    "\\0.a.b",
]


@pytest.mark.parametrize(("file", "text"), NAMES.values(), ids=NAMES)
def test_a_name_that_is_a_path_leads_nowhere(tmp_path: Path, file: str, text: str) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=False)
    (case.outside / "leak.py").write_text(f"import {fuzz.SECRET}\n")
    (case.root / file).write_text(text.format(out=case.outside))
    assert fuzz.run(case).fault == ""


@pytest.mark.parametrize("target", ROUTES)
@pytest.mark.parametrize("inside", [True, False], ids=["in the project", "of a source"])
def test_a_redirect_that_is_a_path_leads_nowhere(tmp_path: Path, target: str, inside: bool) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=inside)
    (case.outside / "leak.py").write_text(f"import {fuzz.SECRET}\n")
    to = target.format(out=case.outside)
    (case.collection / "meta" / "runtime.yml").write_text(
        f'plugin_routing:\n  modules: {{site: {{redirect: "{to}"}}}}\n  lookup: {{page: {{redirect: "{to}"}}}}\n'
        f'  action: {{site: {{redirect: "{to}"}}}}\n  filter: {{slug: {{redirect: "{to}"}}}}\n'
        f'  module_utils: {{old: {{redirect: "ansible_collections.{to}"}}, client: {{redirect: "{to}"}}}}\n'
    )
    assert fuzz.run(case).fault == ""


def test_a_redirect_of_module_utils_in_a_circle_ends(tmp_path: Path) -> None:
    case = fuzz.sample(tmp_path, CORE, inside=False)
    name = "ansible_collections.acme.web.plugins.module_utils.client"
    (case.collection / "meta" / "runtime.yml").write_text(
        f"plugin_routing: {{module_utils: {{client: {{redirect: {name}}}}}}}\n"
    )
    ended = fuzz.run(case)
    assert (ended.fault, list(ended.answer)) == ("", ["result"])


def test_the_watch_sees_what_is_opened_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else all above would pass whatever the analysis does."""
    case = fuzz.sample(tmp_path, CORE, inside=False)
    monkeypatch.setattr(Tree, "read", lambda _tree, _path, **_options: (case.outside / "site.yml").read_bytes())
    assert fuzz.run(case).fault == "ended with 77"


#: What looks at the file system. One file of the analysis may; one more tells whether that is what it was, and two
#: others start the process that it runs in.
ACCESS = (
    "open fdopen listdir scandir walk fwalk stat lstat access readlink exists lexists isfile isdir islink realpath "
    "read_text read_bytes write_text write_bytes is_file is_dir is_symlink iterdir glob rglob resolve samefile "
    "import_module __import__ exec eval find_spec"
)
MAY = {
    "tree.py": set(ACCESS.split()), "stamp.py": {"lstat"}, "sandbox_worker.py": {"resolve"}, "sandbox.py": {"resolve"}
}  # fmt: skip
#: Methods of the analysis itself that have such a name.
OWN = {"library.open", "self.open", "ast.walk", "self.resolve"}


def test_no_other_file_of_the_analysis_looks_at_the_file_system() -> None:
    found = []
    for path in sorted(DEPS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            looks = name.rpartition(".")[2] in set(ACCESS.split()) - MAY.get(path.name, set())
            if looks and ".".join(name.split(".")[-2:]) not in OWN:
                found.append(f"{path.name}: {name}")
    assert found == []


def test_the_fuzzer_writes_nothing_through_the_links_that_it_makes(tmp_path: Path) -> None:
    """It did once, and what it reached was not its own."""
    fuzz.sample(tmp_path / "plain", CORE, inside=False)
    before = {path.relative_to(tmp_path / "plain"): path.read_bytes() for path in files(tmp_path / "plain" / "outside")}
    for seed in range(25):
        directory = tmp_path / str(seed)
        fuzz.make(seed, directory, CORE)
        assert {path.relative_to(directory): path.read_bytes() for path in files(directory / "outside")} == before, seed


def files(directory: Path) -> list[Path]:
    """All that is below a directory and no directory; links are not followed."""
    return [Path(above) / name for above, _directories, names in os.walk(directory) for name in names]
