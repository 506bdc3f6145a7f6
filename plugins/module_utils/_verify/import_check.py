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
    from collections.abc import Mapping, Sequence

    from .._projects.model import ProjectRequirements
    from .requirement_check import Installed


def modules_to_import(declared: ProjectRequirements, installed: Installed) -> dict[str, str]:
    """The modules of what is declared and installed, and the distribution that brings each."""
    names = dict.fromkeys(demand.requirement.name for demand in wanted(declared, installed))
    present = [name for name in names if name in installed.distributions]
    return {module: name for name in present for module in installed.distributions[name].modules}


def judge_imports(
    asked: Mapping[str, str | None], answers: Sequence[Mapping[str, Any]], installed: Installed, *, ended: str | None
) -> tuple[str, bool]:
    """What was found, and whether something is broken.

    ``asked``: the distribution of each module, None for one that the user names. ``ended`` is how the process ended
    that did not come to the end of its list.
    """
    tried = {answer["module"]: answer for answer in answers if "module" in answer}
    broken: list[str] = []
    by_design: list[str] = []
    for module, answer in tried.items():
        if answer["error"] is None:
            continue
        reason = _damage(answer, asked[module], installed)
        (broken if reason else by_design).append(f"{module}: {reason or answer['error']}")
    begun = [answer["begins"] for answer in answers if "begins" in answer and answer["begins"] not in tried]
    if ended is not None:
        broken.append(f"{begun[-1] if begun else 'the interpreter'}: {ended}")
    note = f" (not importable here, by design: {listed(by_design)})" if by_design else ""
    found = listed(broken) if broken else f"{len(tried) - len(by_design)} of {len(asked)} modules"
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
