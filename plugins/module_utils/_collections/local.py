# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Collections on this host: a directory of collections or tarballs, one collection's directory, or one tarball."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._errors import SourceError
from .build import GALAXY_FILE
from .directory import manifest_of_directory, read_directory
from .manifest import MANIFEST
from .requests import by_name
from .source import CollectionCandidate
from .tarball import manifest_of_tarball, read_tarball

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .build import TreeBuilder
    from .requests import CollectionRequest

_TARBALL = ".tar.gz"


class LocalSource:
    """The collections at ``path``.

    A directory is looked through in the forms that people have: the collection itself; ``<ns>/<name>`` below it or
    below its ``ansible_collections``; ``<name>`` below a namespace; tarballs ``<ns>-<name>-<version>.tar.gz``.
    """

    def __init__(self, path: str, *, builder: TreeBuilder) -> None:
        self.spec = path
        self.builder = builder
        self._found: list[CollectionCandidate] | None = None

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        """See ``CollectionSource``: what is there does not depend on what is asked for."""
        return by_name(requests, self.spec)

    def names(self) -> Sequence[str]:
        """The names of all collections found."""
        return sorted({candidate.name for candidate in self._candidates()})

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """All versions found of a collection."""
        return [candidate for candidate in self._candidates() if candidate.name == name]

    def core_requirement(self) -> str | None:
        """None: a directory says nothing about ansible-core."""
        return None

    def _candidates(self) -> list[CollectionCandidate]:
        if self._found is None:
            self._found = [candidate_at(path, builder=self.builder) for path in collection_paths(self.spec)]
        return self._found


def candidate_at(path: str, *, builder: TreeBuilder) -> CollectionCandidate:
    """The collection in the tarball or directory ``path``; raises :class:`SourceError` when there is none.

    A source tree is built for that: only ansible-galaxy knows which collection it is.
    """
    if os.path.isfile(path):
        manifest, read = manifest_of_tarball(path), read_tarball
    elif not os.path.isdir(path):
        raise SourceError(f"{path} does not exist, or is neither a tarball nor a directory")
    elif os.path.lexists(os.path.join(path, MANIFEST)):
        manifest, read = manifest_of_directory(path), read_directory
    elif os.path.lexists(os.path.join(path, GALAXY_FILE)):
        return CollectionCandidate.taken(builder.build(path))
    else:
        raise SourceError(f"{path} is not a collection: it has neither {MANIFEST} nor {GALAXY_FILE}")
    return CollectionCandidate(
        manifest.name, manifest.version, manifest.dependencies, lambda: builder.cache.add(read(path))
    )


def collection_paths(path: str) -> list[str]:
    """The tarballs and directories of collections at ``path``, sorted; raises :class:`SourceError` without any."""
    if os.path.isfile(path) or _is_collection(path):
        return [path]
    root = os.path.join(path, "ansible_collections")
    found = sorted(_below(root if os.path.isdir(root) else path, depth=2))
    if not found:
        raise SourceError(
            f"{path} contains no collection: neither {MANIFEST} or {GALAXY_FILE}, nor <namespace>/<name> directories, "
            f"nor <namespace>-<name>-<version>{_TARBALL}"
        )
    return found


def _below(directory: str, *, depth: int) -> Iterator[str]:
    try:
        names = os.listdir(directory)
    except OSError as error:
        raise SourceError(f"{directory} cannot be read: {error.strerror}") from error
    for name in names:
        found = os.path.join(directory, name)
        if name.endswith(_TARBALL) and os.path.isfile(found) or _is_collection(found):
            yield found
        elif depth > 1 and os.path.isdir(found) and not name.startswith("."):
            yield from _below(found, depth=depth - 1)


def _is_collection(path: str) -> bool:
    return any(os.path.lexists(os.path.join(path, name)) for name in (MANIFEST, GALAXY_FILE))
