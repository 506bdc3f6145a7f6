# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A profile of the command: what it says of the options, and that its use is noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.arguments import separate
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.profile import UsedProfile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import choose_profile


@pytest.fixture(name="profiles")
def fixture_profiles(tmp_path: Path) -> Path:
    directory = tmp_path / "profiles" / "site"
    directory.mkdir(parents=True)
    definition = {"version": 3, "dependencies": {"python": ["packaging", "jmespath"]}}
    (directory / "execution-environment.yml").write_text(json.dumps(definition))
    note = {"optional_packages": ["jmespath"], "collections_source": "installed"}
    (directory / "profile.json").write_text(json.dumps(note))
    return directory.parent


def used(profiles: Path, *words: str) -> UsedProfile:
    return UsedProfile.of(separate(["--venv-profiles", str(profiles), *words, "site.yml"])[0])


def test_what_was_noted_counts_where_nothing_is_given(profiles: Path) -> None:
    assert used(profiles, "--venv-profile", "site").options.source == "installed"
    given = used(profiles, "--venv-profile", "site", "--venv-source", "galaxy")
    assert given.options.source == "galaxy"
    file = profiles / "site" / "execution-environment.yml"
    assert used(profiles, "--venv-profile", str(file)).options.source == "galaxy"
    assert given.requirements.optional_packages == ["jmespath"]
    assert given.requirements.profile["dependencies"]["python"] == ["packaging", "jmespath"]


def test_the_use_of_a_saved_one_is_noted(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(profiles)
    used(profiles, "--venv-profile", str(profiles / "site" / "execution-environment.yml")).note_use("/v", ["site.yml"])
    assert not (profiles / "site" / "last_use.json").exists()
    used(profiles, "--venv-profile", "site").note_use("/v", ["site.yml"])
    noted = json.loads((profiles / "site" / "last_use.json").read_text())
    assert (noted["venv"], noted["playbook"], noted["here"]) == ("/v", str(profiles / "site.yml"), True)


def test_locked_takes_the_lock_of_the_profile(profiles: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no lock; save it with profile_lock=true"):
        used(profiles, "--venv-profile", "site", "--venv-locked")
    file = str(profiles / "site" / "execution-environment.yml")
    with pytest.raises(InputError, match="--venv-lock is missing"):
        used(profiles, "--venv-profile", file, "--venv-locked")
    asked = choose_profile("site", directory=str(profiles)).request(None).locked_digest
    for digest in ("e" * 64, asked):
        for name, text in Lockfile(digest, "3.12", (("jmespath", "1.0", "a" * 64),), ()).texts().items():
            (profiles / "site" / name).write_text(text)
        if digest != asked:
            with pytest.raises(InputError, match="was made for another definition; to lock it again, save"):
                used(profiles, "--venv-profile", "site", "--venv-locked")
    assert used(profiles, "--venv-profile", "site", "--venv-locked").options.lock == str(profiles / "site")
    other = used(profiles, "--venv-profile", "site", "--venv-locked", "--venv-lock", str(tmp_path))
    assert other.options.lock == str(tmp_path)
    assert used(profiles, "--venv-profile", "site").options.lock is None
