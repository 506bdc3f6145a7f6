# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The facts about one project that its checks compare, each found out once and only when a check asks for it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._errors import CommandError, StoreError, VenvError
from .._link.link_path import find_link_path, find_occupant
from .._projects.files import ANY_INDEX
from .._projects.reader import read_project
from .._python.startable import check_startable
from .._store.project_links import can_register, is_registered
from .._store.trust import check_trusted
from .._store.venv_reference import store_of
from .._store.walk import follow
from .import_check import modules_to_import
from .model import NotInspectedError
from .requirement_check import Installed

if TYPE_CHECKING:
    from typing import Callable

    from .._link.link_path import Occupant
    from .._projects.entry import Project
    from .._projects.model import ProjectRequirements
    from .._store.store import Store
    from .._store.walk import Trail
    from .programs import Activated, VenvPrograms


@dataclass
class SeenVenvs:
    """What was found of venvs, by their real paths: why they are not started, and what differs from their seal."""

    start_refusal: dict[str, str | None] = field(default_factory=dict)
    differences: dict[str, tuple[str, ...]] = field(default_factory=dict)


class ProjectFacts:
    """What is true of one project.

    ``expected`` is the path to which its link shall lead, None where any will do. ``seen`` keeps what was found of each
    venv, because projects share it. A fact that cannot be there, such as the packages of a venv
    that is missing, raises :class:`NotInspectedError`.
    """

    def __init__(self, project: Project, *, expected: str | None, programs: VenvPrograms, seen: SeenVenvs) -> None:
        self.project = project
        self.expected = expected
        self._programs = programs
        self._seen = seen

    @cached_property
    def link(self) -> str:
        """The path of the link; raises :class:`VenvError` where the project is not a directory."""
        return find_link_path(self.project.path, self.project.link_name).path

    @cached_property
    def occupant(self) -> Occupant:
        """What is in the place of the link."""
        return find_occupant(self.link)

    @cached_property
    def trail(self) -> Trail:
        """Where the link leads."""
        if self.occupant.kind == "absent":
            raise NotInspectedError
        return follow(self.link)

    def require_link(self) -> None:
        """Raise :class:`NotInspectedError` unless it is a link."""
        if self.occupant.kind != "link":
            raise NotInspectedError

    @cached_property
    def venv(self) -> str:
        """The real path of the directory behind the link, or in its place."""
        if not os.path.isdir(self.trail.end):
            raise NotInspectedError
        return self.trail.end

    @cached_property
    def store(self) -> Store | None:
        """The store that the link leads through."""
        return store_of(self.trail)

    @property
    def registered(self) -> bool | None:
        """Whether the store lists the link; None where that list is another user's."""
        if self.store is None or not can_register(self.store):
            return None
        return is_registered(self.store, self.link)

    @property
    def has_configuration(self) -> bool:
        """Whether it is a virtual environment."""
        return os.path.isfile(os.path.join(self.venv, "pyvenv.cfg"))

    @cached_property
    def start_refusal(self) -> str | None:
        """Why nothing in the venv is started, None where it is."""
        if self.venv not in self._seen.start_refusal:
            self._seen.start_refusal[self.venv] = _refusal(check_startable, self.venv)
        return self._seen.start_refusal[self.venv]

    @cached_property
    def start_refusal_of_link(self) -> str | None:
        """The same of the way through the link, which others may lead elsewhere meanwhile."""
        return _refusal(check_trusted, self.link)

    def _require_startable(self) -> None:
        """Raise :class:`NotInspectedError` unless it is a venv in which this user may start programs."""
        if not self.has_configuration or self.start_refusal is not None:
            raise NotInspectedError

    @cached_property
    def description(self) -> dict[str, Any] | CommandError:
        """What the venv's interpreter says of it, or why it does not."""
        self._require_startable()
        return self._programs.describe(self.venv)

    @property
    def described(self) -> dict[str, Any]:
        """The same, where the interpreter runs."""
        if isinstance(self.description, CommandError):
            raise NotInspectedError
        return self.description

    @cached_property
    def shell(self) -> Activated | str:
        """What bash says once the venv is activated through the link, or why that was not tried."""
        self._require_startable()
        if self.start_refusal_of_link is not None:
            return self.start_refusal_of_link
        return self._programs.activate(self.link) or "this host has no bash"

    @property
    def python(self) -> str:
        """The version of the venv's Python."""
        return str(self.described["version"])

    @cached_property
    def installed(self) -> Installed:
        """What is installed in the venv."""
        return Installed.of(self.described)

    @cached_property
    def declared(self) -> ProjectRequirements | VenvError:
        """What the project declares, or why that cannot be known."""
        try:
            return read_project(
                self.project.path, files=self.project.files, groups=self.project.groups, index_url=ANY_INDEX
            )
        except VenvError as error:
            return error

    @cached_property
    def modules(self) -> dict[str, str | None]:
        """The modules to import, each with the distribution that brings it, None for one that the user names."""
        self._require_startable()
        if self.project.imports is not None:
            return dict.fromkeys(self.project.imports)
        return {} if isinstance(self.declared, VenvError) else {**modules_to_import(self.declared, self.installed)}

    @property
    def imported(self) -> dict[str, dict[str, Any]]:
        """What came of importing each of them."""
        return self._programs.import_modules(self.venv, self.modules)

    @cached_property
    def differences(self) -> tuple[str, ...]:
        """What is other than when the generation was sealed; projects that share it see the same."""
        if self.venv not in self._seen.differences:
            self._seen.differences[self.venv] = tuple(self._differences())
        return self._seen.differences[self.venv]

    @property
    def digest(self) -> str | None:
        """The id of the generation, None for a venv that is in no store."""
        generation = self.store.holding(self.venv) if self.store is not None else None
        return generation.id if generation is not None else None

    def _differences(self) -> list[str]:
        generation = self.store.holding(self.venv) if self.store is not None else None
        if generation is None:
            return [f"{self.venv} has no marker: it is an incomplete build, or the marker was damaged"]
        try:
            found = generation.differences()
        except (OSError, ValueError) as error:
            found = [f"its list of files cannot be read: {error}"]
        if generation.record["path"] != generation.path:
            found.append(f"it was moved here from {generation.record['path']}, and its scripts still contain that path")
        return found


def _refusal(check: Callable[[str], object], path: str) -> str | None:
    try:
        check(path)
    except StoreError as error:
        return error.message
    return None
