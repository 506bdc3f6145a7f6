# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files that we put into every generation, beside what the installer puts there, and the names that are ours."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .._resource import module_source
from .._store.generation import MANIFEST, MARKER
from . import activate, startup

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The hashed list that the venv is installed from.
REQUIREMENTS = "requirements.txt"
#: uv locks a venv by this file and leaves it; nobody installs into a finished generation.
UV_LOCK = ".lock"
_STARTUP = "_mobile_ansible_venv"
_SIBLINGS = "_siblings.pth"
#: pip has no option to forbid changes. A list that it has to read and that does not exist stops it; its name says why.
_REFUSAL = "/this-venv-is-shared-and-read-only/change-it-with-the-module/mobile_ansible.venv.shared_venv"
_PIP_CONF_NAME = "pip.conf"
_PIP_CONF = f"[install]\nconstraint = {_REFUSAL}\n\n[uninstall]\nrequirement = {_REFUSAL}\n"

#: In the venv's own directory, whether they are there yet or not; lower case, as all that they are compared with.
_OUR_NAMES = frozenset({MARKER, MANIFEST, REQUIREMENTS, UV_LOCK, _PIP_CONF_NAME, "pyvenv.cfg"})
_OUR_PROGRAMS = re.compile(r"python[\d.]*|(de)?activate([._].*)?")


def belongs_to_venv(path: str, *, site: str) -> bool:
    """Whether no package may have a file at ``path``, relative to the generation: it is ours, or would replace ours.

    A package ``<name>/`` or an extension ``<name>.so`` is imported in place of the module ``<name>.py``. Upper case
    makes no difference, as on some file systems it makes none.
    """
    first, _slash, rest = path.casefold().partition("/")
    if first in _OUR_NAMES:
        return True
    if first == "bin":
        return _OUR_PROGRAMS.fullmatch(rest.partition("/")[0]) is not None
    if not path.casefold().startswith(f"{site.casefold()}/"):
        return False
    module = path.casefold()[len(site) + 1 :].partition("/")[0]
    return module == _SIBLINGS or module.partition(".")[0] == _STARTUP


def our_files(site: str, *, siblings: Sequence[str] = ()) -> dict[str, str]:
    """Their texts by path relative to the generation; ``site`` is the relative path of site-packages.

    ``siblings`` are directories that are importable in the venv.
    """
    texts = {
        os.path.join(site, f"{_STARTUP}.py"): module_source(startup.__name__),
        os.path.join(site, f"{_STARTUP}.pth"): f"import {_STARTUP}\n",
        os.path.join("bin", "activate"): activate.POSIX,
        os.path.join("bin", "activate.fish"): activate.FISH,
        _PIP_CONF_NAME: _PIP_CONF,
    }
    if siblings:
        texts[os.path.join(site, _SIBLINGS)] = "".join(f"{directory}\n" for directory in siblings)
    return texts
