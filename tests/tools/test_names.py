# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A name means one thing: no two classes of the collection share theirs."""

from __future__ import annotations

import ast
from collections import defaultdict

from places import ROOT

#: What Ansible itself looks for in every file of a kind.
_GIVEN = {"ActionModule", "CallbackModule", "FilterModule", "LookupModule", "ModuleDocFragment", "TestModule"}


def test_no_two_classes_have_one_name() -> None:
    files = defaultdict(list)
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in _GIVEN:
                files[node.name].append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in files.items() if len(places) > 1} == {}
