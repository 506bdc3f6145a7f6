# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which project's link leads where."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.entry import Project
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.links import link_targets

ONE, TWO, THREE = Project("/srv/one"), Project("/srv/two", link_name=".venv"), Project("/srv/three")


def test_without_a_parent_all_lead_to_the_venv() -> None:
    assert link_targets([ONE, TWO], target="reports", parent=None) == [(ONE, "reports"), (TWO, "reports")]


@pytest.mark.parametrize("parent", ["/srv/two", "/srv/two/", "/srv/one/../two"])
def test_the_link_of_the_parent_comes_first_and_the_others_lead_to_it(parent: str) -> None:
    assert link_targets([ONE, TWO, THREE], target="reports", parent=parent) == [
        (TWO, "reports"),
        (ONE, "/srv/two/.venv"),
        (THREE, "/srv/two/.venv"),
    ]


def test_a_parent_that_is_no_project_is_an_error() -> None:
    with pytest.raises(InputError, match=r"parent: /srv/tow is not among the projects \(/srv/one, /srv/two\)"):
        link_targets([ONE, TWO], target="reports", parent="/srv/tow")
