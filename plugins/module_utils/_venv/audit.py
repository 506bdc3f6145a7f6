# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Look at a built venv from outside: every file must be one that a record accounts for, with the content it states.

The installer is not asked: uv and pip trust their own dist-info, also after a crash or a full disk. Nor is anything of
the venv started: until this has passed, no package in it is trusted.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from .._collections.collection import content_digest
from .._errors import AuditError
from .._packaging.record import (
    RecordRow,
    file_digest,
    parse_hash,
    record_rows,
    unstated_scripts,
    unusable_hash,
)
from .._packaging.requirement import normalise_name
from .._printable import shortened
from .._roles.copy import ROLES_DIRECTORY
from .._roles.tree import manifest_digest
from .._store.tree import CACHE_DIRECTORY, manifest
from .venv_files import belongs_to_venv

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from .._store.tree import ManifestValue
    from .plan import VenvPlan

    Manifest = Mapping[str, ManifestValue]

_DIST_INFO = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")
#: A file cannot state its own hash, nor that of a signature over it; signatures need not be listed.
_WITHOUT_HASH = ("RECORD", "RECORD.jws", "RECORD.p7s")
_DIFFERS = "differs"
_MOST_SHOWN = 10


class SharedFile(NamedTuple):
    """A file that several packages claim: its path, who claims it, and whose content it does not have.

    Packages are named as their metadata directory is: ``six-1.17.0``.
    """

    path: str
    packages: list[str]
    overwritten: list[str]


class _Finding(NamedTuple):
    """What is ``wrong``; with a ``path`` it is wrong with that file, of ``package`` where it is one's."""

    wrong: str
    path: str = ""
    package: str = ""


class _Claim(NamedTuple):
    """A row of a package's RECORD, and what is wrong with the file that it lists."""

    package: str
    row: RecordRow
    wrong: str | None


def audit(
    root: str,
    files: Manifest,
    *,
    site: str,
    empty_venv: Manifest,
    plan: VenvPlan,
    unpacked: Callable[[str], Sequence[str]],
) -> list[SharedFile]:
    """Compare the manifest ``files`` of the venv in ``root`` with what the plan and the wheels' RECORDs say.

    Returns the files that several packages claim. Which of them the installer wrote last is by chance; the content is
    accepted when it is what one of them states.

    ``site``: site-packages, relative to root. ``empty_venv``: the manifest before anything was installed, which must
    still hold, so that no wheel replaces ``bin/python`` or a file of ours. ``unpacked``: where the installer keeps the
    wheels with a ``.dist-info`` directory of that name.
    Raises :class:`AuditError` that lists up to ten findings.
    """
    found = _Audit(root, files, site=site, empty_venv=empty_venv, unpacked=unpacked)
    replaced = [f"{path} was replaced by a package" for path, value in empty_venv.items() if files.get(path) != value]
    inside = [*found.packages(plan), *found.collections(plan), *found.roles(plan)]
    strangers = [f"{shortened(path)} does not belong to a package" for path in files if path not in found.accounted]
    findings = sorted({*replaced, *_told(inside), *strangers})
    if findings:
        shown = "; ".join(findings[:_MOST_SHOWN])
        raise AuditError(
            f"The venv built in {root} differs from the resolved packages: {shown}", findings=len(findings)
        )
    return found.shared


def _is_collection(files: Manifest, sha256: str) -> bool:
    """Whether these are the files of the collection with that digest."""
    hashes = {path: value[0] for path, value in files.items() if not isinstance(value, str)}
    return len(hashes) == len(files) and content_digest(hashes) == sha256


def _edited(entry: str) -> str:
    return f", because files in {entry} were changed: remove that directory and run this again"


def _told(findings: Sequence[_Finding]) -> list[str]:
    """One sentence for all files of a package with which the same is wrong: what has to be changed is the package."""
    files: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in findings:
        files[one.wrong, one.package].add(one.path)
    told = []
    for (wrong, package), paths in files.items():
        first, number = shortened(min(paths)), len(paths)
        of = f" of {shortened(package)}" if package else ""
        file = f"each of {number} files{of}, such as {first}," if number > 1 else f"{first}{of}"
        told.append(f"{file} {wrong}" if first else wrong)
    return told


