# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which arguments are the command's own, and that all others stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.arguments import separate

ANSIBLES = ["site.yml", "-i", "hosts", "-l", "web", "-e", "a=--venv-x b", "--vault-id", "dev@prompt", "-K", "-vv"]


def test_what_is_not_ours_is_untouched() -> None:
    assert separate(ANSIBLES)[1] == ANSIBLES


@pytest.mark.parametrize("place", range(len(ANSIBLES) + 1))
def test_ours_may_stand_anywhere(place: int) -> None:
    ours = ["--venv-package", "boto3>=1.34", "--venv-core=2.19.*", "--venv-explain"]
    options, others = separate([*ANSIBLES[:place], *ours, *ANSIBLES[place:]])
    assert others == ANSIBLES
    assert (options.package, options.core, options.explain, options.json) == (["boto3>=1.34"], "2.19.*", True, False)


def test_several_of_a_kind() -> None:
    options, others = separate(["--venv-package", "a", "site.yml", "--venv-package=b", "--venv-find-links", "/w"])
    assert (options.package, options.find_links, others) == (["a", "b"], ["/w"], ["site.yml"])


def test_a_relative_path_starts_at_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"store": "s", "lock": "./l", "profile": "../p.yml", "python": "bin/python", "source": "./c"}
    options, _others = separate([word for name, value in given.items() for word in (f"--venv-{name}", value)])
    found = {name: getattr(options, name) for name in given}
    expected = {name: str((tmp_path / value).resolve()) for name, value in given.items()}
    assert found == expected


def test_a_version_a_source_and_an_address_are_no_paths() -> None:
    given = ["--venv-python", "3.12", "--venv-source", "community_package==12.3.0", "--venv-find-links", "https://x/y"]
    options, _others = separate(given)
    assert (options.python, options.source, options.find_links) == (
        "3.12",
        "community_package==12.3.0",
        ["https://x/y"],
    )


def test_what_follows_two_dashes_is_a_name() -> None:
    assert separate(["--venv-offline", "--", "--venv-odd.yml"])[1] == ["--", "--venv-odd.yml"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--venv-packages", "x"], "--venv-packages"),
        (["--venv-core"], "--venv-core"),
        (["--venv-json=yes"], "--venv-json"),
        (["--venv-exp"], "--venv-exp"),
        (["--venv-target-packages", "nonsense"], "--venv-target-packages: .*nonsense.*auto.*all.*none"),
        (["--venv-store="], "--venv-store: the path is empty"),
        (["--venv-find-links", ""], "--venv-find-links: the path is empty"),
        (["--venv-report", "r.html", "--venv-explain"], "report: with --venv-explain no playbook is run"),
        (["--venv-json", "--venv-report=r.html"], "report: with --venv-json no playbook is run"),
        (["--venv-build-only", "--venv-report=r.html"], "report: with --venv-build-only no playbook is run"),
    ],
)
def test_a_wrong_option_is_named(argv: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        separate(argv)
