# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Walks all that belongs to a project, also the roles and files of tasks that no playbook names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from .collection_metadata import CollectionMetadata
from .context import Context
from .documents import are_tasks
from .files import Files
from .names import YAML_ENDINGS
from .project_content import ProjectContent
from .role_directory import RoleDirectory
from .walk import Walker
from .yaml import Text, UnusableFileError


def walk_whole(
    walker: Walker, content: ProjectContent, files: Files, collections: Iterable[CollectionMetadata] = ()
) -> None:
    """Walk the ``content`` of a project; raises :class:`InputError` when nothing of it can be used.

    What is in ``roles`` of a collection of the project is a role of that: so does everyone have it who installs it.
    """
    owners = {one.path.parent / "roles": one.name for one in collections}
    for path in content.inventories:
        _inventory(walker, path, Context(files, files.root, (files.root,)))
    walked = [walker.found_playbook(path, files) for path in content.playbooks]
    for path in content.roles:
        _role(walker, RoleDirectory(path, files, owners.get(path.parent, "")))
    for directory in content.tasks:
        walker.bases.setdefault(directory.parent)
        context = Context(files, directory.parent, (directory.parent,)).handling(None)
        for file in _task_files(walker, directory, context):
            walker.task_file(file, context)
    if not any(walked) and not content.roles and not content.tasks:
        reasons = [f"{one.location.file}, line {one.location.line}: {one.reason}" for one in walker.findings.unresolved]
        said = f" that can be used: {reasons[0]}" if reasons else ": no YAML file in it is a list of plays"
        raise InputError(f"{files.root} has no playbook{said}")


def _inventory(walker: Walker, path: Path, context: Context) -> None:
    """An inventory that no ``ansible.cfg`` names, or the variables that are beside one."""
    try:
        if context.files.directory(path) is not None:
            walker.variables.beside(path, context)
        else:
            walker.variables.inventory(path, context)
    except UnusableFileError as error:
        walker.findings.unusable(error)


def _role(walker: Walker, role: RoleDirectory) -> None:
    """A role from its start, and from each file that ``tasks_from`` or ``handlers_from`` could name."""
    base = _base_of(role)
    context = Context(role.files, base, (base,))
    walker.role(role, context, {}, role.path)
    for section in ("tasks", "handlers"):
        directory = role.path / section
        for file in _task_files(walker, directory, context):
            name = Text.at(file.relative_to(directory).as_posix(), 1)
            walker.role(role, context.handling(None), {f"{section}_from": name}, file)


def _base_of(role: RoleDirectory) -> Path:
    """The directory of the playbook that would use a role: beside the nearest directory of roles above it."""
    above = [path for path in role.path.parents if path != role.files.root and path.is_relative_to(role.files.root)]
    roles = next((path for path in above if path.name == "roles"), None)
    return roles.parent if roles is not None else next(iter(above), role.files.root)


def _task_files(walker: Walker, directory: Path, context: Context) -> list[Path]:
    """The files of tasks below ``directory``, which Ansible reads when something includes them."""
    found = context.files.below(directory, YAML_ENDINGS)
    inside = (path for path in found if path.is_relative_to(directory))
    return [path for path in inside if are_tasks(walker.finder.document(path, context))]
