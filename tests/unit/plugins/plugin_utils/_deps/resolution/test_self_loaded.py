# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Plugin files that Ansible loads although nothing names them: what they import counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

CORE = Path(__file__).parents[1] / "projects" / "core"
IMPORTS = "import netaddr\nfrom ansible_collections.a.b.plugins.module_utils import x\n"


def analysed(root: Path, files: dict[str, str]) -> Analysis:
    playbook = "- hosts: all\n  roles: [web]\n"
    for name, content in {"play/site.yml": playbook, "play/roles/web/tasks/main.yml": "[]", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return analyse(root, ["play/site.yml"], core=Core(CORE), source=lambda _name: None, task_keywords=TASK_KEYWORDS)


@pytest.mark.parametrize("kind", ["callback", "filter", "test", "vars"])
@pytest.mark.parametrize("place", ["play/{}_plugins", "play/roles/web/{}_plugins", "mine"])
def test_its_imports_are_requirements_of_the_controller(tmp_path: Path, kind: str, place: str) -> None:
    file = f"{place.format(kind)}/one.py"
    analysis = analysed(tmp_path, {file: IMPORTS, "ansible.cfg": f"[defaults]\n{kind}_plugins = mine\n"})
    (package,) = [one for one in analysis.evidence if one.distribution]
    assert (package.kind, package.name, package.distribution) == (kind, "one", "netaddr")
    assert (package.where, package.required) == ("controller", True)
    assert (package.location.file, package.location.line) == (file, 1)
    assert {one.collection for one in analysis.evidence} == {"", "a.b"}


@pytest.mark.parametrize(
    "file",
    [
        "play/lookup_plugins/one.py",
        "play/library/one.py",
        "play/roles/other/filter_plugins/one.py",
        "filter_plugins/one.py",
        "play/filter_plugins/sub/one.py",
        "play/filter_plugins/__init__.py",
    ],
)
def test_what_ansible_does_not_load_by_itself_does_not_count(tmp_path: Path, file: str) -> None:
    assert not analysed(tmp_path, {file: IMPORTS}).evidence


@pytest.mark.parametrize(
    ("attribute", "waits"),
    [
        ("CALLBACK_NEEDS_ENABLED = True", True),
        ("CALLBACK_NEEDS_WHITELIST = True", True),
        ("REQUIRES_ENABLED = True", True),
        ("CALLBACK_NEEDS_ENABLED = False", False),
        ("CALLBACK_TYPE = 'notification'", False),
    ],
)
def test_a_plugin_that_waits_for_its_name_counts_when_it_is_enabled(
    tmp_path: Path, attribute: str, waits: bool
) -> None:
    files = {"play/callback_plugins/one.py": f"{IMPORTS}class CallbackModule:\n    {attribute}\n"}
    assert bool(analysed(tmp_path, files).evidence) is not waits
    enabled = {**files, "ansible.cfg": "[defaults]\ncallbacks_enabled = one\n"}
    (first, *_more) = analysed(tmp_path, enabled).evidence
    assert (first.location.file, first.location.line) == ("ansible.cfg", 2)


def test_a_plugin_that_may_be_missing_is_optional(tmp_path: Path) -> None:
    files = {"ansible.cfg": "[inventory]\nenable_plugins = mine, a.b.c\n"}
    analysis = analysed(tmp_path, {**files, "play/inventory_plugins/mine.py": IMPORTS})
    assert {one.required for one in analysis.evidence} == {False}
    assert not analysis.unresolved
    assert [one.location.line for one in analysis.dynamic if one.expression.startswith("a.b.c (")] == [2]


@pytest.mark.parametrize("inner", ["sub", "sub/deeper"])
@pytest.mark.parametrize("kind", ["callback", "filter", "test", "vars"])
def test_a_directory_that_a_setting_names_is_searched_two_deep(tmp_path: Path, kind: str, inner: str) -> None:
    config = f"[defaults]\n{kind}_plugins = mine\n"
    assert analysed(tmp_path, {f"mine/{inner}/one.py": IMPORTS, "ansible.cfg": config}).evidence


def test_and_no_deeper(tmp_path: Path) -> None:
    config = "[defaults]\nfilter_plugins = mine\n"
    assert not analysed(tmp_path, {"mine/a/b/c/one.py": IMPORTS, "ansible.cfg": config}).evidence


@pytest.mark.parametrize(
    "file",
    [
        "action_plugins/gather_facts",
        "become_plugins/sudo",
        "cache_plugins/memory",
        "connection_plugins/local",
        "connection_plugins/ssh",
        "library/setup",
        "shell_plugins/sh",
        "strategy_plugins/linear",
    ],
)
@pytest.mark.parametrize("place", ["play", "play/roles/web"])
def test_what_takes_the_place_of_a_default_is_loaded_although_nothing_names_it(
    tmp_path: Path, file: str, place: str
) -> None:
    analysis = analysed(tmp_path, {f"{place}/{file}.py": IMPORTS})
    assert {one.location.file for one in analysis.evidence if one.distribution} == {f"{place}/{file}.py"}
