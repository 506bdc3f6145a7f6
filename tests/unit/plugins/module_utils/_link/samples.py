# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Projects, stores and venvs that are small enough for unit tests: a venv's Python is a file that holds its version."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.link_path import find_link_path
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.project_link import LinkRequest, ProjectLink
from ansible_collections.mobile_ansible.venv.plugins.module_utils._link.target import TargetInspector
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.generation import seal
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.tree import manifest
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._store.samples import RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pythons:
    """A runner whose only programs are the Pythons that :func:`fill_venv` makes; ``started`` are those that it ran."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def run(self, argv: Sequence[str], **_options: object) -> Completed:
        self.started.append(argv[0])
        try:
            return Completed(tuple(argv), 0, Path(argv[0]).read_text(encoding="utf-8") + "\n", "")
        except OSError as error:
            raise CommandError(f"{argv[0]} cannot be started: {error.strerror}") from error


def fill_venv(path: str | Path, version: str = "3.12.4") -> Path:
    """Make a directory that passes for a venv."""
    directory = Path(path)
    (directory / "bin").mkdir(parents=True)
    (directory / "pyvenv.cfg").touch()
    (directory / "bin" / "python").write_text(version, encoding="utf-8")
    (directory / "bin" / "python").chmod(0o755)
    return directory


def make_shared(store: Store, name: str, *, id: str = "aaa", version: str = "3.12.4") -> str:
    """A generation under a name of ``store``; returns its path."""
    store.prepare()
    generation = store.generation(id)
    if generation is None:
        with store.building(id) as (path, _descriptor):
            fill_venv(path, version)
            generation = seal(path, RECORD, manifest(path))
    link = store.named(name)
    with store.writing(link), store.lease(generation):
        store.switch(link, generation, request_digest=id)
    return generation.path


def make_project(root: Path, name: str = "news") -> Path:
    project = root / "projects" / name
    project.mkdir(parents=True)
    return project


def project_link(
    project: str | Path, store: Store, *, name: str = "venv", inspector: TargetInspector | None = None
) -> ProjectLink:
    inspector = inspector or TargetInspector(Pythons())
    return ProjectLink(find_link_path(str(project), name), store=store, inspector=inspector)


@dataclass(frozen=True)
class MinorVersion:
    """A requirement for one minor version of Python, or none."""

    minor: str | None

    def unmet(self, version: str) -> str | None:
        fits = self.minor is None or version.split(".")[:2] == self.minor.split(".")
        return None if fits else f"=={self.minor}.* (a test)"


def asking(target: str, *, relative: bool = True, replace: bool = False, python: str | None = None) -> LinkRequest:
    return LinkRequest(target, relative=relative, replace=replace, python=MinorVersion(python))


def listing(directory: str | Path) -> list[str]:
    """Every name in ``directory``, hidden ones too."""
    return sorted(os.listdir(directory))


def users(store: Store) -> list[str]:
    """The links of projects that ``store`` lists."""
    return [link.path for link in store.links() if link.kind == "project"]