class _Audit:
    """What was found so far: ``accounted`` are the paths that something answers for, ``shared`` are of several."""

    def __init__(
        self,
        root: str,
        files: Manifest,
        *,
        site: str,
        empty_venv: Manifest,
        unpacked: Callable[[str], Sequence[str]],
    ) -> None:
        self._root = root
        self._unpacked = unpacked
        self._files = files
        self._site = site
        self._empty_venv = {path.casefold() for path in empty_venv}
        self.accounted = {*empty_venv}
        self.shared: list[SharedFile] = []
        self._claims: dict[str, list[_Claim]] = defaultdict(list)

    def packages(self, plan: VenvPlan) -> Iterator[_Finding]:
        """What is wrong with the distributions, each by its RECORD, and all by the plan."""
        found: dict[str, list[str]] = defaultdict(list)
        for dist_info, inside in self._dist_infos().items():
            match = _DIST_INFO.fullmatch(dist_info)
            if match and f"{self._site}/{dist_info}/RECORD" in inside:
                found[normalise_name(match["name"])].append(match["version"])
                yield from self._record(dist_info, inside)
        for path, claims in self._claims.items():
            yield from self._check_claims(path, claims)
        for one in plan.packages:
            versions = found.pop(normalise_name(one.name), None)
            if versions is None:
                yield _Finding(f"{one.name} {one.version} is missing")
            elif [normalise_name(version) for version in versions] != [normalise_name(one.version)]:
                yield _Finding(f"{one.name} is {' and '.join(versions)} instead of {one.version}")
        for name, versions in found.items():
            yield _Finding(f"{shortened(name)} {' and '.join(versions)} was not requested")

    def _dist_infos(self) -> dict[str, set[str]]:
        """The paths in each directory of site-packages that can be one of metadata, by its name."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in self._files:
            if path.startswith(f"{self._site}/"):
                top = path[len(self._site) + 1 :].partition("/")[0]
                if top.endswith(".dist-info"):
                    found[top].add(path)
        return found

    def _record(self, dist_info: str, inside: Collection[str]) -> Iterator[_Finding]:
        package, own = shortened(dist_info), f"{self._site}/{dist_info}"
        record = f"{own}/RECORD"
        if isinstance(self._files[record], str):
            yield _Finding(f"RECORD of {package} is a link")
            return
        try:
            with open(os.path.join(self._root, record), "rb") as stream:
                rows = record_rows(stream.read())
        except (OSError, ValueError) as error:
            yield _Finding(f"RECORD of {package} cannot be read: {error}")
            return
        listed = set()
        for row in rows:
            path = posixpath.normpath(posixpath.join(self._site, row.path))
            listed.add(path)
            wrong = self._misplaced(path, own)
            if wrong:
                yield _Finding(wrong, path, dist_info)
            else:
                self._claims[path].append(_Claim(package, row, self._unlike(path, row, own)))
        if any(path.startswith("bin/") for path in listed):
            yield from self._scripts(dist_info)
        listed |= {f"{own}/{name}" for name in _WITHOUT_HASH}
        unlisted = {*inside} - listed
        yield from (_Finding(f"is not in the RECORD of {package}", path) for path in unlisted)
        self.accounted |= listed | unlisted

    def _scripts(self, dist_info: str) -> Iterator[_Finding]:
        """What is wrong with the scripts of a wheel.

        uv rewrites the first line of a script and states a hash of its own: the wheel's is only in its cache. That can
        hold other wheels of this version; one of them has to be right.
        """
        try:
            found = min((unstated_scripts(one, dist_info) for one in self._unpacked(dist_info)), key=len, default=())
            yield from (_Finding(wrong, path, dist_info) for path, wrong in found)
        except (OSError, ValueError) as error:
            yield _Finding(f"RECORD of {shortened(dist_info)} cannot be read: {error}")

    def _check_claims(self, path: str, claims: Sequence[_Claim]) -> Iterator[_Finding]:
        """What is wrong with a file, by all that claim it: it may differ from what one states if another states it."""
        packages = sorted({claim.package for claim in claims})
        right = {claim.package for claim in claims if claim.wrong is None}
        for claim in claims:
            if claim.wrong == _DIFFERS and not right - {claim.package}:
                verb = "states" if len(packages) == 1 else "state"
                yield _Finding(f"differs from what {' and '.join(packages)} {verb}", path)
            elif claim.wrong is not None and claim.wrong != _DIFFERS:
                yield _Finding(claim.wrong, path, claim.package)
        if len(packages) > 1 and CACHE_DIRECTORY not in path.split("/"):
            bare = {package: package.removesuffix(".dist-info") for package in packages}
            overwritten = [name for package, name in bare.items() if package not in right]
            self.shared.append(SharedFile(shortened(path), [*bare.values()], overwritten))

    def _misplaced(self, path: str, own: str) -> str | None:
        """Why the distribution whose dist-info is ``own`` must not have a file at ``path``."""
        if posixpath.isabs(path) or path.split("/")[0] == "..":
            return "is outside of the venv"
        if path.casefold() in self._empty_venv or belongs_to_venv(path, site=self._site):
            return "belongs to the venv itself: packages must not contain it"
        top = posixpath.join(*path.split("/")[: own.count("/") + 1])
        if top != own and top.casefold().endswith((".dist-info", ".egg-info")) and posixpath.dirname(top) == self._site:
            return "belongs to another package"  # whoever writes its RECORD says what its files must be
        return None

    def _unlike(self, path: str, row: RecordRow, own: str) -> str | None:
        """What is wrong with the file that ``row`` lists; bytecode was removed, and is compiled from its source."""
        if CACHE_DIRECTORY in path.split("/")[:-1]:
            return None
        value = self._files.get(path)
        if value is None:
            return "is missing"
        if isinstance(value, str):
            return "is a link, which is not allowed in a wheel"
        if not row.stated and posixpath.dirname(path) == own and posixpath.basename(path) in _WITHOUT_HASH:
            return None
        stated = parse_hash(row.stated)
        if stated is None:
            return unusable_hash(row.stated)
        algorithm, digest = stated
        found = value[0] if algorithm == "sha256" else file_digest(os.path.join(self._root, path), algorithm)
        return None if found == digest.hex() else _DIFFERS

    def collections(self, plan: VenvPlan) -> Iterator[_Finding]:
        """Collections that are not what was verified when they were fetched."""
        root = posixpath.join(self._site, "ansible_collections", "")
        inside: dict[str, dict[str, ManifestValue]] = defaultdict(dict)
        for path, value in self._files.items():
            if path.startswith(root):
                namespace, name, *rest = path[len(root) :].split("/", 2) + [""]
                if rest[0]:
                    inside[f"{namespace}.{name}"][rest[0]] = value
        for one in plan.collections:
            directory = posixpath.join(root, *one.name.split("."), "")
            found = inside[one.name]
            self.accounted.update(directory + path for path in found)
            if not _is_collection(found, one.sha256):
                reason = "" if _is_collection(manifest(one.path), one.sha256) else _edited(os.path.dirname(one.path))
                yield _Finding(f"{directory} differs from {one.name} {one.version}{reason}")

    def roles(self, plan: VenvPlan) -> Iterator[_Finding]:
        """Roles that are not what was fetched."""
        for one in plan.roles:
            directory = posixpath.join(ROLES_DIRECTORY, one.name, "")
            found = {path[len(directory) :]: value for path, value in self._files.items() if path.startswith(directory)}
            self.accounted.update(directory + path for path in found)
            if manifest_digest(found) != one.sha256:
                yield _Finding(f"{directory} differs from the role {one.name} {one.version}".rstrip())
