# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What counts as a complaint of galaxy-importer, which ends with 0 in spite of most."""

from __future__ import annotations

import pytest
from importer import complaints


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: The import failed for the following reason: Invalid collection metadata. 'repository' is required",
        "ERROR: No changelog found. Add a CHANGELOG.rst or CHANGELOG.md file in the collection root or docs/ dir",
        "WARNING: roles/x/tasks/main.yml:4:1: name[missing][/]: All tasks should be named.",
        "WARNING: ansible-lint not found, skipping lint of collection",
    ],
)
def test_what_it_warns_of_is_a_complaint(line: str) -> None:
    assert complaints(f"Importing with galaxy-importer\n{line}\nImporter processing completed successfully\n") == [line]


def test_what_it_does_is_none() -> None:
    assert complaints("Loading role shared_venv\n...ansible-lint run complete\n") == []
