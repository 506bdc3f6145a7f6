# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a failed import means. Pure: what came of the imports is an argument.

Some packages cannot be imported everywhere by design: for want of an optional package, of a display, of a project that
configures them. With all that they require in place that is no damage: it is said, and not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model import listed
from .requirement_check import lacks, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._projects.model import ProjectRequirements
    from .requirement_check import Installed


def modules_to_import(declared: ProjectRequirements, installed: Installed) -> dict[str, str]:
    """The modules of what is declared and installed, and the distribution that brings each."""
    names = dict.fromkeys(demand.requirement.name for demand in wanted(declared, installed))
    present = [name for name in names if name in installed.distributions]
    return {module: name for name in present for module in installed.distributions[name].modules}


def assess_imports(
    modules: Mapping[str, str | None], answers: Mapping[str, Mapping[str, Any]], installed: Installed
) -> tuple[str, bool]:
    """What was found, and whether something is broken.

    ``modules``: the distribution of each, None for one that the user names. ``answers``: what came of each import.
    """
    broken: list[str] = []
    by_design: list[str] = []
    for module, distribution in modules.items():
        answer = answers[module]
        if answer["error"] is None:
            continue
        reason = _damage(answer, distribution, installed)
        (broken if reason else by_design).append(f"{module}: {reason or answer['error']}")
    note = f" (not importable here, by design: {listed(by_design)})" if by_design else ""
    found = listed(broken) if broken else f"{len(modules) - len(by_design)} of {len(modules)} modules"
    return found + note, bool(broken)


def _damage(answer: Mapping[str, Any], distribution: str | None, installed: Installed) -> str | None:
    """Why a failed import means that something is broken; None where the package is made so."""
    if distribution is None:
        return str(answer["error"])
    missing = answer["missing"]
    if missing is None:
        return str(answer["error"]) if answer["own"] else None
    lost = lacks(distribution, installed)
    if lost:
        return listed(lost)
    tops = {module.partition(".")[0] for module in installed.distributions[distribution].modules}
    return str(answer["error"]) if missing.partition(".")[0] in tops else None
