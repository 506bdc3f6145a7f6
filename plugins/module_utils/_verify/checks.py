# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The checks: one function each, and :data:`CHECKS`, which is all that says which there are and in which order.

A check compares facts and returns what it found. Its name is that of its function, so that it is written once. A fact
that cannot be there ends the check, which then counts as not made.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Callable

from .._errors import CommandError, ToolMissingError, VenvError
from .._projects.python import project_python
from .._store.walk import real_link
from .import_check import assess_imports
from .model import SHARE, Finding, NotInspectedError, listed
from .requirement_check import misfits, wanted

if TYPE_CHECKING:
    from .facts import ProjectFacts
    from .programs import Activated

_BUILD = "run the playbook mobile_ansible.venv.verify with shared_venv_repair=true, which builds it again"


def link(facts: ProjectFacts) -> Finding:
    """Is the project's venv a link?"""
    try:
        occupant = facts.occupant
    except VenvError as error:
        return Finding(False, error.message, "correct the list of projects")
    if occupant.kind == "link":
        return Finding(True, f"{occupant.path} -> {occupant.text}")
    if occupant.kind == "absent":
        return Finding(False, f"{occupant.path} does not exist", SHARE)
    remedy = "run the playbook mobile_ansible.venv.migrate, which keeps it as a backup"
    if occupant.kind == "file":
        remedy = f"move it away, then {SHARE}"
    return Finding(False, f"{occupant.path} is a {occupant.kind} and not a link", remedy)


def target(facts: ProjectFacts) -> Finding:
    """Does the link lead to a venv, and to the one that was named, by its name?"""
    facts.require_link()
    trail, expected = facts.trail, facts.expected
    if trail.looping:
        return Finding(False, f"there is a loop of links at {trail.end}", f"remove {trail.end}, then {SHARE}")
    if not os.path.lexists(trail.end):
        return Finding(False, f"the link points to {trail.end}, which does not exist", SHARE)
    if expected is not None and real_link(expected) not in trail.visited:
        return Finding(False, f"the link does not point to {expected}, but to {_last_name(facts)}", SHARE)
    return Finding(True, trail.end)


def registered(facts: ProjectFacts) -> Finding:
    """Does the store know that this project links?"""
    facts.require_link()
    if facts.registered is None or facts.store is None:
        return Finding(None, "the venv is not in a store of this user")
    store = facts.store.path
    if not facts.registered:
        return Finding(False, f"the link is not registered in the store {store}, so prune may remove its venv", SHARE)
    return Finding(True, f"the link is registered in the store {store}")


def venv(facts: ProjectFacts) -> Finding:
    """Is it a virtual environment whose interpreter runs?"""
    if not facts.has_configuration:
        return Finding(False, f"{facts.venv} has no pyvenv.cfg and is not a venv", SHARE)
    if facts.start_refusal is not None:
        return Finding(False, f"nothing in it was started: {facts.start_refusal}")
    if isinstance(facts.description, CommandError):
        return Finding(False, f"its Python does not run: {facts.description.message}", _BUILD)
    return Finding(True, "it is a venv and its Python runs")


def activation(facts: ProjectFacts) -> Finding:
    """Does a shell get there?"""
    shell = facts.shell
    if isinstance(shell, str):
        return Finding(None, shell)
    if not _is_active(shell):
        why = shell.message or "it set no VIRTUAL_ENV"
        return Finding(False, f"source bin/activate failed in bash: {why}", _BUILD)
    return Finding(True, f"bash: VIRTUAL_ENV={shell.virtual_env}")


def which_python(facts: ProjectFacts) -> Finding:
    """Is the python of that shell the venv's?"""
    shell = _active(facts.shell)
    right = shell.python_directory == os.path.join(facts.venv, "bin")
    return Finding(right, f"python is {shell.python or 'not found'}", None if right else _BUILD)


def prefix(facts: ProjectFacts) -> Finding:
    """Does that python work in the venv?"""
    shell = _active(facts.shell)
    right = shell.prefix == facts.venv
    return Finding(right, f"sys.prefix is {shell.prefix or 'unknown'}", None if right else _BUILD)


def python_version(facts: ProjectFacts) -> Finding:
    """Is it a Python that the project accepts?"""
    version = facts.python
    try:
        needs = project_python(facts.project.path, given=facts.project.python)
    except VenvError as error:
        return Finding(False, error.message, "correct the named file")
    unmet = needs.unmet(version)
    if unmet is not None:
        remedy = (
            "change the requirement of the project, or set shared_venv_python to a version that all projects allow; "
            f"then {SHARE}"
        )
        return Finding(False, f"Python {version} is installed, but the project requires {unmet}", remedy)
    return Finding(True, "; ".join([f"Python {version}", *map(str, needs.requirements), *needs.notes]))


def requirements(facts: ProjectFacts) -> Finding:
    """Is all that the project declares installed, in a version that it allows?"""
    installed, declared = facts.installed, facts.declared
    if isinstance(declared, ToolMissingError):
        return Finding(None, declared.message)
    if isinstance(declared, VenvError):
        return Finding(False, declared.message, f"correct the named file, then {SHARE}")
    found = misfits(declared, installed)
    if found:
        return Finding(False, listed(found), f"{SHARE}, which installs the declared requirements")
    return Finding(True, f"{len(wanted(declared, installed))} declared, all installed")


def imports(facts: ProjectFacts) -> Finding:
    """Can the modules be imported?"""
    found, broken = assess_imports(facts.modules, facts.imported, facts.installed)
    return Finding(not broken, found, f"install the missing library on the host, or {_BUILD}" if broken else None)


def sealed(facts: ProjectFacts) -> Finding:
    """Are the files as they were when the generation was sealed?"""
    end, store = facts.venv, facts.store
    if store is None or store.id_behind(end) is None:
        return Finding(None, f"{end} is not in a store, so there is no list of its files")
    differences = facts.differences
    if differences:
        return Finding(False, listed(list(differences)), _BUILD)
    return Finding(True, "no file was changed")


#: A new check is a function above, and its name here.
CHECKS: tuple[Callable[[ProjectFacts], Finding], ...] = (
    link,
    target,
    registered,
    venv,
    activation,
    which_python,
    prefix,
    python_version,
    requirements,
    imports,
    sealed,
)


def _last_name(facts: ProjectFacts) -> str:
    """The name in the store that the link leads through, else its end."""
    store = facts.store
    names = [path for path in facts.trail.visited if store is not None and os.path.dirname(path) == store.path]
    return next((path for path in reversed(names) if os.path.islink(path)), facts.trail.end)


def _is_active(shell: Activated) -> bool:
    return shell.returncode == 0 and bool(shell.virtual_env)


def _active(shell: Activated | str) -> Activated:
    if isinstance(shell, str):
        raise NotInspectedError(shell)
    if not _is_active(shell):
        raise NotInspectedError("not checked, because the activation failed")
    return shell
