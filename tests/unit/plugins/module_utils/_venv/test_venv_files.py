# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files that are the venv's own."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import OURS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.venv_files import belongs_to_venv, our_files

SITE = "lib/python3.11/site-packages"


def test_all_that_we_write_is_ours() -> None:
    assert [path for path in [*our_files(SITE, siblings=["/x"]), *OURS] if not belongs_to_venv(path, site=SITE)] == []


@pytest.mark.parametrize(
    "path",
    [
        "bin/python",
        "bin/python3",
        "bin/Python3.14",
        "bin/activate_this.py",
        "bin/deactivate.nu",
        "PYVENV.cfg",
        ".lock/x",
    ]
    + [f"{SITE}/_mobile_ansible_venv/x.py", f"{SITE}/_Mobile_Ansible_venv.abi3.so", f"{SITE}/_siblings.pth"],
)
def test_so_is_what_would_replace_it(path: str) -> None:
    assert belongs_to_venv(path, site=SITE)


@pytest.mark.parametrize(
    "path",
    [
        "bin/pip",
        "bin/python-argcomplete-check",
        "bin/pythonish",
        "share/venv.json",
        "lib/requirements.txt",
        "etc/pip.conf",
    ]
    + [f"{SITE}/venv.json", f"{SITE}/pkg/_mobile_ansible_venv.py", f"{SITE}/_mobile_ansible_venv2.py", f"{SITE}/x.pth"],
)
def test_the_rest_is_not(path: str) -> None:
    assert not belongs_to_venv(path, site=SITE)
