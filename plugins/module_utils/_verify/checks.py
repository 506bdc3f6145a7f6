# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From facts to lines of the checklist. Pure: nothing is read or started here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .model import SHARE, CheckResult, listed
from .requirement_check import (
    Installed,
    lacks,
    misfits,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._link.link_path import Occupant
    from .._link.paths import Trail
    from .._projects.model import ProjectRequirements
    from .._projects.python import PythonNeeds

_BUILD = "run the playbook mobile_ansible.venv.verify with shared_venv_repair=true, which builds it anew"


@dataclass(frozen=True)
class Activated:
    """What a shell said after ``source bin/activate``: ``python`` is what it starts by that name, links followed."""

    returncode: int
    message: str
    virtual_env: str = ""
    python: str = ""
    python_directory: str = ""
    prefix: str = ""


def link_line(occupant: Occupant) -> CheckResult:
    """Is the project's venv a link?"""
    if occupant.kind == "link":
        return CheckResult("link", True, f"{occupant.path} -> {occupant.text}")
    if occupant.kind == "absent":
        return CheckResult("link", False, f"{occupant.path} is not there", SHARE)
    return CheckResult(
        "link",
        False,
        f"{occupant.path} is a {occupant.kind} of its own and not a link",
        "run the playbook mobile_ansible.venv.migrate, which keeps it as a backup",
    )


def target_line(trail: Trail, *, exists: bool, shared: str | None) -> CheckResult:
    """Is there something behind the link, and is it what the others share? ``shared`` is the real path of that."""
    if trail.looping:
        return CheckResult(
            "target", False, f"the link leads in a circle at {trail.end}", f"remove {trail.end}, then {SHARE}"
        )
    if not exists:
        return CheckResult("target", False, f"the link leads to {trail.end}, where there is nothing", SHARE)
    if shared is not None and trail.end != shared:
        return CheckResult("target", False, f"the link leads to {trail.end}, the others share {shared}", SHARE)
    return CheckResult("target", True, trail.end)


def registered_line(store: str | None, *, listed: bool | None) -> CheckResult:
    """Does the store know that this project links? ``listed`` is None where the list is another user's."""
    if store is None or listed is None:
        return CheckResult("registered", None, "there is no list of users here that this user keeps")
    if not listed:
        return CheckResult(
            "registered", False, f"the store {store} does not list the link, so that prune may take its venv", SHARE
        )
    return CheckResult("registered", True, f"the store {store} lists the link")


def venv_line(end: str, *, has_config: bool, error: str | None, untrusted: str | None = None) -> CheckResult:
    """Is it a venv whose interpreter runs? ``error`` is why that one does not, ``untrusted`` why it was not started."""
    if not has_config:
        return CheckResult("venv", False, f"{end} has no pyvenv.cfg and so is no virtual environment", SHARE)
    if untrusted is not None:
        return CheckResult("venv", False, f"nothing in it was started: {untrusted}")
    if error is not None:
        return CheckResult("venv", False, f"its Python does not run: {error}", _BUILD)
    return CheckResult("venv", True, "it is a virtual environment and its Python runs")


def activation_lines(
    shell: Activated | None, *, end: str, python_directory: str, untrusted: str | None = None
) -> list[CheckResult]:
    """Does a shell get there? ``python_directory`` is the real path of the venv's ``bin``."""
    if shell is None:
        reason = untrusted or "this host has no bash to try it in"
        return [CheckResult(check, None, reason) for check in ("activation", "which_python", "prefix")]
    if shell.returncode != 0 or not shell.virtual_env:
        why = shell.message or "it set no VIRTUAL_ENV"
        lost = CheckResult("activation", False, f"source bin/activate failed in bash: {why}", _BUILD)
        return [
            lost,
            *(CheckResult(check, None, "not tried without activation") for check in ("which_python", "prefix")),
        ]
    right = shell.python_directory == python_directory
    same = shell.prefix == end
    return [
        CheckResult("activation", True, f"bash: VIRTUAL_ENV={shell.virtual_env}"),
        CheckResult("which_python", right, f"python is {shell.python or 'not found'}", None if right else _BUILD),
        CheckResult("prefix", same, f"sys.prefix is {shell.prefix or 'unknown'}", None if same else _BUILD),
    ]


def python_line(version: str, needs: PythonNeeds) -> CheckResult:
    """Is it a Python that the project accepts?"""
    unmet = needs.unmet(version)
    if unmet is not None:
        return CheckResult(
            "python_version",
            False,
            f"Python {version}, but the project needs {unmet}",
            f"change what the project declares, or set shared_venv_python to what all projects accept; then {SHARE}",
        )
    return CheckResult("python_version", True, "; ".join([f"Python {version}", *map(str, needs.needs), *needs.doubts]))


def requirements_line(declared: ProjectRequirements, installed: Installed) -> CheckResult:
    """Is all that the project declares there, in a fitting version?"""
    found = misfits(declared, installed)
    if found:
        return CheckResult("requirements", False, listed(found), f"{SHARE}, which installs what is declared")
    return CheckResult("requirements", True, f"{len(wanted(declared, installed))} declared, all there and fitting")


def modules_to_import(declared: ProjectRequirements, installed: Installed) -> dict[str, str]:
    """The modules of what is declared and there, and the distribution that brings each."""
    names = dict.fromkeys(demand.requirement.name for demand in wanted(declared, installed))
    present = [name for name in names if name in installed.distributions]
    return {module: name for name in present for module in installed.distributions[name].modules}


def imports_line(
    asked: Mapping[str, str | None], answers: Sequence[Mapping[str, Any]], installed: Installed, *, ended: str | None
) -> CheckResult:
    """Can the modules be imported? ``asked``: the distribution of each, None for one that the user names.

    Some packages cannot be imported everywhere by design: for want of an optional package, of a display, of a project
    that configures them. With all that they require in place that is no damage: it is said, and not counted. ``ended``
    is how the process ended that did not come to the end of its list.
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
    if broken:
        remedy = f"install what it names on the host, or {_BUILD}"
        return CheckResult("imports", False, listed(broken) + note, remedy)
    return CheckResult("imports", True, f"{len(tried) - len(by_design)} of {len(asked)} modules{note}")


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


def sealed_line(differences: Sequence[str]) -> CheckResult:
    """Are the files as they were when the generation was sealed?"""
    if differences:
        return CheckResult("sealed", False, listed(list(differences)), _BUILD)
    return CheckResult("sealed", True, "every file is as it was built")
