# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files that ``tasks_from`` and its like choose, one section of a role like the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, dynamic, missing, play

SECTIONS = ("tasks", "handlers", "defaults", "vars")
VERBS = ("include_role", "import_role")


def content(section: str, name: str) -> str:
    """A file of ``section`` that is seen to be read: it uses a filter that leads nowhere."""
    text = "{{ 1 | " + name + " }}"
    return f'- debug: {{msg: "{text}"}}\n' if section in ("tasks", "handlers") else f'a: "{text}"\n'


def files(section: str, **named: str) -> dict[str, str]:
    """The files of a role by their names, with the filter in each."""
    return {f"roles/r/{section}/{name.replace('__', '/')}.yml": content(section, one) for name, one in named.items()}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_file_that_is_missing(tmp_path: Path, section: str, verb: str) -> None:
    task = f"{verb}:\n      name: r\n      {section}_from: nowhere"
    analysis = analysed(tmp_path, {"site.yml": play(task), **files(section, main="one")})
    (lost,) = [one for one in analysis.unresolved if one.kind == "file"]
    assert (lost.name, lost.location.file, lost.location.line) == ("nowhere", "site.yml", 5)
    assert lost.stops == (verb == "import_role")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", ["net_{{ kind }}", "{{ whole }}"], ids=["a literal rest", "a variable"])
def test_a_file_that_only_some_of_the_roles_have_that_can_be_meant(
    tmp_path: Path, name: str, section: str, verb: str
) -> None:
    """``when:`` keeps the others from it."""
    task = f'{verb}:\n      name: "{name}"\n      {section}_from: reset'
    texts = {f"roles/net_a/{section}/reset.yml": content(section, "one")}
    texts |= {f"roles/net_b/{section}/main.yml": content(section, "two"), "roles/net_c/meta/main.yml": "{}"}
    texts |= {f"roles/net_{n}/tasks/main.yml": "[]" for n in "abc" if section != "tasks"}
    analysis = analysed(
        tmp_path,
        {"site.yml": play(task, keywords="vars: {whole: net_b}"), "group_vars/all.yml": "whole: net_a\n", **texts},
    )
    assert "one" in missing(analysis, "filter")
    assert missing(analysis, "file") == set()
    assert any(f"roles/net_b/{section}/reset does not exist" in one for one in dynamic(analysis)), dynamic(analysis)


def test_a_literal_name_asks_for_the_file_that_a_variable_might_not(tmp_path: Path) -> None:
    tasks = [f"include_role:\n      name: {name}\n      tasks_from: reset" for name in ("'net_{{ kind }}'", "net_b")]
    texts = {"roles/net_b/tasks/main.yml": "[]", "roles/net_a/tasks/reset.yml": "[]"}
    analysis = analysed(tmp_path, {"site.yml": play(*tasks), **texts})
    assert [(one.name, one.location.line) for one in analysis.unresolved] == [("reset", 8)]


@pytest.mark.parametrize("section", SECTIONS)
def test_what_is_chosen(tmp_path: Path, section: str) -> None:
    texts = files(section, main="other", one="chosen", sub__two="deeper")
    for name, reached in (("one", "chosen"), ("one.yml", "chosen"), ("sub/two", "deeper"), ("main", "other")):
        root = tmp_path / name.replace("/", "-")
        analysis = analysed(root, {"site.yml": play(f"include_role: name=r {section}_from={name}"), **texts})
        assert missing(analysis, "filter") == {reached}
        assert missing(analysis, "file") == set()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_template_stands_for_all_that_it_can_be(tmp_path: Path, section: str) -> None:
    task = f"include_role:\n      name: r\n      {section}_from: " + '"{{ x }}-one"'
    texts = {f"roles/r/{section}/{n}-one.yml": content(section, f"of_{n}") for n in "ab"}
    analysis = analysed(tmp_path, {"site.yml": play(task), **texts})
    assert missing(analysis, "filter") == {"of_a", "of_b"}
    assert dynamic(analysis) == ["{{ x }}-one"]


@pytest.mark.parametrize("section", ["defaults", "vars"])
def test_a_directory_of_variables(tmp_path: Path, section: str) -> None:
    texts = files(section, many__one="one", many__two="two")
    analysis = analysed(tmp_path, {"site.yml": play(f"include_role: name=r {section}_from=many"), **texts})
    assert missing(analysis, "filter") == {"one", "two"}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_file_beside_the_section_is_none_of_it(tmp_path: Path, section: str) -> None:
    for number, name in enumerate(("beside", "../beside")):
        texts = {**files(section, main="one"), "roles/r/beside.yml": content(section, "two")}
        task = f"import_role: name=r {section}_from={name}"
        analysis = analysed(tmp_path / str(number), {"site.yml": play(task), **texts})
        assert (missing(analysis, "file"), missing(analysis, "filter")) == ({name}, set())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_role_without_the_section(tmp_path: Path, section: str) -> None:
    texts = {"site.yml": play(f"import_role: name=r {section}_from=nowhere"), "roles/r/files/a": ""}
    analysis = analysed(tmp_path, texts)
    assert not analysis.unresolved
    assert dynamic(analysis)[0].startswith(f"{section}_from: nowhere (the role has no directory {section}")
