# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the role shared_venv says: share, verify, migrate, undo and prune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.report import problems, table

from .._units import counted
from .report import Report, Results, failed_step

_MIB = 1024 * 1024


def share(results: Results, *, check: bool) -> Report:
    """``built``, ``linked`` and ``verified``, in check mode as far as they went."""
    return failed_step(results, role="shared_venv") or _shared(results, check=check)


def verify(results: Results, *, check: bool) -> Report:
    """``verified``; after a repair ``built`` and ``linked`` too."""
    failed = failed_step(results, role="shared_venv")
    if failed is not None:
        return failed
    if "built" in results:
        return _shared(results, check=check)
    projects = results["verified"]["projects"]
    wrong = _wrong(projects)
    if wrong:
        return Report(_unhealthy(wrong, projects), _checked(projects), failed=True)
    return Report(f"{_all_of(projects)} healthy: every check passed.", _checked(projects))


def migrate(results: Results, *, check: bool) -> Report:
    """``tested`` besides what :func:`share` says."""
    failed = failed_step(results, role="shared_venv")
    if failed is not None:
        return failed
    tested = results.get("tested") or {}
    told = tuple(tested.get("lines") or ())
    if not told:
        shared = _shared(results, check=check)
        parent = (results.get("built") or {}).get("parent")
        hint = (f"parent: {parent} (to choose another, set shared_venv_parent)",) if parent else ()
        return Report(shared.verdict, hint + shared.details, shared.failed)
    projects = (results.get("verified") or {}).get("projects") or []
    restored = {one["path"] for one in tested["projects"] if one.get("restored")}
    others = [one for one in projects if one["path"] not in restored]
    verdict = (
        f"{len(tested['projects']) - len(restored)} of {counted(len(tested['projects']), 'project')} now share a venv; "
        f"{_own_venvs(len(restored))} restored, because tests failed."
    )
    return Report(verdict, told + tuple(problems(others)) + tuple(table(projects)), failed=True)


def fall_back(results: Results, *, check: bool) -> Report:
    """``refused``, why the projects do not share, then ``inspected``, ``isolated``, ``linked`` and ``verified``."""
    why = failed_step({"refused": results["refused"]}, role="shared_venv")
    reason = (why.verdict, *why.details) if why is not None else ()
    failed = failed_step({step: result for step, result in results.items() if step != "refused"}, role="shared_venv")
    if failed is not None:
        return replace(failed, details=failed.details + reason)
    links = _link_lines(results.get("linked") or {}, check=check)
    projects = (results.get("verified") or {}).get("projects") or []
    unusable = [one for one in projects if not one["usable"]]
    isolated = [one for one in (results.get("linked") or {}).get("links") or [] if one["isolated"]]
    if unusable and not check:
        return Report(_unhealthy(unusable, projects), (*reason, *links, *_checked(projects)), failed=True)
    verdict = (
        f"The projects do not share a venv. Until a run succeeds, {counted(len(isolated), 'project')} "
        f"{'uses' if len(isolated) == 1 else 'use'} an isolated venv."
        if isolated
        else "The projects do not share the requested venv. Their current venvs work and were not changed."
    )
    return Report(verdict, (*reason, *links, *table(projects)))


def undo(results: Results, *, check: bool) -> Report:
    """``restored``."""
    failed = failed_step(results, role="shared_venv")
    if failed is not None:
        return failed
    restored = [one for one in results["restored"]["projects"] if one.get("restored")]
    lines = tuple(f"{one['path']}/{one['name']} <- {one['restored']}" for one in restored)
    if not restored:
        return Report("No project has a backup of its own venv to restore; nothing was changed.")
    would = "would be" if check else "was" if len(restored) == 1 else "were"
    own = "The own venv of 1 project" if len(restored) == 1 else f"The own venvs of {len(restored)} projects"
    return Report(f"{own} {would} restored.", lines)


