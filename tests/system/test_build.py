# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The collection as users get it: what is in the tarball, and that it works once installed."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
from ansible_test import checkout_files
from controller import Controller
from environments import environment
from places import ROOT

# What ships, each file by one of these. galaxy.yml says it in its own way; the two must agree on every file there is.
SHIPPED = re.compile(
    r"""
    (CHANGELOG|CONTRIBUTING|README)\.md | COPYING | \.ansible-lint | LICENSES/.*\.txt
    | bin/.* | changelogs/.*\.ya?ml | docs/.*\.(md|json) | meta/.*\.yml | playbooks/.*\.yml | roles/.*
    | plugins/.*\.(py|html\.j2)
    """,
    re.VERBOSE,
)
OWN = {"FILES.json", "MANIFEST.json"}


@pytest.fixture
def tarball(home: Path, tmp_path: Path) -> Path:
    developer = Controller(venv=environment("dev"), home=home)
    run = developer.run("ansible-galaxy", "collection", "build", "--output-path", tmp_path, cwd=ROOT)
    assert run.returncode == 0, run.output
    (path,) = tmp_path.glob("mobile_ansible-venv-*.tar.gz")
    return path


def test_exactly_what_users_need_is_shipped(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        listing = {member.name for member in archive if not member.isdir()}
    assert listing - OWN == {name for name in checkout_files() if SHIPPED.fullmatch(name)}
    assert listing >= OWN


def test_what_is_shipped_can_be_installed_and_read(tarball: Path, controller: Controller, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    env = {"ANSIBLE_COLLECTIONS_PATH": str(target)}
    argv = ["collection", "install", "--offline", "--collections-path", str(target), str(tarball)]
    run = controller.run("ansible-galaxy", *argv, env=env)
    assert run.returncode == 0, run.output
    listed = controller.run("ansible-doc", "--list", "--json", "mobile_ansible.venv", env=env)
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert set(listed.json()) == {f"mobile_ansible.venv.{name}" for name in modules}, listed.output
    for name in modules:
        described = controller.run("ansible-doc", "--json", f"mobile_ansible.venv.{name}", env=env)
        assert described.returncode == 0, described.output
