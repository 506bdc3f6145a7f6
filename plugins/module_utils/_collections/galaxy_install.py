# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Let ``ansible-galaxy`` install collections into a directory of ours, and put what it installed into the cache.

It is ``collection install`` and not ``collection download``, because only that checks signatures. It resolves, fetches
and verifies with the settings of the user: servers, tokens, keyring, certificates, proxies. Of ours are only where it
installs and what it takes for installed.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._errors import InputError, ResolutionError, SourceError, VenvError
from .._galaxy.complaints import Complaint, complaint_of
from .._galaxy.run import MAX_REASON, GalaxyCommand, failure
from .._galaxy.tool import messages_of, reason_of
from .._printable import listed, shortened
from .._store.json import read_json
from .._store.layout import GALAXY
from .._store.staging import staging
from .directory import read_directory
from .requests import CollectionRequest, parse_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._galaxy.settings import GalaxySettings
    from .._galaxy.tool import GalaxyTool
    from .._runner import Completed, Runner
    from .._store.store import Store
    from .collection_cache import CachedCollection, CollectionCache
    from .download import Told

#: As ``_resolve_depenency_map`` in ansible/galaxy/collection/__init__.py says it.
_UNRESOLVED = "Failed to resolve the requested dependencies map"
_UNMET = re.compile(r"\* (\S+) \(")
_HINT = re.compile(r" Hint: Pre-releases .*", re.DOTALL)
#: As ``_get_collection_versions`` in ansible/galaxy/collection/galaxy_api_proxy.py says it.
_SKIPPED = "Skipping Galaxy server"
#: As ``_call_galaxy`` in ansible/galaxy/api.py says that nothing answers.
_UNREACHABLE = "Unknown error when attempting to call Galaxy"

#: Runs in the process of ansible-galaxy, before it starts: notes in the directory ``root`` which address and commit
#: each collection is from. A repository is a list of directories to it (``_compute_collection_dependencies``).
_NOTING = r"""
import json, subprocess
from ansible.galaxy import collection as collections
from ansible.galaxy.collection import concrete_artifact_manager as artifacts
extract, install = artifacts._extract_collection_from_git, collections.install
repositories, origins = [], {}
def noted_extract(address, version, directory):
    path = extract(address, version, directory)
    argv = ["git", "-C", os.fsdecode(path), "rev-parse", "HEAD"]
    commit = subprocess.run(argv, capture_output=True, text=True).stdout.strip()
    repositories.append((os.path.realpath(os.fsdecode(path)), str(address).split(",")[0], commit))
    return path
def origin_of(collection):
    if collection.type == "url":
        return {"type": "url", "source": str(collection.src)}
    place = os.path.realpath(os.fsdecode(collection.src)) if collection.type == "dir" else ""
    for path, address, commit in reversed(repositories):
        if place == path:
            return {"type": "git", "source": address, "version": commit}
        if place.startswith(os.path.join(path, "")):
            within = ("/" if "#" in address else "#/") + os.path.relpath(place, path)
            return {"type": "git", "source": address + within, "version": commit}
    return {}
def noted_install(collection, *arguments, **options):
    install(collection, *arguments, **options)
    origins[collection.fqcn] = origin_of(collection)
    with open(os.path.join(root, "origins.json"), "w", encoding="utf-8") as stream:
        json.dump(origins, stream)
artifacts._extract_collection_from_git, collections.install = noted_extract, noted_install
"""


