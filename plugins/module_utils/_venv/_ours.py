# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files that we put into every generation, beside what the installer puts there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._resource import module_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import _activate, _startup

if TYPE_CHECKING:
    from collections.abc import Sequence

_STARTUP = "_mobile_ansible_venv"
#: pip has no option to forbid changes. A list that it has to read and that does not exist stops it; its name says why.
_REFUSAL = "/this-venv-is-shared-and-read-only/change-it-with-the-module/mobile_ansible.venv.shared_venv"
_PIP_CONF = f"[install]\nconstraint = {_REFUSAL}\n\n[uninstall]\nrequirement = {_REFUSAL}\n"


def our_files(site: str, *, siblings: Sequence[str] = ()) -> dict[str, str]:
    """Their texts by path relative to the generation; ``site`` is the relative path of site-packages.

    ``siblings`` are folders that are importable in the venv.
    """
    texts = {
        os.path.join(site, f"{_STARTUP}.py"): module_source(_startup.__name__),
        os.path.join(site, f"{_STARTUP}.pth"): f"import {_STARTUP}\n",
        os.path.join("bin", "activate"): _activate.POSIX,
        os.path.join("bin", "activate.fish"): _activate.FISH,
        "pip.conf": _PIP_CONF,
    }
    if siblings:
        texts[os.path.join(site, "_siblings.pth")] = "".join(f"{folder}\n" for folder in siblings)
    return texts
