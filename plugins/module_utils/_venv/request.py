# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the user asks a venv to be, checked and in one form, so that equal requests have equal digests."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._packaging.requirement import parse_requirement
from .._paths import check_path
from .._projects.combination import NO_REQUIREMENTS, CombinedRequirements
from .._store.tree import (
    file_sha256,
    json_sha256,
    signature,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._collections.requests import CollectionRequest
    from .._projects.model import PythonRequirement
    from .._roles.requests import RoleRequest
    from .profile import Profile

_PYTHON_VERSION = re.compile(r"3\.\d{1,2}")
_ANY_VERSION = "*"
_CORE = "ansible-core"
#: What few entries of collections and roles have: a request without them is the one that it was before there were any.
_OF_SOME = ("signatures", "requested_revision", "sha256")


@dataclass(frozen=True)
class VenvRequest:
    """What decides the content of a venv, as asked for; where packages are fetched from is not part of it.

    ``constraints`` narrow versions and ask for nothing; ``overrides`` hold in place of what packages say of a name.
    ``hashes`` are, for a package and its versions, the sha256 of the wheels that the files allow. ``siblings`` are
    directories that are importable in the venv. ``python_requirements`` is what the projects say about their Python.
    They, and not the version that is found, are part of the request, so that no interpreter is asked when there is
    nothing to do.
    ``optional_packages`` are installed if they can be together with all else. ``roles`` are those of no collection.
    ``local`` holds a digest of each directory or file that collections and roles come from: its content can change.
    """

    python: str | None
    ansible_core: str | None
    packages: tuple[str, ...]
    collections: tuple[CollectionRequest, ...]
    collections_source: str | None
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    hashes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    siblings: tuple[str, ...] = ()
    python_requirements: tuple[PythonRequirement, ...] = ()
    local: tuple[tuple[str, str], ...] = ()
    optional_packages: tuple[str, ...] = ()
    roles: tuple[RoleRequest, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into the record and into the digest; where something is written does not matter."""
        versions = sorted({one.versions for one in self.python_requirements})
        said = {**asdict(replace(self, python_requirements=())), "python_requirements": versions}
        # Without them a request is the one that it was before there were any.
        for name in ("optional_packages", "roles"):
            if not said[name]:
                del said[name]
        for name in ("collections", "roles"):
            if name in said:
                said[name] = [
                    {key: value for key, value in one.items() if key not in _OF_SOME or value} for one in said[name]
                ]
        return said

    @property
    def digest(self) -> str:
        """The name under which the answer to this request is kept."""
        return json_sha256(self.as_dict())

    @property
    def locked_digest(self) -> str:
        """The name under which a lock answers it, also on another host and in another directory.

        Where something comes from or lies does not count: a lock has the sha256 of all that it lists.
        """
        said = self.as_dict()
        for name in ("python", "local", "siblings", "collections_source"):
            del said[name]
        for one, request in zip(said["collections"], self.collections):
            if request.path is not None:
                one.update(name=request.collection or "", source=None)
        for one, role in zip(said.get("roles", []), self.roles):
            if role.path is not None:
                one.update(src="")
        said["collections"].sort(key=str)
        return json_sha256(said)


def build_request(
    *,
    python: str | None,
    ansible_core: str | None,
    packages: Sequence[str],
    collections: Sequence[Any],
    collections_source: str,
    optional_packages: Sequence[str] = (),
    roles: Sequence[Any] = (),
    profile: Profile | None = None,
    siblings: Sequence[str] = (),
    needs: CombinedRequirements = NO_REQUIREMENTS,
    may_be_empty: bool = False,
    local: Sequence[tuple[str, str]] | None = None,
) -> VenvRequest:
    """Join options, profile and the ``needs`` of projects and requirement files into one request.

    A package of the profile that is among ``optional_packages`` is optional, one of the options or ``needs`` is not.
    ``local`` is what the controller has at the paths in the request, where that counts.
    Raises :class:`InputError` where the parts disagree or are malformed, and where nothing is asked for unless it
    ``may_be_empty``, as a venv for projects without requirements is.
    """
    core, needed_core = _core_requirement(ansible_core), None
    if profile is not None:
        python = _one_of(python, profile.python, option="python")
        needed_core = _core_requirement(profile.ansible_core)
        collections = [*profile.collections, *collections]
        roles = [*profile.roles, *roles]
    asked = _collections(collections)
    optional = {str(parse_requirement(line, where="optional_packages")) for line in optional_packages}
    listed = {_requirement(line) for line in profile.packages} if profile is not None else set()
    own = {_requirement(line) for line in packages} | (listed - optional)
    request = VenvRequest(
        python=_python(python),
        ansible_core=core or needed_core,
        packages=tuple(sorted(own | {*needs.requirements})),
        collections=tuple(sorted(asked, key=lambda one: (one.name, one.version, one.source or ""))),
        collections_source=collections_source if asked else None,
        # A core that was chosen has to fit what the profile needs.
        constraints=(*needs.constraints, *([needed_core] if core and needed_core and core != needed_core else [])),
        overrides=_overrides(own, needs),
        hashes=needs.hashes,
        siblings=tuple(sorted({_sibling(directory) for directory in (*siblings, *needs.siblings)})),
        python_requirements=needs.python,
        optional_packages=tuple(sorted(optional - own - {*needs.requirements})),
        roles=tuple(sorted(_roles(roles), key=lambda one: one.name)),
    )
    listed_content = (request.packages, request.optional_packages, request.collections, request.roles, request.siblings)
    if not (may_be_empty or request.ansible_core or any(listed_content)):
        raise InputError(
            "Nothing is requested: set projects, packages, requirements, collections, roles, siblings, ansible_core or "
            "profile"
        )
    return replace(request, local=tuple(_local_content(request) if local is None else local))


def _collections(entries: Sequence[Any]) -> list[CollectionRequest]:
    if not entries:
        return []
    from .._collections.requests import parse_requests

    return parse_requests(entries)


def _roles(entries: Sequence[Any]) -> list[RoleRequest]:
    if not entries:
        return []
    from .._roles.requests import parse_roles

    return parse_roles(entries)


def _overrides(own: set[str], needs: CombinedRequirements) -> tuple[str, ...]:
    """Those of files, and what the options ask for of the same names, which an override would silence."""
    names = {parse_requirement(line, where="overrides").name for line in needs.overrides}
    return tuple(sorted({*needs.overrides, *(line for line in own if parse_requirement(line, where="").name in names)}))


def _one_of(option_value: str | None, profile_value: str | None, *, option: str) -> str | None:
    if option_value and profile_value and option_value != profile_value:
        raise InputError(
            f"{option}: {option_value!r} differs from the profile's {profile_value!r}; set only one of them"
        )
    return option_value or profile_value


def _sibling(directory: str) -> str:
    if not os.path.isabs(os.path.expanduser(directory)):
        raise InputError(f"siblings: {directory!r} is not an absolute path")
    path = check_path(directory, option="siblings")
    if not os.path.isdir(path):
        raise InputError(f"siblings: {directory} is not a directory of this host")
    return path


def _python(python: str | None) -> str | None:
    if python is None or _PYTHON_VERSION.fullmatch(python):
        return python
    if os.path.isabs(os.path.expanduser(python)):
        return os.path.expanduser(python)
    raise InputError(f"python: {python!r} is neither a version such as '3.12' nor an absolute path of an interpreter")


def _core_requirement(text: str | None) -> str | None:
    """``2.19.14``, ``~=2.19.5``, ``*`` or a whole requirement, as a requirement of ansible-core."""
    if text is None:
        return None
    bare = text.strip()
    if bare == _ANY_VERSION:
        return _CORE
    if bare[:1].isdigit():
        bare = f"{_CORE}=={bare}"
    elif not bare.startswith(_CORE):
        bare = f"{_CORE}{bare}"
    requirement = _requirement(bare)
    if not re.fullmatch(rf"{_CORE}(?![A-Za-z0-9._-])[^;]*", requirement):
        raise InputError(f"ansible_core: {text!r} is not a version of ansible-core, such as '2.19.14' or '~=2.19.5'")
    return requirement


def _requirement(line: str) -> str:
    """One PEP 508 requirement by name, in one spelling. Options, paths and addresses are refused."""
    return str(parse_requirement(line, where="packages"))


def _local_content(request: VenvRequest) -> Iterable[tuple[str, str]]:
    places = {one.path for one in request.collections} | {one.path for one in request.roles}
    places |= {request.collections_source}
    for place in sorted(place for place in places if place and os.path.isabs(place)):
        if os.path.isdir(place):
            yield place, signature(place)
        elif os.path.isfile(place):
            yield place, file_sha256(place)
