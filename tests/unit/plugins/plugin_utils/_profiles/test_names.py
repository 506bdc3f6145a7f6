# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is a path by its form, and what can be a name."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles.names import is_path, is_profile_name


@pytest.mark.parametrize(
    "text", ["./site", "a/b", "~/x", "~", ".", "..", ".hidden", "site.yml", "site.yaml", "x.json", "/"]
)
def test_a_path_is_never_a_name(text: str) -> None:
    assert is_path(text) and not is_profile_name(text)


@pytest.mark.parametrize("text", ["site", "site-2", "web_1.2", "a", "x" * 100, "yml"])
def test_a_word_is_a_name(text: str) -> None:
    assert is_profile_name(text) and not is_path(text)


@pytest.mark.parametrize("text", ["", "-e", "a b", "a\n", "ä", "x" * 101, "a\0", "{{x}}", "_x"])
def test_what_no_directory_should_be_called_is_no_name(text: str) -> None:
    assert not is_profile_name(text)
