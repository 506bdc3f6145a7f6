# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The name of a venv that is called by what it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._packaging.requirement import parse_requirement

if TYPE_CHECKING:
    from .request import VenvRequest

_NAMED = 2
_LONGEST = 60
_DIGEST = 12


def name_of(request: VenvRequest) -> str:
    """A readable start, and a digest of all that was asked for: the same needs have the same venv."""
    packages = [parse_requirement(line, where="packages").name for line in request.packages]
    names = [one.name for one in request.collections] + [one.name for one in request.roles] or packages
    readable = "-".join(re.sub("[^A-Za-z0-9]", "-", name) for name in names[:_NAMED])
    return f"{readable[:_LONGEST].strip('-') or 'ansible-core'}-{request.digest[:_DIGEST]}"
