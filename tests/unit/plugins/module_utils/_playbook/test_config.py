# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ansible.cfg that a run has, and what it says."""

from __future__ import annotations

import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.config import (
    PlaybookSettings,
    build_settings,
    find_config,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import RunRequest


@pytest.fixture
def asked(tmp_path: Path) -> RunRequest:
    """A project with a directory inside, that is the current directory."""
    (tmp_path / "project/inner").mkdir(parents=True)
    project = tmp_path / "project"
    return RunRequest(str(project / "site.yml"), str(project), str(project / "inner"))


def settings(request: RunRequest, home: Path, **variables: str) -> PlaybookSettings:
    venv = str(home / "venv")
    return build_settings(request, home=str(home), scaffold="/w", events="/w/e", venv=venv, variables=variables)


def test_a_config_is_looked_for_as_ansible_does(asked: RunRequest, tmp_path: Path) -> None:
    order = [tmp_path / "project/inner/ansible.cfg", tmp_path / "project/ansible.cfg", tmp_path / ".ansible.cfg"]
    for path in order:
        path.write_text("[defaults]\n")
    for path in order:
        assert find_config(asked, home=str(tmp_path)) == str(path)
        path.unlink()


def test_a_directory_that_all_may_write_to_has_no_config(asked: RunRequest, tmp_path: Path) -> None:
    for directory in ("project/inner", "project"):
        (tmp_path / directory / "ansible.cfg").write_text("[defaults]\n")
        (tmp_path / directory).chmod(0o777)
    assert find_config(asked, home="/nowhere") != str(tmp_path / "project/ansible.cfg")
    assert find_config(asked, home="/nowhere") != str(tmp_path / "project/inner/ansible.cfg")


def test_collections_of_the_project_only(asked: RunRequest, tmp_path: Path) -> None:
    assert settings(asked, tmp_path).collections == ("/w/collections",)
    config = tmp_path / "project/ansible.cfg"
    config.write_text("[defaults]\ncollections_path = ~/.ansible/collections:mine:/usr/share/ansible/collections\n")
    assert settings(asked, tmp_path).collections == (str(tmp_path / "project/mine"), "/w/collections")


def test_roles_of_the_project_for_a_playbook_in_a_subdirectory(asked: RunRequest, tmp_path: Path) -> None:
    (tmp_path / "project/roles").mkdir()
    project = str(tmp_path / "project")
    assert settings(replace(asked, playbook=f"{project}/site.yml"), tmp_path).roles == ()
    below = replace(asked, playbook=f"{project}/playbooks/site.yml")
    assert settings(below, tmp_path).roles == (
        str(tmp_path / ".ansible/roles"), "/usr/share/ansible/roles", "/etc/ansible/roles", f"{project}/roles"
    )  # fmt: skip
    (tmp_path / "project/ansible.cfg").write_text("[defaults]\nroles_path = mine\n")
    assert settings(below, tmp_path).roles == (f"{project}/mine", f"{project}/roles")


def test_roles_of_the_venv_come_behind_all_others(asked: RunRequest, tmp_path: Path) -> None:
    roles = tmp_path / "venv/share/ansible/roles"
    roles.mkdir(parents=True)
    project = str(tmp_path / "project")
    beside = replace(asked, playbook=f"{project}/site.yml")
    usual = ("/usr/share/ansible/roles", "/etc/ansible/roles")
    assert settings(beside, tmp_path).roles == (str(tmp_path / ".ansible/roles"), *usual, str(roles))
    assert settings(beside, tmp_path, ANSIBLE_HOME="/h").roles == ("/h/roles", *usual, str(roles))
    assert settings(beside, tmp_path, ANSIBLE_ROLES_PATH="/a:/b").roles == ("/a:/b", str(roles))
    (tmp_path / "project/roles").mkdir()
    (tmp_path / "project/ansible.cfg").write_text("[defaults]\nroles_path = mine\n")
    below = replace(asked, playbook=f"{project}/playbooks/site.yml")
    assert settings(below, tmp_path).roles == (f"{project}/mine", f"{project}/roles", str(roles))


def test_callbacks_of_the_user_stay(asked: RunRequest, tmp_path: Path) -> None:
    assert settings(asked, tmp_path).callbacks[0] == str(tmp_path / ".ansible/plugins/callback")
    config = tmp_path / "project/ansible.cfg"
    config.write_text("[defaults]\ncallback_plugins = cb:~/other ; as I like it\n")
    assert settings(asked, tmp_path).callbacks == (
        str(tmp_path / "project/cb"), str(tmp_path / "other"), "/w/callback"
    )  # fmt: skip


def test_the_home_of_another_user_is_understood(asked: RunRequest, tmp_path: Path) -> None:
    """As Ansible does it; HOME counts for the own one, and a name that nobody has stays as it is."""
    config = tmp_path / "project/ansible.cfg"
    config.write_text("[defaults]\ncallback_plugins = ~root/cb:~:~nobody-has-it/cb\n")
    root = pwd.getpwnam("root").pw_dir
    assert settings(asked, tmp_path).callbacks[:3] == (
        f"{root}/cb", str(tmp_path), str(tmp_path / "project/~nobody-has-it/cb")
    )  # fmt: skip


def test_a_config_that_cannot_be_read_is_left_to_ansible(asked: RunRequest, tmp_path: Path) -> None:
    (tmp_path / "project/ansible.cfg").write_text("no section\n")
    assert settings(asked, tmp_path).config == str(tmp_path / "project/ansible.cfg")
