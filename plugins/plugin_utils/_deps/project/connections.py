# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which connections certainly lead to other hosts: by all others modules can run on the host of the venv."""

from __future__ import annotations

from typing import Any

from .names import short_name

#: Among the sources of an inventory: something else may lead their hosts to the host of the venv.
THIS_MACHINE = "localhost,"
_REMOTE = frozenset({"paramiko", "paramiko_ssh", "psrp", "smart", "ssh", "winrm"})


def can_be_local(connection: Any) -> bool:
    """Whether a ``connection``, as it is written, lets modules run on the host of the venv; nothing written does not.

    Those for network devices do, and so may a template.
    """
    return bool(connection) and short_name(str(connection).strip().strip("\"'")) not in _REMOTE
