# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the role profile says: list, show, check, save and remove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils._printable import listed
from ...module_utils._venv.system_packages import names_for_host
from .._units import counted
from .report import Report, Results, failed_step

_ROLE = "profile"
#: The states of a part that are not shown as they are called.
_STATES = {"unknown": "not known", "none": "nothing to check"}
#: The parts of what can be out of date, as people read them.
_PARTS = {"files": "files", "source": "playbook", "versions": "versions", "venv": "venv"}


def profile_list(results: Results, *, check: bool) -> Report:
    """``profiles``, a line for each."""
    failed = failed_step(results, role=_ROLE)
    if failed is not None:
        return failed
    found = results["profiles"]
    profiles = found["profiles"]
    if not profiles:
        return Report(f"There is no profile in {found['directory']}.")
    return Report(
        f"{counted(len(profiles), 'profile')} in {found['directory']}:", tuple(_line(one) for one in profiles)
    )


def profile_show(results: Results, *, check: bool) -> Report:
    """``profiles``, each with what it requires."""
    failed = failed_step(results, role=_ROLE)
    if failed is not None:
        return failed
    lines: list[str] = []
    for one in results["profiles"]["profiles"]:
        lines += [_line(one), *_requirements(one), *_lock(one)]
    return Report("\n".join(lines[:1]), tuple(lines[1:]))


def profile_check(results: Results, *, check: bool) -> Report:
    """``profiles``, each with what of it is out of date; what is out of date is no failure, what is broken is."""
    return _check(results, is_failure=False)


def profile_check_strict(results: Results, *, check: bool) -> Report:
    """The same, where what is out of date is a failure."""
    return _check(results, is_failure=True)


def _check(results: Results, *, is_failure: bool) -> Report:
    failed = failed_step(results, role=_ROLE)
    if failed is not None:
        return failed
    profiles = results["profiles"]["profiles"]
    lines = [line for one in profiles for line in _checked(one)]
    broken = [one["name"] for one in profiles if one["problem"]]
    if broken:
        verdict = f"{counted(len(broken), 'profile')} cannot be used: {', '.join(broken)}."
        return Report(verdict, tuple(lines), failed=True)
    old = [one["name"] for one in profiles if one["outdated"]["any"]]
    if old:
        verdict = f"{len(old)} of {counted(len(profiles), 'profile')} out of date: {', '.join(old)}."
        return Report(verdict, tuple(lines), failed=is_failure, code="outdated" if is_failure else None)
    checked = counted(len(profiles), "profile")
    open_ones = [one["name"] for one in profiles if _is_open(one["outdated"])]
    if open_ones:
        names = ", ".join(open_ones)
        return Report(f"Not all is known of {len(open_ones)} of {checked}: {names}. The rest is current.", tuple(lines))
    return Report(f"All is current in {checked}.", tuple(lines))


def profile_save(results: Results, *, check: bool) -> Report:
    """``saved``."""
    failed = failed_step(results, role=_ROLE)
    if failed is not None:
        return failed
    saved = results["saved"]
    state = "is unchanged" if not saved["changed"] else "would be saved" if check else "is saved"
    lines = [
        *_requirements(saved),
        *_lock(saved),
        f"edit {saved['path']}/execution-environment.yml, then save the profile again",
    ]
    return Report(f"The profile {saved['name']} {state} in {saved['path']}.", tuple(lines))


def profile_remove(results: Results, *, check: bool) -> Report:
    """``saved``, which is the removal."""
    failed = failed_step(results, role=_ROLE)
    if failed is not None:
        return failed
    removed = results["saved"]
    if not removed["changed"]:
        known = listed(removed["profiles"]) or "none"
        return Report(f"There is no profile {removed['name']}; nothing was removed. There are: {known}.")
    return Report(f"The profile {removed['name']} {'would be' if check else 'was'} removed.")


def _line(one: Mapping[str, Any]) -> str:
    if one["problem"]:
        return f"{one['name']}: cannot be used: {one['problem']}"
    use, source = one["last_used"], one["source"]
    used = f"last used {use['at']} on {use['host']}" if use else "not used yet"
    made = f", from {_playbook(source)}" if source else ""
    return f"{one['name']}: {used}{made}{', with a lock' if one['locked'] else ''}"


def _playbook(source: Mapping[str, Any]) -> str:
    return "/".join([source["path"], *source.get("playbooks", [])[:1]])


def _requirements(one: Mapping[str, Any]) -> list[str]:
    if "definition" not in one:
        return []
    dependencies = one["definition"].get("dependencies") or {}
    galaxy = dependencies.get("galaxy") or {}
    core = dependencies.get("ansible_core") or {}
    python = dependencies.get("python") or []
    listed = {
        "ansible-core": [core["package_pip"]] if core.get("package_pip") else [],
        "collections": [_entry(entry) for entry in galaxy.get("collections") or []],
        "roles": [_entry(entry) for entry in galaxy.get("roles") or []],
        "packages": _lines(python),
        "system packages": names_for_host(_lines(dependencies.get("system"))),
    }
    return [f"  {kind}: {_joined(names)}" for kind, names in listed.items() if names]


def _lock(one: Mapping[str, Any]) -> list[str]:
    problem = one.get("lock_problem")
    if problem:
        return [f"  lock: not used: {problem}"]
    is_usable = one.get("locked") and not one.get("problem")
    return ["  lock: requirements.txt and requirements.yml, for --venv-locked"] if is_usable else []


def _lines(value: str | list[str] | None) -> list[str]:
    return value.split("\n") if isinstance(value, str) else value or []


def _entry(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    return f"{entry.get('name') or entry.get('src') or entry.get('source')} {entry.get('version') or ''}".rstrip()


def _joined(names: str | Iterable[str]) -> str:
    return names if isinstance(names, str) else ", ".join(map(str, names))


def _is_open(outdated: Mapping[str, Any]) -> bool:
    return any(outdated[part]["state"] == "unknown" for part in _PARTS)


def _checked(one: Mapping[str, Any]) -> list[str]:
    if one["problem"]:
        return [_line(one)]
    lines = [_line(one)]
    for part, shown in _PARTS.items():
        found = one["outdated"][part]
        reason = f": {found['reason']}" if found["reason"] else ""
        lines.append(f"  {shown}: {_STATES.get(found['state'], found['state'])}{reason}")
        lines += [f"    {change}" for change in found["changes"]]
    return lines