def prune(results: Results, *, check: bool) -> Report:
    """``pruned``."""
    failed = failed_step(results, role="shared_venv")
    if failed is not None:
        return failed
    pruned = results["pruned"]
    removed, gone, going = pruned["removed"], pruned["gone_links"], pruned["removed_venvs"]
    would = "would be" if check else "was"
    lines = [f"{one['digest']}: {one['bytes'] / _MIB:.1f} MiB, {one['reason']}" for one in removed]
    lines += [f"{one['path']}: {one['bytes'] / _MIB:.1f} MiB, no venv contains it" for one in pruned["removed_files"]]
    lines += [f"{link} no longer links here and {would} removed from the registered links" for link in gone]
    for one in pruned["unused_venvs"]:
        state = f"{would} removed" if one["name"] in going else "to remove it, set shared_venv_remove_unused=true"
        lines.append(f"{one['path']}: no project links to it; unused since {one['unused_since']}; {state}")
    if not lines:
        return Report("Nothing is unused; nothing was removed.")
    if not (removed or gone or going or pruned["removed_files"]):
        return Report(f"{counted(len(lines), 'venv')} may be unused; nothing was removed.", tuple(lines))
    return Report(_removed(pruned, check=check), tuple(lines))


def _removed(pruned: Mapping[str, Any], *, check: bool) -> str:
    """What was removed, each kind by its own name: a venv has one generation or several."""
    kinds = (
        ("unused venv", "removed_venvs"),
        ("unused generation", "removed"),
        ("cached file", "removed_files"),
        ("registered link", "gone_links"),
    )
    found = {noun: len(pruned[key]) for noun, key in kinds if pruned[key]}
    told = [counted(number, noun) for noun, number in found.items()]
    listed = " and ".join([*([", ".join(told[:-1])] if told[1:] else []), told[-1]])
    would = "would be" if check else "was" if sum(found.values()) == 1 else "were"
    return f"{listed} {would} removed, which frees {pruned['bytes'] / _MIB:.1f} MiB."


def _shared(results: Results, *, check: bool) -> Report:
    built = results.get("built") or {}
    lines = tuple(_venv_lines(built) + _link_lines(results.get("linked") or {}, check=check))
    if "projects" not in (results.get("verified") or {}):
        return Report(f"Check mode: the venv {built.get('path', '')} would be built, and the projects linked.", lines)
    projects = results["verified"]["projects"]
    going = {one["path"] for one in (results.get("linked") or {}).get("links") or [] if one.get("changed")}
    if check and going:
        # What is wrong with their links now is what a run changes.
        others = [one for one in projects if one["link"] not in going]
        verdict = f"Check mode: {counted(len(going), 'project')} would be linked to the venv {built.get('path', '')}."
        return Report(verdict, lines + tuple(problems(others)))
    wrong = _wrong(projects)
    if wrong and check:
        verdict = f"Check mode: nothing was changed, and {_unhealthy(wrong, projects)}"
        return Report(verdict, lines + _checked(projects))
    if wrong:
        return Report(_unhealthy(wrong, projects), lines + _checked(projects), failed=True)
    verb = "shares" if len(projects) == 1 else "share"
    verdict = f"{counted(len(projects), 'project')} {verb} the venv {built.get('path', '')}, and every check passed."
    return Report(verdict, lines + _checked(projects))


def _own_venvs(number: int) -> str:
    return "the own venv of 1 was" if number == 1 else f"the own venvs of {number} were"


def _venv_lines(built: Mapping[str, Any]) -> list[str]:
    if "generation" not in built:
        return []
    state = "built" if built.get("built") else "switched to" if built.get("changed") else "unchanged"
    packages = counted(len(built.get("packages") or []), "package")
    python = (built.get("python") or {}).get("version", "?")
    return [f"venv ({state}): {built['path']} -> {built['generation']}", f"Python {python}, {packages}"]


def _link_lines(linked: Mapping[str, Any], *, check: bool) -> list[str]:
    lines, doing = [], "would be linked" if check else "linked"
    for one in linked.get("links") or []:
        if one.get("changed"):
            kept = f" (the previous venv is kept as {one['backup']})" if one.get("backup") else ""
            lines.append(f"{doing}: {one['path']} -> {one['target']}{kept}")
    return lines


def _wrong(projects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in projects if not one["healthy"]]


def _checked(projects: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return (*problems(projects), *table(projects))


def _unhealthy(wrong: Sequence[Mapping[str, Any]], projects: Sequence[Mapping[str, Any]]) -> str:
    has = "has" if len(wrong) == 1 else "have"
    return f"{len(wrong)} of {counted(len(projects), 'project')} {has} a venv with problems."


def _all_of(projects: Sequence[Mapping[str, Any]]) -> str:
    return "The project is" if len(projects) == 1 else f"All {len(projects)} projects are"
