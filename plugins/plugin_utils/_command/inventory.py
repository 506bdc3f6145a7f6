# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The inventory of a command line: what it names counts, and it may tell that its hosts are not this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from .._deps.project.connections import THIS_MACHINE, can_be_local
from .._playbook.project import real_source

#: The options of ansible-playbook that say which hosts there are, and how they are reached.
OPTIONS = ("--inventory", "--connection", "--extra-vars")


def known_inventory(
    given: Mapping[str, Sequence[str]], environment: Mapping[str, str], *, config: str | None, projects: Iterable[str]
) -> list[str]:
    """The sources that the options ``given`` name, by their real paths.

    This machine is among them where another option, the ``environment`` or a ``config`` that is not part of an analysed
    project can lead their hosts to it.
    """
    connections = [*given["--connection"], environment.get("ANSIBLE_TRANSPORT")]
    sets_connection = any(text.startswith("@") or "ansible_connection" in text for text in given["--extra-vars"])
    is_read = config is None or os.path.realpath(os.path.dirname(config)) in projects
    can_lead_here = sets_connection or not is_read or any(map(can_be_local, connections))
    sources = list(map(real_source, given["--inventory"]))
    return [*sources, THIS_MACHINE] if sources and can_lead_here else sources
