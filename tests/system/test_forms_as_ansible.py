# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-playbook itself does with the forms that the analysis refuses, or takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from controller import Controller
from forms_of_playbooks import REFUSED, REFUSED_LATER, TAKEN


@pytest.mark.parametrize("name", [*REFUSED, *REFUSED_LATER, *TAKEN])
def test_a_form_is_refused_where_ansible_refuses_it(controller: Controller, tmp_path: Path, name: str) -> None:
    playbook = {**REFUSED, **REFUSED_LATER, **TAKEN}[name].written(tmp_path / "project")
    run = controller.playbook(playbook, cwd=playbook.parent)
    assert ("was reached" in run.stdout) == (name in TAKEN), run.output
