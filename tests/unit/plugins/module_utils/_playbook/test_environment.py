# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The environment and the settings of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.config import (
    PlaybookSettings,
    build_settings,
    find_config,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.environment import (
    build_environment,
    utf8_locale,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import RunRequest

SETTINGS = PlaybookSettings(
    config="/w/empty.cfg", collections=("/w/c",), callbacks=("/w/cb",), events="/w/e", project="/p"
)


def built(host: dict[str, str], names: tuple[str, ...] = (), given: dict[str, str] | None = None) -> dict[str, str]:
    return build_environment(host, venv_bin="/venv/bin", names=names, settings=SETTINGS, given=given or {})


@pytest.mark.parametrize("name", ["ANSIBLE_HOST_KEY_CHECKING", "PYTHONPATH", "PIP_INDEX_URL", "UV_CACHE_DIR", "TOKEN"])
def test_nothing_unnamed_passes(name: str) -> None:
    assert name not in built({name: "x"})
    assert built({name: "x"}, names=(name,))[name] == "x"


@pytest.mark.parametrize("name", ["SSH_AUTH_SOCK", "https_proxy", "NO_PROXY", "TMPDIR", "TZ", "LC_TIME"])
def test_what_a_user_relies_on_passes(name: str) -> None:
    assert built({name: "x"})[name] == "x"


def test_ours_wins_over_what_was_named() -> None:
    assert built({"ANSIBLE_CONFIG": "/evil"}, names=("ANSIBLE_CONFIG",))["ANSIBLE_CONFIG"] == "/w/empty.cfg"


def test_the_venv_is_first_on_path() -> None:
    assert built({"PATH": "/usr/bin"})["PATH"] == "/venv/bin:/usr/bin"
    assert built({})["PATH"].startswith("/venv/bin:/usr/")


def test_what_was_brought_along_wins_over_the_host() -> None:
    assert built({"TOKEN": "host"}, names=("TOKEN",), given={"TOKEN": "mine"})["TOKEN"] == "mine"


@pytest.mark.parametrize(
    ("host", "locale"),
    [
        ({"LANG": "C"}, utf8_locale()),
        ({}, utf8_locale()),
        ({"LANG": "de_DE.UTF-8"}, None),
        ({"LANG": "de_DE.utf8"}, None),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, utf8_locale()),
        ({"LANG": "C", "LC_ALL": "en_US.UTF-8"}, "en_US.UTF-8"),
    ],
)
def test_the_locale_is_utf8(host: dict[str, str], locale: str | None) -> None:
    assert built(host).get("LC_ALL") == locale


@pytest.fixture
def asked(tmp_path: Path) -> RunRequest:
    """A project with a directory inside, that is the current directory."""
    (tmp_path / "project/inner").mkdir(parents=True)
    project = tmp_path / "project"
    return RunRequest(str(project / "site.yml"), str(project), str(project / "inner"))


def settings(request: RunRequest, home: Path) -> PlaybookSettings:
    return build_settings(request, home=str(home), scaffold="/w", events="/w/e")


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
    assert settings(asked, tmp_path).collections == (str(tmp_path / "project/mine"),)


def test_callbacks_of_the_user_stay(asked: RunRequest, tmp_path: Path) -> None:
    assert settings(asked, tmp_path).callbacks[0] == str(tmp_path / ".ansible/plugins/callback")
    config = tmp_path / "project/ansible.cfg"
    config.write_text("[defaults]\ncallback_plugins = cb:~/other ; as I like it\n")
    assert settings(asked, tmp_path).callbacks == (
        str(tmp_path / "project/cb"), str(tmp_path / "other"), "/w/callback"
    )  # fmt: skip


def test_a_config_that_cannot_be_read_is_left_to_ansible(asked: RunRequest, tmp_path: Path) -> None:
    (tmp_path / "project/ansible.cfg").write_text("no section\n")
    assert settings(asked, tmp_path).config == str(tmp_path / "project/ansible.cfg")
