# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ansible.cfg of the project that a profile was made from, which names the servers of its collections."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.trust import check_trusted

from .._playbook.project import named_project

if TYPE_CHECKING:
    from .directory import ProfileSource

_VARIABLE = "ANSIBLE_CONFIG"


@contextmanager
def config_of_project(source: ProfileSource | None) -> Iterator[str]:
    """Work as in the directory of the project: with its ansible.cfg, unless the user's environment names another.

    Gives why it is not used and what to do, or no text. A file that another user can write decides nothing, because it
    can have code run (``Configuration in a world writable directory`` in Ansible's documentation).
    """
    root = _root(source)
    path = os.path.join(root, "ansible.cfg") if root is not None else ""
    if os.environ.get(_VARIABLE) or not os.path.isfile(path):
        yield ""
        return
    try:
        check_trusted(path)
    except VenvError as error:
        yield f"{path} is not used: {error.message}. Or run this in {root}, or set ANSIBLE_CONFIG"
        return
    os.environ[_VARIABLE] = path
    try:
        yield ""
    finally:
        del os.environ[_VARIABLE]


def _root(source: ProfileSource | None) -> str | None:
    if source is None:
        return None
    try:
        return named_project(source["path"], source.get("playbooks", []))[0]
    except VenvError:
        return None
