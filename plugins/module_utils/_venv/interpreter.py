# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The interpreter of a venv: one that the request, all projects and ansible-core allow, and whether it still is."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .._store.generation import MARKER

if TYPE_CHECKING:
    from .._python.interpreter import Interpreter
    from .._runner import Runner
    from .._store.generation import Generation
    from .request import VenvRequest

# What only a new choice needs is imported there: every start of a module compiles what it imports anew.

_CORE = "ansible-core"
_CORE_MINOR = re.compile(r"(?:==|~=|>=)2\.(\d{1,4})")
#: The oldest Python that any venv is made from, and that ansible-core 2.19 and 2.20 need.
_OLDEST_PYTHON = (3, 9)
_PYTHON_OF_CORE_2_19 = (3, 11)
_PYTHON_OF_CORE_2_20 = (3, 12)
_PATCHES = 100


def choose_interpreter(request: VenvRequest, *, runner: Runner) -> Interpreter:
    """The interpreter that was asked for, or one that all projects, and ansible-core where there will be one, allow.

    Raises :class:`ResolutionError` that names the requirements which it does not meet.
    """
    from .._python.choice import choose, choose_python, python_conflict

    minimum = _minimum(request)
    if not request.python_requirements:
        return choose(request.python, [">={}.{}".format(*minimum)], runner=runner)
    requirements = [*request.python_requirements]
    if minimum > _OLDEST_PYTHON:
        from .._projects.model import Location, PythonRequirement

        requirements.append(PythonRequirement(">={}.{}".format(*minimum), Location(_CORE, _CORE, 0)))
    found = choose_python(request.python, requirements, runner=runner)
    conflict = python_conflict(requirements, found)
    if conflict:
        # Only what fails pays for the import.
        from .._union.explanation import python_error

        raise python_error(conflict, found.version)
    return found


def is_still_allowed(generation: Generation, request: VenvRequest, *, runner: Runner) -> bool:
    """Whether the interpreter of ``generation``, an answer to ``request``, is there and has not become another one.

    The record says which version it was. It is asked again only where a patch release decides, and its file was changed
    after the build.
    """
    path, version = (generation.record["interpreter"][key] for key in ("executable", "version"))
    if not os.access(path, os.X_OK):
        return False
    minor, requirements = version.rpartition(".")[0], request.python_requirements
    if all(one.allows(f"{minor}.{patch}") for one in requirements for patch in range(_PATCHES)):
        return True
    from .._python.choice import choose

    if os.stat(path).st_ctime >= os.stat(os.path.join(generation.path, MARKER)).st_mtime:
        version = choose(path, (), runner=runner).version
    return all(one.allows(version) for one in requirements)


def _minimum(request: VenvRequest) -> tuple[int, int]:
    if not (request.ansible_core or request.collections):
        return _OLDEST_PYTHON
    minors = [int(minor) for minor in _CORE_MINOR.findall(request.ansible_core or "")]
    return _PYTHON_OF_CORE_2_20 if minors and max(minors) >= 20 else _PYTHON_OF_CORE_2_19
