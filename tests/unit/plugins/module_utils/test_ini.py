# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The one reader of ansible.cfg, for the analysis and for the run."""

from __future__ import annotations

import configparser

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._ini import ansible_defaults


@pytest.mark.parametrize(
    "text", ["[defaults]\nroles_path = a:b ; mine\n", "[defaults]\nROLES_PATH: a:b\n# c\n[x]\ny=1\n"]
)
def test_values_are_what_ansible_reads(text: str) -> None:
    theirs = configparser.ConfigParser(inline_comment_prefixes=(";",))  # as ansible-core makes it
    theirs.read_string(text)
    assert ansible_defaults(text, path="ansible.cfg") == dict(theirs["defaults"])


def test_a_percent_sign_is_itself_and_a_key_may_have_no_value() -> None:
    assert ansible_defaults("[defaults]\na = 100%\nb\n", path="x") == {"a": "100%", "b": ""}


def test_no_defaults_are_no_values() -> None:
    assert ansible_defaults("[privilege_escalation]\nbecome = true\n", path="x") == {}


@pytest.mark.parametrize("text", ["a = 1\n", "[defaults\n", "[defaults]\n = x\n", "[defaults]\nx = " + "y" * 10_001])
def test_what_cannot_be_read_is_one_error_that_names_the_file(text: str) -> None:
    with pytest.raises(InputError, match=r"project/ansible\.cfg"):
        ansible_defaults(text, path="project/ansible.cfg")
