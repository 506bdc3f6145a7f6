# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-builder takes from a collection, and what it fails at."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.introspection import (
    Introspection,
    introspected,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.collection_content import (
    CollectionContent,
)

META = "meta/execution-environment.yml"


def declared(root: Path, files: dict[str, str]) -> Introspection:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return introspected(CollectionContent(CollectionDirectory("acme.web", "1.0.0", root)))


def test_lines_have_their_files(tmp_path: Path) -> None:
    found = declared(tmp_path, {"requirements.txt": "# all\nsix\n-r more.txt\n", "more.txt": "\nlxml>=4  # why\n"})
    lines = [(one.text, one.location.file, one.location.line) for one in found.python if one.location is not None]
    assert lines == [("six", "acme.web/requirements.txt", 2), ("lxml>=4", "acme.web/more.txt", 2)]


@pytest.mark.parametrize("name", ["PyYAML>=5", "ansible-core", "pytest", "pylint==3", "Ansible"])
def test_what_images_have_and_what_tests_need_is_not_taken(tmp_path: Path, name: str) -> None:
    found = declared(tmp_path, {"requirements.txt": f"{name}\nsix\n", "bindep.txt": "python [a]\nrsync [b]\n"})
    assert [one.text for one in found.python] == ["six"]
    assert found.system == ("rsync [b]",)
    assert len(found.named) == 2


def test_system_packages_of_all_profiles_without_comments(tmp_path: Path) -> None:
    lines = "# none\n\ngcc [compile platform:rpm]  # to build\nlibssl-dev >=1 [test]\n   krb5-devel\n"
    found = declared(tmp_path, {"bindep.txt": lines})
    assert found.system == ("gcc [compile platform:rpm]", "libssl-dev >=1 [test]", "krb5-devel")


@pytest.mark.parametrize(
    ("files", "name", "line"),
    [
        ({META: "version: 1\ndependencies:\n  python: gone.txt\n"}, "gone.txt", 3),
        ({META: "dependencies: {system: meta/gone.txt}\n"}, "meta/gone.txt", 1),
        ({META: "dependencies: {python: /etc/hostname}\n"}, "/etc/hostname", 1),
        ({META: "dependencies:\n  python: [six]\n"}, "python", 2),
        ({"requirements.txt": "six\n-r gone.txt\n"}, "gone.txt", 2),
    ],
)
def test_what_ansible_builder_fails_at_is_reported(tmp_path: Path, files: dict[str, str], name: str, line: int) -> None:
    (one,) = declared(tmp_path, files).problems
    assert (one.kind, one.name, one.location.line) == ("file", name, line)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {META: "dependencies:\n"},
        {META: "dependencies: {python: null}\n", "requirements.txt": "six\n"},
        {META: "dependencies: {python: '', system: []}\n", "requirements.txt": "six\n"},
        {META: "dependencies: {python: a.txt}\n", "a.txt": ""},
    ],
)
def test_what_declares_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert declared(tmp_path, files) == Introspection((), (), frozenset())
