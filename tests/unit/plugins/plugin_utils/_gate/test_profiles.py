# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which profiles a key sees, and what the playbook of its run is told."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate import stopping
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.answers import GateError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.playbooks import playbook_of_project
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.profiles import (
    check_profile,
    profiles_of,
    saved_profiles,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.settings import GateKey, GateSettings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.spool import GateRun
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.stopping import forget_profile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles import directory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import new_use


def key(*profiles: str) -> GateKey:
    return {
        "verbs": [], "targets": [], "profiles": list(profiles), "confirm": True, "confirm_torrent": False,
        "running": 1, "upload_mib": 1,
        "days": 1, "kept": 1, "kept_mib": 1,
    }  # fmt: skip


def settings_of(profiles: Path) -> GateSettings:
    limits = {"seconds": 1, "memory_mib": 1, "processes": 1, "results_mib": 1}
    file: Any = {
        "limits": limits, "sources": {}, "artifacts": [], "targets": {"here": "/here.json"}, "environment": {},
        "profiles": str(profiles),
    }  # fmt: skip
    return GateSettings("/gate.json", file)


@pytest.fixture(name="profiles")
def fixture_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a connection names another directory, which does not count."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    monkeypatch.setenv("XDG_STATE_HOME", "/nowhere")
    profiles = tmp_path / "profiles"
    for name in ("site", "web", "with.dot"):
        (profiles / name).mkdir(parents=True)
        (profiles / name / "execution-environment.yml").write_text('{"version": 3}')
    return profiles


def test_a_key_sees_those_that_it_may_use(profiles: Path) -> None:
    assert [one["name"] for one in profiles_of(settings_of(profiles), key())] == ["site", "web"]
    assert [one["name"] for one in profiles_of(settings_of(profiles), key("web", "gone"))] == ["web"]


def test_no_path_of_a_run_of_another_key_is_shown(profiles: Path) -> None:
    use = {"schema": 1, "used": "now", "host": "h", "here": True, "venv": "/v", "playbook": "/runs/other/site.yml"}
    (profiles / "site" / "last_use.json").write_text(json.dumps(use))
    (profiles / "site" / "profile.json").write_text(json.dumps({"saved": "then", "source": {"path": "/home/me/x"}}))
    (told,) = profiles_of(settings_of(profiles), key("site"))
    assert told == {"name": "site", "saved": "then", "last_used": {"at": "now", "host": "h"}, "problem": None}


@pytest.mark.parametrize(
    ("allowed", "name", "code"),
    [
        ((), "gone", "profile"),
        (("web",), "site", "forbidden"),
        # Nothing is told of what a key may not use, not even whether it exists.
        (("web",), "gone", "forbidden"),
        (("gone",), "gone", "profile"),
        # The venv of a profile is all that such a key may use.
        (("site",), None, "forbidden"),
    ],
)
def test_another_one_is_refused(profiles: Path, allowed: tuple[str, ...], name: str | None, code: str) -> None:
    with pytest.raises(GateError) as error:
        check_profile(settings_of(profiles), key(*allowed), name)
    assert error.value.code == code


def test_what_may_be_used_passes(profiles: Path) -> None:
    for allowed, name in (((), None), ((), "site"), (("site",), "site")):
        check_profile(settings_of(profiles), key(*allowed), name)


def test_a_run_that_waits_says_what_to_do_about_its_profile(profiles: Path) -> None:
    (profiles / "site" / "execution-environment.yml").write_text("version: 3\ndependencies: {pyton: []}\n")
    for name, said in (("gone", "no profile gone any more"), ("site", "line 2: dependencies has unknown keys: pyton")):
        with pytest.raises(GateError, match=said) as error:
            check_profile(settings_of(profiles), key(), name, waiting="0" * 16)
        assert f"(cancel {'0' * 16})" in error.value.message and "phone_gate_profiles" in error.value.message
        assert error.value.code == "profile"
    with pytest.raises(GateError, match="owner of the gate corrects it in phone_gate_profiles") as error:
        check_profile(settings_of(profiles), key(), "site")
    assert "confirm" not in error.value.message
    (told,) = profiles_of(settings_of(profiles), key("site"))
    assert "unknown keys: pyton. The owner of the gate corrects it" in told["problem"]


def test_the_playbook_gets_the_profile_by_its_path(profiles: Path, tmp_path: Path) -> None:
    request: Any = {"playbook": "site.yml", "target": "here"}
    run, settings = GateRun("0" * 16, str(tmp_path / "run")), settings_of(profiles)
    assert "run_playbook_profile" not in playbook_of_project(run, request, settings).variables
    request["profile"] = "site"
    variables = playbook_of_project(run, request, settings).variables
    assert (variables["run_playbook_profile"], variables["run_playbook_profiles"]) == (
        str(profiles / "site"), str(profiles),
    )  # fmt: skip


def test_a_use_is_noted_in_the_home_of_the_user(
    profiles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory of the profiles is root's: see what cannot be written, as any user."""
    monkeypatch.setattr(directory, "why_not_writable", lambda path: "no permission")
    use = new_use(venv="/v", definition="x", host="web1")
    saved_profiles(settings_of(profiles)).note_use("site", use)
    assert not (profiles / "site" / "last_use.json").exists()
    (told,) = profiles_of(settings_of(profiles), key("site"))
    assert told["last_used"] == {"at": use["used"], "host": "web1"}
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / ".local/state/ansible-venvs/profiles"]


def test_the_use_of_a_profile_that_is_gone_is_forgotten(
    profiles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that is there it stays. Whose home it is says the list of users, not the environment."""
    monkeypatch.setattr(directory, "why_not_writable", lambda path: "no permission")
    user = pwd.getpwuid(os.geteuid())
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: pwd.struct_passwd((*user[:5], str(tmp_path), user[6])))
    monkeypatch.setattr(stopping, "_become_owner", lambda path: monkeypatch.setenv("HOME", "/nowhere"))
    settings = settings_of(profiles)
    settings.file["spool"] = str(tmp_path)
    for name in ("site", "web"):
        saved_profiles(settings).note_use(name, new_use(venv="/v", definition="x"))
    shutil.rmtree(profiles / "web")
    for name in ("site", "web", "web"):
        forget_profile(settings, name)
    state = tmp_path / ".local/state/ansible-venvs/profiles"
    expected = hashlib.sha256(str(profiles / "site").encode()).hexdigest()
    assert [path.stem for path in state.iterdir()] == [expected]
