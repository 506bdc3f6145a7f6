# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""docs/reference/running.md lists the credentials that are not sent, and what is looked for beside a playbook."""

from __future__ import annotations

import re

from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.credentials import CREDENTIALS
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.named_files import BESIDE

_PAGE = (ROOT / "docs" / "reference" / "running.md").read_text()


def test_each_credential_is_listed_once_and_no_other() -> None:
    table = _PAGE.partition("| kind | files and directories |\n|---|---|\n")[2].partition("\n\n")[0]
    assert sorted(re.findall("`([^`]+)`", table)) == sorted(CREDENTIALS)


def test_what_is_looked_for_beside_a_playbook_is_listed() -> None:
    (line,) = re.findall(r"- what Ansible looks for beside each of them:.*?;\n", _PAGE, re.DOTALL)
    listed = set(re.findall("`([^`]+)`", line))
    assert listed == {name for name in BESIDE if not name.endswith("_plugins")} | {"filter_plugins"}
