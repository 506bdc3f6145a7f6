# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What path, subject, playbooks and plugins name together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._subject import subject_of


@pytest.fixture(name="root", autouse=True)
def fixture_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory: a project with a collection in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ansible.cfg").touch()
    (tmp_path / "site.yml").write_text("- hosts: all\n")
    (tmp_path / "own" / "tools").mkdir(parents=True)
    return tmp_path


def options(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "playbooks": [], **more}


@pytest.mark.parametrize(
    ("given", "playbooks"),
    [
        (options("site.yml"), ("site.yml",)),
        (options("site.yml", subject="playbook"), ("site.yml",)),
        (options("."), ()),
        (options(".", subject="project"), ()),
        (options(".", playbooks=["site.yml"]), ("site.yml",)),
        (options(".", playbooks=["site.yml"], subject="playbook"), ("site.yml",)),
    ],
)
def test_playbooks_and_projects_are_what_the_path_is(root: Path, given: dict[str, Any], playbooks: tuple[str]) -> None:
    found = subject_of(given)
    assert (found.root, found.playbooks, found.is_collection) == (str(root), playbooks, False)


def test_a_directory_goes_before_a_name(root: Path) -> None:
    (root / "own.tools").mkdir()
    found = subject_of(options("own.tools", subject="collection", plugins=["x"]))
    assert (found.root, found.is_collection, found.request, found.plugins) == (
        str(root / "own.tools"), True, None, ("x",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "version"), [("acme.web", "*"), ("acme.web:1.2.3", "1.2.3"), ("acme.web:>=1,<2", ">=1,<2")]
)
def test_a_name_with_or_without_versions_is_asked_of_the_source(path: str, version: str) -> None:
    found = subject_of(options(path, subject="collection"))
    assert found.request is not None
    assert (found.root, found.request.name, found.request.version) == ("", "acme.web", version)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (options(".", subject="playbook"), "path: . is a directory, and subject is playbook"),
        (options("site.yml", subject="project"), "path: site.yml is a playbook, and subject is project"),
        (options(".", subject="project", playbooks=["site.yml"]), "playbooks: subject: project analyses all"),
        (options("acme.web", subject="collection", playbooks=["a.yml"]), "playbooks: this option requires a playbook"),
        (options("site.yml", plugins=["x"]), "plugins: this option requires subject: collection"),
        (options("site.yml", subject="collection"), "/site.yml is a file; a collection is a directory or a name"),
        (options("no/where", subject="collection"), "path: there is no directory no/where, and"),
        (options("acme.web:newest", subject="collection"), "path: there is no directory acme.web:newest, and"),
        (options("acme.web.plugin", subject="collection"), "is not the name of a collection"),
    ],
)
def test_what_does_not_go_together_is_one_error(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        subject_of(given)
    assert message in error.value.message


def test_each_part_decides_which_subject_it_is(root: Path) -> None:
    given = [
        options(".", subject="collection"),
        options("own", subject="collection"),
        options("."),
        options("acme.web", subject="collection"),
        options("acme.web:1.0.0", subject="collection"),
        options("acme.web", subject="collection", plugins=["a"]),
    ]
    assert len({str(subject_of(one).as_json()) for one in given}) == len(given)
