# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From what a user types to a profile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.chosen import choose_profile, new_use
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.directory import DEFINITION

TEXT = json.dumps(
    {"version": 3, "dependencies": {"python": ["packaging", "jmespath"], "galaxy": {"collections": ["a.b"]}}}
)


@pytest.fixture(name="profiles")
def fixture_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    profiles = tmp_path / "profiles"
    for name in ("site", "web"):
        (profiles / name).mkdir(parents=True)
        (profiles / name / DEFINITION).write_text(TEXT)
    (tmp_path / "current").mkdir()
    monkeypatch.chdir(tmp_path / "current")
    return profiles


def test_a_word_is_a_saved_profile(profiles: Path) -> None:
    chosen = choose_profile("site", directory=str(profiles))
    assert (chosen.name, chosen.directory) == ("site", str(profiles / "site"))


def test_a_file_without_an_ending_stays_a_file(profiles: Path) -> None:
    Path("plain").write_text(TEXT)
    Path("odd name").write_text(TEXT)
    for given in ("plain", "odd name", "./plain"):
        assert choose_profile(given, directory=str(profiles)).name is None


def test_a_name_that_is_both_is_an_error_that_says_how_to_write_either(profiles: Path) -> None:
    Path("site").write_text(TEXT)
    with pytest.raises(InputError, match=rf"\./site for the file, or {profiles}/site for the profile"):
        choose_profile("site", directory=str(profiles))
    assert choose_profile("./site", directory=str(profiles)).name is None
    assert choose_profile(f"{profiles}/site", directory=str(profiles)).name == "site"


def test_a_directory_in_the_current_one_is_no_profile(profiles: Path) -> None:
    Path("site").mkdir()
    assert choose_profile("site", directory=str(profiles)).name == "site"
    Path("other").mkdir()
    with pytest.raises(InputError, match=r"no profile other \(there are: site, web\)"):
        choose_profile("other", directory=str(profiles))


def test_a_file_needs_no_directory_of_profiles(profiles: Path) -> None:
    """Nor one that is trusted: what others can write there is not asked."""
    profiles.chmod(0o777)
    Path("plain").write_text(TEXT)
    assert choose_profile("plain", directory=str(profiles)).name is None
    assert choose_profile("plain", directory=f"{profiles}/none").name is None


def test_a_directory_of_a_profile_elsewhere_has_no_name(profiles: Path, tmp_path: Path) -> None:
    chosen = choose_profile(f"{profiles}/site", directory=str(tmp_path / "others"))
    assert (chosen.name, chosen.directory) == (None, f"{profiles}/site")


def test_an_edited_line_is_not_optional_any_more(profiles: Path) -> None:
    note = {"optional_packages": ["jmespath", "gone"], "own_collection": True, "collections_source": "installed"}
    (profiles / "site" / "profile.json").write_text(json.dumps(note))
    chosen = choose_profile("site", directory=str(profiles))
    assert (chosen.optional_packages, chosen.own_collection) == (["jmespath"], True)
    assert chosen.request(None).digest == chosen.request("installed").digest != chosen.request("galaxy").digest


def test_equal_needs_are_one_request(profiles: Path) -> None:
    (profiles / "web" / DEFINITION).write_text(f"# another comment\n{TEXT}")
    one, two = (choose_profile(name, directory=str(profiles)) for name in ("site", "web"))
    assert one.request(None).digest == two.request(None).digest
    assert one.definition_sha256 != two.definition_sha256


def test_a_use_is_here_unless_a_host_is_named() -> None:
    assert new_use(venv="/v", definition="d")["here"] is True
    there = new_use(venv="/v", definition="d", host="web1", playbook="/p.yml")
    assert (there["here"], there["host"], there["playbook"]) == (False, "web1", "/p.yml")
