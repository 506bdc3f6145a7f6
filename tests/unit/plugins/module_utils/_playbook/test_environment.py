# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The environment and the settings of a run."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.config import (
    PlaybookSettings,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.environment import (
    build_environment,
    utf8_locale,
)

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
