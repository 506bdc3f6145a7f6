# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which packages of the system a collection requires when its plugins run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.bindep import system_packages
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.collection_content import (
    CollectionContent,
)


@pytest.mark.parametrize(
    ("selectors", "is_required"),
    [
        ("", True),
        ("[platform:dpkg]", True),
        ("[!test]", True),
        ("[!compile platform:dpkg]", True),
        ("[default test]", True),
        ("[test]", False),
        ("[compile platform:dpkg]", False),
        ("[platform:rpm doc]", False),
        ("[!default]", False),
        ("[(platform:redhat !test)]", True),
        ("[(platform:redhat test)]", False),
        ("[platform:redhat (compile)]", False),
        ("[(test platform:redhat) (platform:dpkg !test)]", True),
    ],
)
def test_an_entry_of_a_profile_is_not_for_run_time(tmp_path: Path, selectors: str, is_required: bool) -> None:
    """What ``bindep`` lists without a profile, tried with bindep 2.14."""
    (tmp_path / "bindep.txt").write_text(f"gcc {selectors}\n")
    found = system_packages(CollectionContent(CollectionDirectory("acme.web", "1.0.0", tmp_path)))
    assert found == ((f"gcc {selectors}".strip(),) if is_required else ())


@pytest.mark.parametrize("line", ["/usr/bin/rsync [platform:rpm]", "libxml2 >=2.9,<3", "libxml2 [platform:dpkg] >=2.9"])
def test_a_line_keeps_what_bindep_reads_of_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "bindep.txt").write_text(f"{line}  # for XML\n")
    assert system_packages(CollectionContent(CollectionDirectory("acme.web", "1.0.0", tmp_path))) == (line,)
