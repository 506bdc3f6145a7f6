# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The table of troubleshooting quotes what the collection says."""

from __future__ import annotations

import re

import pytest
from places import ROOT

_TABLE = (ROOT / "docs" / "reference" / "troubleshooting.md").read_text()
_OURS = _TABLE.partition("## Messages of other tools")[0]
_MESSAGES = re.findall(r"^\| `([^`]+)`", _OURS, re.MULTILINE)


def spoken() -> str:
    """The sources with the parts of each text joined, and "…" where something is filled in."""
    sources = [
        *(ROOT / "plugins").rglob("*.py"),
        *(ROOT / "roles").rglob("*.yml"),
        *(ROOT / "playbooks").rglob("*.yml"),
    ]
    text = "\n".join(path.read_text() for path in sources)
    joined = re.sub(r"\"\s*\n\s*f?\"", "", text)
    return " ".join(re.sub(r"\{[^{}\n]*\}", "…", joined).split())


@pytest.mark.parametrize("message", _MESSAGES)
def test_a_message_is_one_of_ours(message: str) -> None:
    said = spoken()
    # A line of the checklist stands behind its name, and is part of the table that is shown.
    message = re.sub(r"^[a-z_]+: ", "", message)
    # Other reasons can stand behind a colon.
    parts = [part.strip(" ;,()") for part in re.split("…|: ", message)]
    assert [part for part in parts if part not in said] == []


def test_there_are_messages() -> None:
    assert len(_MESSAGES) > 25
