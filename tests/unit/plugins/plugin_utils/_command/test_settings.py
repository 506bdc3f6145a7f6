# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The settings that the command hands to an analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.settings import user_settings

STRATEGY = "[defaults]\nstrategy = of.the.file\nfact_caching = of.the.cache\n"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("home/.ansible.cfg", {"of.the.user", "of.the.cache"}),
        ("project/conf/ansible.cfg", {"of.the.user", "of.the.cache"}),
        ("project/other.cfg", {"of.the.user", "of.the.cache"}),
        ("project/ansible.cfg", {"of.the.user"}),
        ("absent.cfg", {"of.the.user"}),
    ],
)
def test_a_configuration_that_no_analysis_reads(tmp_path: Path, place: str, expected: set[str]) -> None:
    path = tmp_path / place
    if path.name != "absent.cfg":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STRATEGY)
    environment = {"ANSIBLE_STRATEGY": "of.the.user", "HOME": "/home/u"}
    projects = [str(tmp_path / "project")]
    found = user_settings(environment, options={}, config=str(path), current="/", projects=projects)
    assert {one.value for one in found} == expected


@pytest.mark.parametrize("text", ["no section\n", "[defaults]\nstrategy = \ud800"])
def test_a_broken_configuration_is_left_to_ansible(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.cfg").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert user_settings({}, options={}, config=str(tmp_path / "a.cfg"), current="/", projects=[]) == []


def test_the_command_line_goes_before_the_environment(tmp_path: Path) -> None:
    environment = {"ANSIBLE_TRANSPORT": "of.the.environment", "ANSIBLE_LIBRARY": "/first"}
    options = {
        "--connection": ["of.the.first", "of.the.last"],
        "--become-method": ["of.the.method"],
        "--module-path": ["more:/second"],
        "--inventory": ["a,b,", "hosts"],
        "--extra-vars": ["a=1"],
    }
    (tmp_path / "hosts").touch()
    found = user_settings(environment, options=options, config=None, current=str(tmp_path), projects=[])
    assert [(one.key, one.value) for one in found] == [
        ("library", "/first"),
        ("become_method", "of.the.method"),
        ("transport", "of.the.last"),
        ("inventory", str(tmp_path / "hosts")),
        ("library", f"{tmp_path}/more:/second"),
    ]
