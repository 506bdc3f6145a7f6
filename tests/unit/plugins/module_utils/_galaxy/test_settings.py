# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Configurations of servers are told apart, and secrets are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.settings import GalaxySettings


@pytest.fixture(autouse=True)
def fixture_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ANSIBLE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def write(tmp_path: Path, *lines: str) -> GalaxySettings:
    (tmp_path / "ansible.cfg").write_text("\n".join(lines) + "\n")
    return GalaxySettings.of_user()


HUB = ("[galaxy]", "server_list = hub", "[galaxy_server.hub]", "url = https://hub.example.org/")


def test_other_servers_are_another_configuration_and_other_tokens_are_not(tmp_path: Path) -> None:
    none = GalaxySettings.of_user()
    hub = write(tmp_path, *HUB)
    other = write(tmp_path, *HUB[:-1], "url = https://other.example.org/")
    with_token = write(tmp_path, *HUB, "token = abcdef", "password: 'ghijkl'", "client_secret = mnopqr")
    unrelated = write(tmp_path, *HUB, "[defaults]", "forks = 7")
    assert len({none.digest, hub.digest, other.digest}) == 3
    assert hub.digest == with_token.digest == unrelated.digest
    assert with_token.masked("abcdef 'ghijkl' mnopqr https://me:x@hub/") == "*** *** *** https://…@hub/"


def test_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    none = GalaxySettings.of_user()
    monkeypatch.setenv("ANSIBLE_GALAXY_SERVER_HUB_TOKEN", "abcdef")
    monkeypatch.setenv("ANSIBLE_FORKS", "7")
    token = GalaxySettings.of_user()
    monkeypatch.setenv("ANSIBLE_GALAXY_GPG_KEYRING", "/keys")
    assert token.digest == none.digest != GalaxySettings.of_user().digest
    assert token.masked("abcdef") == "***"


@pytest.mark.parametrize("place", ["usual", "file", "variable"])
def test_the_token_in_a_file_of_its_own_is_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = tmp_path / (".ansible/galaxy_token" if place == "usual" else "mine")
    path.parent.mkdir(exist_ok=True)
    path.write_text("token: 'abcdef'\n")
    if place == "file":
        write(tmp_path, "[galaxy]", "token_path = ~/mine")
    if place == "variable":
        monkeypatch.setenv("ANSIBLE_GALAXY_TOKEN_PATH", str(path))
    assert GalaxySettings.of_user().masked("a abcdef") == "a ***"


@pytest.mark.parametrize("content", [b"\xff\xfe[galaxy]", b"[galaxy", b"token = x", b"[galaxy]\na = " + b"x" * 20_000])
def test_what_cannot_be_read_is_left_to_ansible(tmp_path: Path, content: bytes) -> None:
    none = GalaxySettings.of_user().digest
    (tmp_path / "ansible.cfg").write_bytes(content)
    assert GalaxySettings.of_user().digest == none


def test_a_short_secret_masks_no_words() -> None:
    os.environ["ANSIBLE_GALAXY_SERVER_HUB_PASSWORD"] = "a"
    try:
        assert GalaxySettings.of_user().masked("a word") == "a word"
    finally:
        del os.environ["ANSIBLE_GALAXY_SERVER_HUB_PASSWORD"]


TWO = ("[galaxy]", "server_list = hub, other", "[galaxy_server.hub]", "url = https://me:secret@hub.example.org/")


@pytest.mark.parametrize(
    ("lines", "environment", "servers"),
    [
        ((), {}, ()),
        (TWO, {}, ("hub (https://…@hub.example.org/)", "other")),
        (TWO, {"SERVER_LIST": "third", "SERVER_THIRD_URL": "https://3.example"}, ("third (https://3.example)",)),
        (
            TWO,
            {"SERVER_OTHER_URL": "https://o.example"},
            ("hub (https://…@hub.example.org/)", "other (https://o.example)"),
        ),
        (("[galaxy]", "server = https://one.example"), {}, ("https://one.example",)),
        (("[galaxy]", "server = https://one.example"), {"SERVER": "https://two.example"}, ("https://two.example",)),
    ],
)
def test_the_servers_that_are_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: tuple[str, ...],
    environment: dict[str, str],
    servers: tuple[str, ...],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"ANSIBLE_GALAXY_{name}", value)
    assert write(tmp_path, *lines).servers == servers
