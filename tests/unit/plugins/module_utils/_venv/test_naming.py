# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The name of a venv says what it holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._paths import check_name
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.naming import name_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import Profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest, build_request


def request(**options: Any) -> VenvRequest:
    given: dict[str, Any] = {
        "python": None,
        "ansible_core": "*",
        "packages": [],
        "collections": [],
        "collections_source": "x",
    }
    return build_request(**{**given, **options}, profile=Profile())


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({}, "ansible-core"),
        ({"packages": ["zope.interface>=5", "boto3"]}, "boto3-zope-interface"),
        ({"collections": ["community.general", "ansible.posix", "a.b"], "packages": ["x"]}, "a-b-ansible-posix"),
        ({"collections": [f"{'a' * 60}.{'b' * 60}"]}, "a" * 60),
    ],
)
def test_a_readable_start_and_a_digest(options: dict[str, Any], start: str) -> None:
    name = check_name(name_of(request(**options)))
    assert re.fullmatch(rf"{start}-[0-9a-f]{{12}}", name)


def test_other_needs_have_another_name() -> None:
    names = {
        name_of(request(**one)) for one in ({}, {"python": "3.12"}, {"ansible_core": "2.19.1"}, {"packages": ["x"]})
    }
    assert len(names) == 4
    assert name_of(request(packages=["b", "a"])) == name_of(request(packages=["a", "b"]))
