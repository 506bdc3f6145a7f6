# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What becomes of the options of a task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import (
    ARGUMENT_SPEC,
    RunRequest,
    VaultSource,
)

DEFAULTS = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}


def request(**params: Any) -> RunRequest:
    given = {**DEFAULTS, "venv": "v", "playbook": "plays/site.yml", **params}
    return RunRequest.from_params(given, base="/home/me", check=False, diff=False)


@pytest.mark.parametrize(
    ("params", "attribute", "expected"),
    [
        ({}, "playbook", "/home/me/plays/site.yml"),
        ({}, "project", "/home/me/plays"),
        ({"project": "."}, "project", "/home/me"),
        ({"chdir": "/srv"}, "chdir", "/srv"),
        ({"inventory": ["hosts", "a,b", "../x"]}, "inventory", ("/home/me/hosts", "a,b", "/home/x")),
        ({"limit": ""}, "limit", None),
        ({"private_key_file": "k"}, "private_key_file", "/home/me/k"),
        (
            {"vault_password_files": ["p", "dev@q"]},
            "vault_passwords",
            (VaultSource("/home/me/p"), VaultSource("/home/me/q", "dev")),
        ),
    ],
)
def test_paths_start_where_the_user_stands(params: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(request(**params), attribute) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file", VaultSource("file")),
        ("prod@file", VaultSource("file", "prod")),
        ("prod@dir/a@b", VaultSource("dir/a@b", "prod")),
        ("./a@b", VaultSource("./a@b")),
        ("/abs/a@b", VaultSource("/abs/a@b")),
    ],
)
def test_vault_ids(text: str, expected: VaultSource) -> None:
    assert VaultSource.parse(text) == expected


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"environment_names": ["A-B"]}, "'A-B' is not a valid name"),
        ({"environment_names": ["A=1"]}, "'A=1' is not a valid name"),
        ({"artifacts": ["/etc/passwd"]}, "'/etc/passwd' must be"),
        ({"artifacts": ["out/../../x"]}, "must be a path or a glob inside"),
        ({"artifacts": [""]}, "'' must be"),
        ({"timeout": -1}, "timeout: -1 must be at least 0"),
        ({"forks": 0}, "forks: 0 must be at least 1"),
        ({"verbosity": 7}, "verbosity: 7 must be at most 6"),
    ],
)
def test_what_cannot_be_meant(params: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=".*") as caught:
        request(**params)
    assert told in caught.value.message


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "site.yml").touch()
    missing = str(tmp_path / "no.yml")
    asked = RunRequest(str(tmp_path / "site.yml"), str(tmp_path), str(tmp_path), extra_vars_files=(missing,))
    with pytest.raises(InputError) as caught:
        asked.check_files()
    assert caught.value.message == f"extra_vars_files[0]: {tmp_path}/no.yml does not exist"
