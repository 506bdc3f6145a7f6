# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A credential is one by its name, by where this user has it, and by what the system hides, from whatever root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook import credentials
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.credentials import (
    Credentials,
    is_credential,
)


@pytest.fixture(name="home")
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


NAMES = (
    ".ssh", ".aws", ".gnupg", ".kube", ".docker", ".netrc", ".pgpass", ".config/gcloud", ".azure",
    ".password-store", ".local/share/keyrings", ".mozilla", ".config/google-chrome", ".config/google-chrome-beta",
    "work.kdbx", ".git-credentials", ".vault-token", ".cargo/credentials.toml", ".ansible/galaxy_token",
    ".ansible/galaxy_cache", ".ansible/cp", ".ansible_async", "elsewhere/galaxy_token",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_credentials_anywhere(name: str) -> None:
    assert all(is_credential(path) for path in (name, f"deep/er/{name}", f"{name}/x", f"a/{name}/b/c"))


@pytest.mark.parametrize(
    "name",
    [
        "ssh", "my.ssh", ".ssh.j2", "files/.netrc.j2", "a/.aws-", "config", "gcloud", ".config/x", "keys/id_rsa",
        ".ansible/roles/web/tasks/main.yml", ".ansible/collections/x", ".ansible/plugins/filter/f.py",
    ],
)  # fmt: skip
def test_other_names_are_no_credentials(name: str) -> None:
    assert not is_credential(name)


@pytest.mark.parametrize(
    ("root", "path"),
    [
        (".config", "gh/hosts.yml"), (".config/git", "credentials"), (".cargo", "credentials.toml"),
        (".gem", "credentials"), (".local/share", "keyrings/login.keyring"), (".ansible", "galaxy_token"),
        ("Library", "Keychains/x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_linked", [True, False])
def test_a_root_hides_no_part_of_a_name(home: Path, root: str, path: str, is_linked: bool) -> None:
    make(home / root, path, "other")
    (home.parent / "link").symlink_to(home / root)
    for start in (home / root, home.parent / "link"):
        is_kept = Credentials.of_user().below(str(start), is_linked=is_linked)
        assert is_kept(str(start / path))
        assert not is_kept(str(start / "other"))


def test_a_root_that_is_a_credential_was_named(home: Path) -> None:
    make(home / ".config/gh", "hosts.yml", ".netrc")
    is_kept = Credentials.of_user().below(str(home / ".config/gh"), is_linked=False)
    assert not is_kept(str(home / ".config/gh/hosts.yml"))
    assert is_kept(str(home / ".config/gh/.netrc"))


def test_what_this_user_keeps_elsewhere_behind_a_link(home: Path) -> None:
    """As managers of dotfiles have it: the home has links only."""
    make(home / "dotfiles", "ssh/id", "config/gh/hosts.yml", "config/other", "plain")
    (home / ".ssh").symlink_to("dotfiles/ssh")
    (home / ".config").symlink_to("dotfiles/config")
    known = Credentials.of_user()
    assert known.has(str(home / "dotfiles/ssh/id"))
    is_kept = known.below(str(home / "dotfiles"), is_linked=True)
    found = {name for name in ("ssh", "config/gh", "config/other", "plain") if is_kept(str(home / "dotfiles" / name))}
    assert found == {"ssh", "config/gh"}


def test_directories_that_variables_name(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "etc", "gh/hosts.yml", "plain")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "etc"))
    known = Credentials.of_user()
    assert known.has(str(tmp_path / "etc/gh/hosts.yml"))
    assert not known.has(str(tmp_path / "etc/plain"))


def test_a_link_to_all_of_the_home_makes_nothing_of_it_a_credential(home: Path) -> None:
    (home / ".docker").symlink_to(".")
    assert not Credentials.of_user().has(str(home / "plain"))


@pytest.mark.parametrize("place", ["/run/secrets/token", "/run/credentials/x.service/key", "/run/user/0/secrets"])
def test_secrets_of_services(place: str) -> None:
    assert Credentials.of_user().has(place)


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("shadow", True), ("ssh", False), ("ssh/ssh_host_key", True), ("ssh/ssh_config", False), ("closed", True),
        ("closed/open", True), ("app/roles/x", False), ("absent", False), ("open_link", False),
    ],
)  # fmt: skip
def test_what_the_system_hides(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, hidden: bool) -> None:
    """In a directory of the system; in another one the same modes mean nothing."""
    system, other = home.parent / "etc", home.parent / "srv"
    for root in (system, other):
        make(root, "shadow", "ssh/ssh_host_key", "ssh/ssh_config", "closed/open", "app/roles/x")
        (root / "open_link").symlink_to("shadow")
        for path, mode in {"shadow": 0o640, "ssh/ssh_host_key": 0o600, "closed": 0o711, "app/roles": 0o700}.items():
            (root / path).chmod(mode)
    monkeypatch.setattr(credentials, "SYSTEM", (str(system),))
    monkeypatch.setattr(credentials, "_ORDINARY", (str(system / "app"),))
    known = Credentials.of_user()
    assert known.is_kept(str(system / name)) == hidden
    assert not known.is_kept(str(other / name))
    below = {linked: known.below(str(system), is_linked=linked)(str(system / name)) for linked in (True, False)}
    assert below == {True: hidden, False: False}


@pytest.mark.skipif(not os.path.exists("/etc/shadow"), reason="this system keeps its passwords elsewhere")
def test_the_passwords_of_the_system() -> None:
    assert Credentials.of_user().is_kept("/etc/shadow")
    assert not Credentials.of_user().is_kept("/etc/passwd")
