# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the analysis talks about: names with their place, the plugins that they end at, and the needs of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from .facts import KnownFacts
from .project.stamp import Stamp

Where = Literal["controller", "target"]


@dataclass(frozen=True, order=True, slots=True)
class FileLocation:
    """A line of a file; ``file`` is relative to the project, or starts with the name of a collection."""

    file: str
    line: int


@dataclass(frozen=True)
class CollectionEntry:
    """What ansible-galaxy reads of an entry of a requirements file; ``problem`` makes it useless, if there is one.

    ``is_dependency``: it is one of a collection in the project. ``is_local``: the project itself has the collection.
    """

    fields: dict[str, Any]
    location: FileLocation
    problem: str = ""
    is_dependency: bool = False
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that the project uses.

    ``kind``: module, lookup, filter, test, connection, become, strategy, callback, network_os, action_group, role,
    playbook, collection and others. ``search``: the ``collections:`` keyword in force. ``beside``: the other keys of
    the task that can be its action, of which one is; the others are no keywords then. ``required``: False when Ansible
    does without it.
    """

    kind: str
    name: str
    location: FileLocation
    search: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True)
class Unresolved:
    """A name that leads nowhere, and why; it fails the run unless the user allows it by ``name``.

    ``stops``: ansible-playbook looks it up before the first task, and stops where there is none. ``ansible_reads``:
    only the analysis does not read it, because of a limit that ansible-playbook does not have.
    """

    kind: str
    name: str
    location: FileLocation
    reason: str
    stops: bool = field(default=False, compare=False)
    ansible_reads: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Dynamic:
    """A name that is only known when the playbook runs."""

    expression: str
    location: FileLocation


@dataclass(frozen=True)
class CollectionDirectory:
    """A collection on disk, verified by whoever handed it in.

    ``local``: it is part of the project, and ``is_unsearched`` where ansible-playbook does not look for collections.
    ``own``: it is this collection, which the run has without a venv.
    ``origin`` has what a requirements file needs beside name and version to get the same one. ``sha256`` is that of all
    its content, empty for one that can change; ``facts`` are those of this content.
    """

    name: str
    version: str
    path: Path
    local: bool = False
    is_unsearched: bool = False
    own: bool = False
    origin: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    facts: KnownFacts | None = field(default=None, compare=False)


class CollectionFinder(Protocol):
    """Where collections come from: a directory by ``namespace.name``, or None when the source does not have it."""

    def __call__(self, name: str, /) -> CollectionDirectory | None:
        """The verified directory of the collection ``name``."""


@dataclass(frozen=True)
class FetchedRole:
    """A role of no collection that was brought: where it is on disk, and what asks for exactly it (``RoleRequest``)."""

    name: str
    path: Path
    version: str
    src: str
    scm: str | None = None
    requested_revision: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class RoleLocation:
    """A role of no collection, by its name, and where it is used or declared."""

    name: str
    location: FileLocation


@dataclass(frozen=True)
class RoleDeclarations:
    """The roles that are used and not declared, each where it is used first, and those that are declared and unused."""

    undeclared: tuple[RoleLocation, ...] = ()
    unused: tuple[RoleLocation, ...] = ()


class RoleFinder(Protocol):
    """Where roles of no collection come from."""

    def __call__(self, name: str, entry: Mapping[str, Any] | None, /) -> Sequence[FetchedRole] | str:
        """The role ``name`` with those that it depends on, or why it cannot be had.

        ``entry`` is what the project declares for it, None for nothing.
        """


@dataclass(frozen=True)
class Plugin:
    """A file that a reference ended at. ``collection`` is ``ansible.builtin`` for core and empty for the project.

    ``action``: it is named as a module, and is an action plugin without one.
    """

    kind: str
    name: str
    collection: str
    path: Path | None
    action: bool = False

    @property
    def where(self) -> Where:
        """Modules run on the managed node, all else beside ``ansible-playbook``."""
        return "target" if self.kind == "module" and not self.action else "controller"


@dataclass(frozen=True)
class Resolution:
    """The end of a name: the plugin, every collection on the way, or the reason why there is none.

    ``name`` is the last full name on the way, which may be that of a plugin that is gone.
    """

    plugin: Plugin | None
    collections: tuple[str, ...] = ()
    problem: str = ""
    name: str = ""


@dataclass(frozen=True)
class PluginRequirement:
    """A distribution that a plugin needs, as a requirement (PEP 508), and where the analysis learned that.

    ``layer``: declared, documentation, hint or table. ``required`` is False when only some options of the plugin
    need it. ``location`` is that of the import.
    """

    requirement: str
    layer: str
    where: Where
    required: bool = True
    location: FileLocation | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Evidence:
    """One line of the report: a name, its location, and the plugin that it means.

    ``hosts`` are the patterns of the hosts where a module runs, and ``local`` says whether one of them can be the host
    of the venv; what runs on the controller always does.
    """

    kind: str
    name: str
    location: FileLocation
    collection: str
    plugin: str
    distribution: str
    where: Where
    layer: str
    required: bool = True
    hosts: tuple[str, ...] = ()
    local: bool = True


@dataclass(frozen=True)
class SystemPackage:
    """What a collection requires of the operating system: ``python3-ldap [platform:dpkg]`` (bindep).

    ``where`` are the sides on which its plugins run that the project uses.
    """

    collection: str
    entry: str
    where: tuple[Where, ...]


@dataclass(frozen=True)
class CoreRequirement:
    """The versions of ansible-core that a collection says it supports: ``requires_ansible`` in ``meta/runtime.yml``."""

    collection: str
    versions: str
    location: FileLocation


@dataclass(frozen=True)
class Analysis:
    """Everything that was found; the profile is made from it."""

    evidence: tuple[Evidence, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    dynamic: tuple[Dynamic, ...] = ()
    collections: dict[str, CollectionDirectory] = field(default_factory=dict)
    system_packages: tuple[SystemPackage, ...] = ()
    roles: tuple[FetchedRole, ...] = ()
    role_declarations: RoleDeclarations = RoleDeclarations()
    core_requirements: tuple[CoreRequirement, ...] = ()
    #: What was found at each path of the project and of the collections that was looked at.
    looked: dict[str, Stamp] = field(default_factory=dict)
    #: What was found out about collections, and ansible-core, by their names.
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
