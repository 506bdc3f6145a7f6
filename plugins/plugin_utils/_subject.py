# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an analysis is about: playbooks, a whole project, or a collection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError

from ._playbook.project import named_project

# This is imported on the way to each run of a playbook; what only a collection needs is imported there.

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest

SUBJECTS = ("playbook", "project", "collection")


@dataclass(frozen=True)
class Subject:
    """The ``playbooks`` of the project in ``root``, none for all of it; or a collection and its ``plugins``.

    A collection lies in ``root``, or the source delivers it as ``request`` asks.
    """

    root: str
    playbooks: tuple[str, ...] = ()
    is_collection: bool = False
    request: CollectionRequest | None = None
    plugins: tuple[str, ...] = ()

    def as_json(self) -> list[Any]:
        """What decides which one it is."""
        name = [self.request.name, self.request.version] if self.request is not None else []
        return [self.root, list(self.playbooks), self.is_collection, name, list(self.plugins)]


def subject_of(options: Mapping[str, Any]) -> Subject:
    """The subject that the options ``path``, ``subject``, ``playbooks`` and ``plugins`` name.

    Raises :class:`InputError` where they do not go together.
    """
    path, kind = options["path"], options.get("subject")
    playbooks, plugins = options["playbooks"], tuple(options.get("plugins") or ())
    if kind == "collection":
        return _collection(path, playbooks, plugins)
    if plugins:
        raise InputError("plugins: this option requires subject: collection")
    root, named = named_project(path, playbooks)
    _check_kind(kind, path, named, playbooks)
    return Subject(root, tuple(named))


def _check_kind(kind: str | None, path: str, named: list[str], playbooks: list[str]) -> None:
    if kind == "playbook" and not named:
        raise InputError(
            f"path: {path} is a directory, and subject is playbook; set playbooks, or choose subject: project"
        )
    if kind == "project" and playbooks:
        raise InputError("playbooks: subject: project analyses all of them; remove this option, or choose playbook")
    if kind == "project" and named:
        raise InputError(f"path: {path} is a playbook, and subject is project; set path to the project's directory")


def _collection(path: str, playbooks: list[str], plugins: tuple[str, ...]) -> Subject:
    """A directory, or ``namespace.name`` with or without versions."""
    if playbooks:
        raise InputError("playbooks: this option requires a playbook or a project as the subject")
    absolute = os.path.join(os.getcwd(), os.path.expanduser(path))
    if os.path.isdir(absolute):
        return Subject(os.path.realpath(absolute), is_collection=True, plugins=plugins)
    if os.path.exists(absolute):
        raise InputError(
            f"path: {absolute} is a file; a collection is a directory or a name (for a tarball, set collections_source "
            "to it, and path to the name)"
        )
    return Subject("", is_collection=True, request=_request(path), plugins=plugins)


def _request(path: str) -> CollectionRequest:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
        CollectionRequest,
        check_name,
    )
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.versions import VersionRange

    name, _colon, versions = path.partition(":")
    try:
        return CollectionRequest(check_name(name), VersionRange.parse(versions or "*").text)
    except InputError as error:
        raise InputError(f"path: there is no directory {path}, and {error.message}") from error
