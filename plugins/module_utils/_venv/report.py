# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What users are told of a shared venv: the facts of a result, the diff, and what is lost of an edited lock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .._printable import listed, shortened
from .facts import content_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._projects.combination import CombinedRequirements
    from .._projects.model import DeclaredRequirement
    from .._store.links import PublicLink
    from .lockfile import Lockfile
    from .manager import VenvOutcome

#: Of files that packages overwrite, in one warning.
_MOST_SHOWN = 10
#: Where an entry of a lock begins: a line of requirements.txt, or a key or an item of requirements.yml.
_ENTRY = re.compile(r"\n(?=\S|  - )")


def facts(outcome: VenvOutcome) -> dict[str, Any]:
    """Which generation it is and what it holds, where there is one."""
    generation = outcome.generation
    if generation is None:
        return {}
    return {"generation": generation.path, "digest": generation.id, **content_facts(generation)}


def overwritten_files(outcome: VenvOutcome) -> str | None:
    """What to warn of when a new generation has files that its packages state differently; None without any."""
    shared = outcome.generation.shared_files() if outcome.changed and outcome.generation is not None else []
    differing = [one for one in shared if one["overwritten"]]
    if not differing:
        return None
    shown = "; ".join(
        f"{one['path']} is in {' and '.join(one['packages'])}, that of {' and '.join(one['overwritten'])} was replaced"
        for one in differing[:_MOST_SHOWN]
    )
    more = len(differing) - _MOST_SHOWN
    return f"Packages contain the same files with different content: {shown}{f'; and {more} more' if more > 0 else ''}"


def diff(link: PublicLink, outcome: VenvOutcome) -> dict[str, Any]:
    """The content before and after, from the records; that of check mode comes from the same plan as the real one."""
    before = _state(link, outcome.before.record if outcome.before else None, intact=outcome.before_intact)
    if not outcome.changed:
        return {"before": before, "after": before}
    after = outcome.generation.record if outcome.generation is not None else outcome.planned
    return {"before": before, "after": _state(link, after)}


def requested(needs: CombinedRequirements, declared: Iterable[DeclaredRequirement]) -> dict[str, Any]:
    """What projects and files ask for together, and where each requirement is written."""
    return {
        "requirements": list(needs.requirements),
        "constraints": list(needs.constraints),
        "siblings": list(needs.siblings),
        "python": [one.as_dict() for one in needs.python],
        "declared": [one.as_dict() for one in declared],
    }


def _state(link: PublicLink, record: Mapping[str, Any] | None, *, intact: bool = True) -> dict[str, Any]:
    if record is None:
        return {"path": link.path, "state": "absent"}
    return {
        "path": link.path,
        "state": "present",
        "files": "intact" if intact else "damaged",
        "python": record["interpreter"]["version"].rpartition(".")[0],
        **{
            kind: [
                f"{one['name']} {one['version']}".rstrip()
                for one in sorted(record[kind], key=lambda one: str(one["name"]))
            ]
            for kind in ("packages", "collections", "roles")
            if kind != "roles" or record.get(kind)
        },
        "siblings": list(record["request"]["siblings"]),
    }


def lost_edits(found: Mapping[str, str], wanted: Lockfile, directory: str) -> str | None:
    """What is said where ``found`` are the files of an edited lock, and become those of ``wanted``; None otherwise."""
    from .lockfile import EDITED, LockError, lock_of

    try:
        lock_of(found, directory)
    except LockError as error:
        if error.what == EDITED:
            return f"The lock in {directory} {EDITED}, and is written again{_difference(found, wanted.texts())}"
    return None


def _difference(found: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    before, after = (_entries(texts) for texts in (found, wanted))
    lines = [f"-{one}" for one in before if one not in after] + [f"+{one}" for one in after if one not in before]
    return f": {listed([shortened(line) for line in lines])}" if lines else ""


def _entries(texts: Mapping[str, str]) -> list[str]:
    """Each in one line, without comments of their own."""
    entries = [entry for _name, text in sorted(texts.items()) for entry in _ENTRY.split(text)]
    return [" ".join(entry.split()) for entry in entries if entry.strip() and not entry.startswith("#")]
