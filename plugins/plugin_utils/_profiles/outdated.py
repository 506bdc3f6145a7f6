# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What of a profile is out of date, found out only when somebody asks. What cannot be known says so, and why.

Each answer has ``state`` (``current``, ``outdated``, ``unknown``, or ``none`` where there is nothing that could be),
a ``reason`` in words unless it is current, and the ``changes``, a line each.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._disk_errors import no_space_reported
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import NAMES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.manager import SharedVenv
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.naming import name_of

from .analysis import analysed, changed_lines, lines_of
from .chosen import ChosenProfile
from .files import made_from
from .lock_state import LockState
from .names import DEFAULT_SOURCE
from .project_config import config_of_project

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest

    from .directory import LastUse

_CURRENT: dict[str, Any] = {"state": "current", "reason": None, "changes": []}
_KINDS = ("packages", "collections", "roles")


def outdated_parts(profile: ChosenProfile, use: LastUse | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The files, the source, the versions and the venv of a profile; ``options`` are those of the module."""
    options = {
        **options,
        "collections_source": options["collections_source"] or profile.collections_source or DEFAULT_SOURCE,
    }
    request = profile.request(options["collections_source"])
    lock = profile.lock_state(options["collections_source"])
    with config_of_project(profile.note.get("source")) as hint:
        parts = {
            "files": _files(profile, lock),
            "source": _source(profile, options, hint),
            "versions": _versions(lock, request, options, hint),
            "venv": _venv(profile, use),
        }
    return {**parts, "any": any(part["state"] == "outdated" for part in parts.values())}


def _files(profile: ChosenProfile, lock: LockState) -> dict[str, Any]:
    """Whether the other files say what the definition says, or are a lock of it."""
    wanted = {**made_from(profile.definition), **(lock.lock.texts() if lock.lock is not None else {})}
    differing = sorted(name for name, text in wanted.items() if profile.texts.get(name) != text)
    if lock.complaint is not None:
        # Which of the files differ is no news: they are one lock.
        return _outdated(lock.complaint, [name for name in differing if name not in NAMES])
    if not differing:
        return _CURRENT
    return _outdated("these files do not say what the edited definition says; save the profile again", differing)


def _source(profile: ChosenProfile, options: Mapping[str, Any], hint: str) -> dict[str, Any]:
    """Whether the playbook still requires what it required when the profile was saved."""
    source = profile.note.get("source")
    if source is None:
        return _nothing("the profile was not made from a playbook")
    if not os.path.exists(source["path"]):
        return _unknown(f"{source['path']} does not exist on this machine")
    try:
        found = lines_of(analysed(source, options))
    except VenvError as error:
        return _unknown(f"the playbook cannot be analysed: {error.message}", hint)
    changes = changed_lines(profile.note.get("analysed", []), found)
    listed = [f"{sign}{line}" for sign, kind in (("+ ", "added"), ("- ", "removed")) for line in changes[kind]]
    if not listed:
        return _CURRENT
    return _outdated("the playbook requires something else than when the profile was saved", listed)


def _versions(state: LockState, request: VenvRequest, options: Mapping[str, Any], hint: str) -> dict[str, Any]:
    """Whether there are newer versions within the ranges than in the lock, or else in the venv of this machine."""
    if options["offline"]:
        return _unknown("the network is not used, so newer versions are not known")
    try:
        with no_space_reported(options["store"]), tempfile.TemporaryDirectory() as scratch:
            store = Store(options["store"])
            lock = state.lock
            answer = store.answer(request.digest)
            known = answer.record if answer is not None else None
            if lock is not None:
                known = {
                    "packages": [{"name": name, "version": version} for name, version, _sha in lock.packages],
                    "collections": [{"name": one.name, "version": one.version} for one in lock.collections],
                    "roles": [{"name": one.name, "version": one.version} for one in lock.roles],
                }
            if known is None:
                why = "there is no lock" if state.problem is None else f"the lock {state.problem}"
                return _nothing(f"{why}, and there is no venv of this profile on this machine to compare with")
            index = PackageIndex.of(options)
            link = store.named(name_of(request))
            venv = SharedVenv(store, link, runner=SubprocessRunner(), index=index, scratch=scratch)
            found = venv.predict(request, upgrade=True)
    except VenvError as error:
        return _unknown(f"the requirements cannot be resolved: {error.message}", hint)
    newest = found.generation.record if found.generation is not None else found.planned
    changes = _moved(known, newest or known)
    return _outdated("there are other versions within the ranges", changes) if changes else _CURRENT


def _venv(profile: ChosenProfile, use: LastUse | None) -> dict[str, Any]:
    """Whether the venv of the last use is there, whole and of this definition."""
    if use is None:
        return _nothing("the profile was not used yet")
    if use.get("definition", profile.definition_sha256) != profile.definition_sha256:
        return _outdated("the definition was edited since the last use; the next one builds another venv")
    if not use["here"] or use["host"] != os.uname().nodename:
        return _unknown(f"the last use was on {use['host']}; the module shared_venv_info tells there")
    try:
        store = Store(os.path.dirname(use["venv"]))
        generation = store.current(store.named(os.path.basename(use["venv"])))
    except VenvError as error:
        return _unknown(error.message)
    if generation is None:
        return _outdated(f"{use['venv']} does not exist any more; the next use builds it")
    if not generation.is_intact():
        return _outdated(f"{use['venv']} is damaged; the next use repairs it")
    return _CURRENT


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """``jinja2 3.1.4 -> 3.1.6``, for each name whose version differs; what is in one of them only is ``none`` there."""
    found = []
    for kind in _KINDS:
        was, is_now = ({one["name"]: one["version"] for one in record.get(kind) or ()} for record in (before, after))
        found += [
            f"{name} {was.get(name, 'none')} -> {is_now.get(name, 'none')}"
            for name in sorted({*was, *is_now})
            if was.get(name) != is_now.get(name)
        ]
    return found


def _outdated(reason: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    return {"state": "outdated", "reason": reason, "changes": list(changes)}


def _nothing(reason: str) -> dict[str, Any]:
    """Where there is nothing that could be out of date, which is known."""
    return {"state": "none", "reason": reason, "changes": []}


def _unknown(reason: str, hint: str = "") -> dict[str, Any]:
    return {"state": "unknown", "reason": f"{reason}. {hint}" if hint else reason, "changes": []}
