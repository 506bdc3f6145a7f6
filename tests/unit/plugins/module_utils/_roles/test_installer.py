# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is handed to ansible-galaxy for roles, and what is taken from it."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._roles.requests import parse_roles
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._roles.samples import (
    ROLE,
    Galaxy,
    Tool,
    installer,
    write_role,
)

FAILED = "[WARNING]: - acme.web was NOT installed successfully: no\x1b[31m secret-token at http://me:pw@hub/ \n"
HOW = "[ERROR]: - you can use --ignore-errors to skip failed roles and finish processing the list.\n"


def test_the_entries_the_environment_and_what_comes_along(tmp_path: Path) -> None:
    galaxy = Galaxy({"acme.web": {"dependencies": ["acme.base"]}, "acme.base": {"version": "2", "src": "acme.base"}})
    found = installer(tmp_path, galaxy).fetch(parse_roles(["acme.web,1.0"]))
    assert [(one.name, one.version, one.dependencies) for one in found] == [
        ("acme.base", "2", ()), ("acme.web", "1.0", ("acme.base",)),
    ]  # fmt: skip
    assert galaxy.asked == [[{"name": "acme.web", "src": "acme.web", "version": "1.0"}]]
    root = galaxy.argv[-1]
    assert (galaxy.env["HOME"], galaxy.env["ANSIBLE_GALAXY_X"]) == ("/home/me", "y")
    assert galaxy.env["ANSIBLE_ROLES_PATH"] == root, "what the user has elsewhere is not taken for installed"
    assert galaxy.env["TMPDIR"].startswith(os.path.dirname(root))
    assert not os.path.exists(root)
    assert sorted(os.listdir(Path(found[0].path, "meta"))) == ["main.yml"], "when it was installed is no content"


def test_a_directory_is_handed_over_as_a_tarball(tmp_path: Path) -> None:
    write_role(tmp_path / "web", {**ROLE, ".git/config": "x", "tasks/__pycache__/x.pyc": ""})
    seen: list[str] = []

    class Reading(Galaxy):
        def run(self, argv: Any, **options: Any) -> Any:
            done = super().run(argv, **options)
            with tarfile.open(self.asked[0][0]["src"]) as archive:
                seen.extend(archive.getnames())
            return done

    galaxy = Reading({"web": {"version": ""}})
    (found,) = installer(tmp_path, galaxy).fetch(parse_roles([str(tmp_path / "web")]))
    assert seen == ["web/meta/main.yml", "web/tasks/main.yml"]
    assert found.src == str(tmp_path / "web")
    with pytest.raises(SourceError, match="/none is neither a tarball nor a directory of this host"):
        installer(tmp_path, galaxy).fetch(parse_roles([str(tmp_path / "none")]))


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (FAILED + HOW, r"no\\x1b\[31m \*\*\* at http://…@hub/\. Correct"),
        ("[ERROR]: failed to download the file: 404\n[WARNING]: - acme.web was NOT installed successfully.\n" + HOW,
         "failed to download the file: 404. Correct"),
        (HOW, "you can use --ignore-errors"),
        ("", "it ended with 1"),
    ],
)  # fmt: skip
def test_each_complaint_is_one_line(tmp_path: Path, stderr: str, said: str) -> None:
    with pytest.raises(SourceError, match=f"cannot fetch the role acme.web: .*{said}") as caught:
        installer(tmp_path, Galaxy(code=1, stderr=stderr)).fetch(parse_roles(["acme.web"]))
    assert "secret-token" not in str(caught.value) and "\n" not in str(caught.value)


def test_what_was_not_installed_is_said_whatever_the_program_says(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="it did not install acme.web"):
        installer(tmp_path, Galaxy({"acme.base": {}})).fetch(parse_roles(["acme.web"]))
    assert not os.path.exists(tmp_path / "store" / ".roles") or os.listdir(tmp_path / "store" / ".roles") == []


def test_a_host_without_ansible_galaxy(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="^roles: this host has no ansible-galaxy to fetch the role acme.web"):
        installer(tmp_path, Galaxy(), Tool("no index")).fetch(parse_roles(["acme.web"]))
