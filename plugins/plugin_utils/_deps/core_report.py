# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which versions of ansible-core the collections in use allow, and what does not go together.

``ansible-playbook`` only warns of a collection that does not support its version, unless the user sets
``collections_on_ansible_version_mismatch`` to ``error``: so nothing of this stops a run before its first task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import (
    combined_core_range,
    core_requirement,
    core_satisfies,
    is_core_range,
    is_empty_core_range,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, printable, shortened

from .model import Analysis, CoreRequirement, Unresolved
from .resolution.core import Core

#: Each clause is compared with each other one.
_MAX_RANGE = 1000
_KIND, _CORE = "ansible_core", "ansible-core"


def narrowed_core(analysis: Analysis, pinned: str | None) -> str | None:
    """The requirement for ansible-core: what the source ``pinned``, or else what all collections allow."""
    return pinned or core_requirement(one.versions for one in _valid(analysis.core_requirements))


def core_problems(analysis: Analysis, pinned: str | None) -> Iterator[Unresolved]:
    """What no ansible-core can meet: ranges that are none, and ranges that exclude each other or the ``pinned`` one."""
    valid = _valid(analysis.core_requirements)
    for one in analysis.core_requirements:
        value = f"requires_ansible of {one.collection} is {shortened(one.versions)!r}"
        if not _is_range(one.versions):
            yield Unresolved(
                _KIND, one.collection, one.location, f"{value}, which is no version specifier, such as >=2.15.0"
            )
        elif one not in valid:
            yield Unresolved(
                _KIND,
                one.collection,
                one.location,
                f"{value}, which no ansible-core meets; choose another version of the collection",
            )
    pin = (pinned or "").removeprefix(_CORE)
    ranges = [one.versions for one in valid]
    if ranges and is_empty_core_range(combined_core_range([*ranges, *([pin] if pin else [])])):
        said = [f"{one.collection} requires {shortened(one.versions)}" for one in valid]
        given = [f"the source of collections requires {pin}"] if pin else []
        reason = (
            f"no version of ansible-core meets all requirements: {listed([*given, *said])}; choose other versions "
            "of the collections"
        )
        yield Unresolved(_KIND, _CORE, valid[0].location, reason)


def core_report(analysis: Analysis, core: Core, *, controller_python: str) -> dict[str, Any]:
    """What the collections require of ansible-core, whether ``core`` fits, and the Pythons that this one requires."""
    valid = _valid(analysis.core_requirements)
    versions = combined_core_range(one.versions for one in valid)
    return {
        "version": printable(core.version),
        "requires_ansible": [
            {
                "collection": one.collection,
                "versions": shortened(one.versions),
                "file": printable(one.location.file),
                "line": one.location.line,
            }
            for one in analysis.core_requirements
        ],
        "range": printable(versions),
        "fits": _fits(analysis.core_requirements, core.version) if core.version else None,
        "python": {"controller": printable(controller_python), "target": core.target_python},
    }


def _fits(requirements: Sequence[CoreRequirement], version: str) -> bool:
    return all(core_satisfies(one.versions, version) for one in requirements if _is_range(one.versions))


def _valid(requirements: Sequence[CoreRequirement]) -> list[CoreRequirement]:
    """Those that some ansible-core meets."""
    return [one for one in requirements if _is_range(one.versions) and is_core_range(one.versions)]


def _is_range(text: str) -> bool:
    try:
        core_satisfies(text, "0")
    except InputError:
        return False
    return len(text) <= _MAX_RANGE