@dataclass(frozen=True)
class GalaxyInstaller:
    """Runs the ansible-galaxy of ``tool`` as the user of ``settings`` would; ``told`` hears when it begins to fetch."""

    tool: GalaxyTool
    runner: Runner
    store: Store
    cache: CollectionCache
    settings: GalaxySettings
    told: Told | None = None

    @property
    def _galaxy(self) -> GalaxyCommand:
        return GalaxyCommand(self.tool, self.runner, self.settings, "collections_source galaxy")

    def fetch(self, requests: Sequence[CollectionRequest], held: Sequence[CachedCollection]) -> list[CachedCollection]:
        """The collections that ansible-galaxy resolves ``requests`` to, with all they depend on, but for ``held``.

        Raises :class:`ResolutionError` where no versions meet all requirements, with those that are not met in
        ``unmet``; else :class:`SourceError`.
        """
        what = listed([shortened(request.name, 80) for request in requests])
        if self.told is not None:
            self.told(0, 0)  # how much it will be is not known
        python = self._galaxy.python(what)
        self.store.prepare()
        with staging(self.store.directory(GALAXY)) as scratch:
            root = os.path.join(scratch, "ansible_collections")
            for collection in held:
                namespace, name = collection.name.split(".")
                os.makedirs(os.path.join(root, namespace), exist_ok=True)
                os.symlink(collection.path, os.path.join(root, namespace, name))
            requirements = os.path.join(scratch, "requirements.yml")
            with open(requirements, "w", encoding="utf-8") as stream:
                there = [CollectionRequest(one.name, one.version) for one in held]
                json.dump({"collections": [_entry(request) for request in (*requests, *there)]}, stream)
            self._run(python, requirements, scratch, what)
            origins = _origins(scratch, requests)
            return [self._cached(path, what, origins) for path in _installed(root)]

    def _run(self, python: str, requirements: str, scratch: str, what: str) -> None:
        # Its cache of answers turns a server that does not answer into a bug, and is of no use here.
        arguments = ["collection", "install", "--no-cache", "--requirements-file", requirements]
        ended = self._galaxy.run(
            python, [*arguments, "--collections-path", scratch], scratch=scratch, what=what, changes=_NOTING
        )
        skipped = [text for _label, text in messages_of(ended.stderr) if text.startswith(_SKIPPED)]
        if ended.returncode != 0 or skipped:
            raise self._error(ended, what, skipped)

    def _error(self, ended: Completed, what: str, skipped: Sequence[str]) -> VenvError:
        """What ansible-galaxy complains of, in one line.

        It goes on with the other servers where one does not answer, and so could take another collection of that name.
        """
        reason = self.settings.masked(reason_of(ended)) if ended.returncode != 0 else _UNRESOLVED
        if _UNRESOLVED not in reason:
            complaint = complaint_of(_HINT.sub("", reason), self.settings.masked(ended.stderr))
            if _UNREACHABLE in reason:
                complaint = replace(complaint, advice=f"{complaint.advice}. Or choose another collections_source")
            return failure(what, complaint)
        if skipped:
            return failure(what, Complaint(self.settings.masked(skipped[0])))
        unmet = _UNMET.findall(reason)
        said = listed([shortened(one, 120) for one in unmet]) or shortened(reason, MAX_REASON)
        return ResolutionError(
            f"ansible-galaxy finds no versions that meet all requirements for {what}; not met: {said}. Correct the "
            "names or versions, or the servers in ansible.cfg (a pre-release must be required exactly)",
            unmet=unmet,
        )

    def _cached(self, path: str, what: str, origins: Mapping[str, Mapping[str, str]]) -> CachedCollection:
        namespace, short = path.split(os.sep)[-2:]
        try:
            collection = read_directory(path)
            # Else who serves one name could have another one kept.
            if collection.name != f"{namespace}.{short}":
                raise SourceError(f"what was delivered as {namespace}.{short} is {collection.name}")
            return replace(self.cache.add(collection), origin=origins.get(collection.name, {}))
        except SourceError as error:
            place = path[: -len(os.path.join(namespace, short))]
            raise failure(what, Complaint(error.message.replace(place, ""))) from error


def _origins(scratch: str, requests: Sequence[CollectionRequest]) -> dict[str, Mapping[str, str]]:
    """The origin of each collection that was installed; see ``CachedCollection``."""
    try:
        noted = read_json(os.path.join(scratch, "origins.json"), dict[str, dict[str, str]])
    except (OSError, ValueError):
        noted = {}
    servers = {one.name: {"source": one.source} for one in requests if one.type == "galaxy" and one.source is not None}
    return {**servers, **{name: origin for name, origin in noted.items() if origin and _can_be_asked(name, origin)}}


def _can_be_asked(name: str, origin: Mapping[str, str]) -> bool:
    """Whether the origin can stand in a request: a dependency's address can have a password."""
    try:
        parse_request({"name": name, **origin})
    except InputError:
        return False
    return True


def _entry(request: CollectionRequest) -> dict[str, object]:
    """As it stands in a requirements file."""
    entry: dict[str, object] = {"name": request.name, "type": request.type}
    if request.version != "*":
        entry["version"] = request.version
    if request.source is not None:
        entry["source"] = request.source
    if request.signatures:
        entry["signatures"] = list(request.signatures)
    return entry


def _installed(root: str) -> Iterator[str]:
    """The directories that ansible-galaxy wrote; it notes where each collection is from in directories with a dot."""
    for namespace in sorted(os.listdir(root)):
        for name in sorted(os.listdir(os.path.join(root, namespace))) if "." not in namespace else ():
            path = os.path.join(root, namespace, name)
            if not os.path.islink(path):
                yield path
