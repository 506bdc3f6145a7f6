# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A playbook of a collection names the content of that shortly: ``default_collection`` in ansible-core."""

from __future__ import annotations

from pathlib import Path

import ansible
import pytest
from small_projects import TASK_KEYWORDS, analysed, found, missing, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

PLACE = "collections/ansible_collections/acme/own"
TASKS = ("mine:", "include_role: {name: r}", "include_tasks: more.yml", "block: [{also: }]")
CONTENT = {
    "plugins/modules/mine.py": "",
    "plugins/modules/also.py": "",
    "plugins/modules/inner.py": "",
    "roles/r/tasks/main.yml": "- inner:\n",
    "playbooks/more.yml": "- also:\n",
}
FOUND = {"acme.own.mine", "acme.own.also", "acme.own.inner"}


def collection(text: str, place: str = PLACE) -> dict[str, str]:
    """The collection acme.own with a playbook."""
    return {f"{place}/{name}": one for name, one in {**CONTENT, "playbooks/book.yml": text}.items()}


@pytest.mark.parametrize(
    "imported", ["acme.own.book", f"{PLACE}/playbooks/book.yml"], ids=["by its name", "by its path"]
)
@pytest.mark.parametrize("keywords", ["", "collections: [ansible.builtin]"], ids=["alone", "with others"])
def test_short_names_in_a_playbook_of_a_collection(tmp_path: Path, imported: str, keywords: str) -> None:
    book = play(*TASKS, keywords=keywords)
    analysis = analysed(tmp_path, {"site.yml": f"- import_playbook: {imported}\n", **collection(book)})
    assert analysis.unresolved == ()
    assert found(analysis) >= FOUND


def test_a_playbook_that_it_imports_is_one_of_the_collection_as_well(tmp_path: Path) -> None:
    files = collection("- import_playbook: next.yml\n") | {f"{PLACE}/playbooks/next.yml": play(*TASKS)}
    analysis = analysed(tmp_path, {"site.yml": "- import_playbook: acme.own.book\n", **files})
    assert analysis.unresolved == ()
    assert found(analysis) >= FOUND


def test_what_is_not_of_the_collection_knows_nothing_of_it(tmp_path: Path) -> None:
    """Another play, and a role of the project."""
    files = {
        "site.yml": play("mine:") + "- import_playbook: acme.own.book\n",
        f"{PLACE}/playbooks/roles/of_project/tasks/main.yml": "- also:\n",
        **collection(play("include_role: {name: of_project}")),
    }
    assert missing(analysed(tmp_path, files)) == {"mine", "also"}


def test_a_directory_that_ansible_does_not_search_holds_no_collection(tmp_path: Path) -> None:
    place = "elsewhere/ansible_collections/acme/own"
    files = {"site.yml": f"- import_playbook: {place}/playbooks/book.yml\n", **collection(play("mine:"), place)}
    assert missing(analysed(tmp_path, files)) == {"mine"}


def test_a_project_in_a_directory_of_a_collection_does_not_ask_for_that(tmp_path: Path) -> None:
    """What is asked for is fetched."""
    project = tmp_path / "ansible_collections" / "acme" / "own" / "tests"
    project.mkdir(parents=True)
    (project / "site.yml").write_text(play("acme.other.it: "))
    asked: list[str] = []
    core = Core(Path(ansible.__file__).parent)
    analyse(project, ["site.yml"], core=core, source=asked.append, task_keywords=TASK_KEYWORDS)
    assert asked == ["acme.other"]


@pytest.mark.parametrize(
    "entry",
    [
        '{import_playbook: "{{ which }}", vars: {which: acme.own.book}}',
        '{import_playbook: "acme.own.{{ which }}", vars: {which: book}}',
        "{import_playbook: \"{{ which | default('acme.own.book') }}\"}",
        "{import_playbook: \"{{ 'acme.own.book' if x else 'acme.own.book' }}\"}",
    ],
)
def test_a_template_can_name_a_playbook_of_a_collection(tmp_path: Path, entry: str) -> None:
    analysis = analysed(tmp_path, {"site.yml": f"- {entry}\n", **collection(play(*TASKS))})
    assert found(analysis) >= FOUND


def test_one_that_a_template_names_and_that_is_not_there_is_unresolved(tmp_path: Path) -> None:
    entry = '{import_playbook: "{{ which }}", vars: {which: acme.own.gone}}'
    analysis = analysed(tmp_path, {"site.yml": f"- {entry}\n", **collection(play(*TASKS))})
    assert missing(analysis, "playbook") == {"acme.own.gone"}
