# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From a request to a lock: which interpreter, which collections, which wheels. Reads indexes, changes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from .._collections.locked import UPDATE, LockedSource, check_content
from .._collections.resolve import check_core, check_core_choice, resolve
from .._collections.versions import core_requirement, excludes
from .._errors import ResolutionError
from .._packaging.marker import holds
from .._packaging.pylock import LockedPackage
from .._packaging.requirement import parse_requirement
from .._packaging.version import allows
from .._printable import listed, shortened
from .._store.tree import json_sha256
from .build_progress import COLLECTIONS, RESOLVE, ROLES, SILENT
from .optional_packages import NOT_LOCKED, resolve_optional
from .venv_files import our_files

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from .._collections.collection_cache import CachedCollection
    from .._collections.source import CollectionSource
    from .._packaging.requirement import Requirement
    from .._python.interpreter import Interpreter
    from .._roles.role_cache import CachedRole
    from .._roles.source import RoleSource
    from .._uv.commands import Uv
    from .build_progress import Reporter
    from .carried_content import CarriedContent
    from .lockfile import Lockfile
    from .request import VenvRequest

SCHEMA = 2
_CORE = "ansible-core"
_MAX_REASON = 600


@dataclass(frozen=True)
class LockedClosure:
    """How what was locked, and not resolved, is checked once it is installed.

    ``required`` is what is asked for; what is ``overridden`` holds whatever others say of it.
    """

    required: tuple[Requirement, ...] = ()
    overridden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class VenvPlan:
    """A lock: all that decides what a generation holds."""

    interpreter: Interpreter
    packages: tuple[LockedPackage, ...]
    collections: tuple[CachedCollection, ...]
    siblings: tuple[str, ...] = ()
    #: The optional packages that it does not have, with the reasons.
    left_out: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[CachedRole, ...] = ()
    #: None for what was resolved.
    closure: LockedClosure | None = None

    @property
    def digest(self) -> str:
        """The generation's id; the same content has the same one, whatever it was asked for as.

        What was left out counts as content, because the generation says it.
        """
        content = {
            "schema": SCHEMA,
            "ours": our_files("site-packages", siblings=self.siblings),
            "interpreter": self.interpreter.identity(),
            "packages": sorted((one.name, one.version, one.sha256) for one in self.packages),
            "collections": sorted((one.name, one.version, one.sha256) for one in self.collections),
            **({"left_out": dict(self.left_out)} if self.left_out else {}),
            **({"roles": sorted((one.name, one.version, one.sha256) for one in self.roles)} if self.roles else {}),
        }
        return json_sha256(content)[:32]

    @property
    def core_version(self) -> str | None:
        """The version of ansible-core in it."""
        return next((one.version for one in self.packages if one.name == _CORE), None)

    def record(self) -> dict[str, Any]:
        """What the generation's marker says of its content."""
        return {
            "schema": SCHEMA,
            "interpreter": asdict(self.interpreter),
            "ansible_core": self.core_version,
            "packages": [{"name": one.name, "version": one.version, "sha256": one.sha256} for one in self.packages],
            "collections": [
                {
                    "name": one.name,
                    "version": one.version,
                    "sha256": one.sha256,
                    **({"origin": dict(one.origin)} if one.origin else {}),
                }
                for one in self.collections
            ],
            "roles": [
                {
                    "name": one.name,
                    "version": one.version,
                    "sha256": one.sha256,
                    "src": one.src,
                    "scm": one.scm,
                    "requested_revision": one.requested_revision,
                }
                for one in self.roles
            ],
            "left_out": dict(self.left_out),
        }

    def requirements_txt(self) -> str:
        """The hashed list that uv installs from, and that any pip can."""
        return "".join(f"{one.name}=={one.version} --hash=sha256:{one.sha256}\n" for one in self.packages)


def make_plan(
    request: VenvRequest,
    *,
    interpreter: Interpreter,
    source: CollectionSource | None,
    uv: Callable[[], Uv],
    offline: bool,
    roles: RoleSource | None = None,
    reporter: Reporter = SILENT,
    carried: CarriedContent | None = None,
) -> VenvPlan:
    """Resolve ``request``; ``source`` is needed where it has collections, ``roles`` where it has roles.

    Where the controller resolved them, they are ``carried``.

    Raises of the ``VenvError`` family.
    """
    reporter.begin(COLLECTIONS)
    collections = tuple(resolve(request.collections, source)) if source is not None else ()
    reporter.begin(ROLES)
    brought = tuple(roles.deliver(request.roles)) if roles is not None else ()
    core = request.ansible_core
    core_of_source = source.core_requirement() if source is not None else None
    if carried is not None:
        collections, brought, core_of_source = carried.collections, carried.roles, carried.core
    if core is None and (source is not None or collections):
        core = core_of_source or _CORE
    if core == _CORE:
        supported = [one.requires_ansible for one in collections if one.requires_ansible is not None]
        core = core_requirement(supported) or _CORE
    if core is not None:
        check_core_choice(collections, core.removeprefix(_CORE))
        _check_constraints(core, request.constraints)
    requirements = [*([core] if core else []), *request.packages]
    packages: Sequence[LockedPackage] = ()
    reporter.begin(RESOLVE)
    left_out: Mapping[str, str] = {}
    if requirements or request.optional_packages:
        resolve_lines = partial(
            uv().compile,
            python=interpreter.executable,
            constraints=request.constraints,
            overrides=request.overrides,
            hashes=dict(request.hashes),
        )
        packages, left_out = resolve_optional(requirements, request.optional_packages, resolve_lines, offline=offline)
    plan = VenvPlan(
        interpreter,
        tuple(packages),
        collections,
        siblings=request.siblings,
        left_out=left_out,
        roles=brought,
    )
    if plan.core_version is not None:
        check_core(collections, plan.core_version)
    return plan


def _check_constraints(core: str, constraints: Sequence[str]) -> None:
    """Raise :class:`ResolutionError` where the ``core`` that was chosen is none that a profile or file allows."""
    for line in constraints:
        requirement = parse_requirement(line, where="constraints")
        ranges = [core.removeprefix(_CORE), requirement.versions]
        if requirement.name == _CORE and not requirement.marker and excludes(*ranges):
            raise ResolutionError(
                f"ansible_core: {core} is not what the profile and the constraints allow: {line}. Choose another "
                "ansible_core, or another collections_source if that requires it"
            )


def plan_from_lock(
    request: VenvRequest,
    lock: Lockfile,
    *,
    interpreter: Interpreter,
    source: CollectionSource | None,
    roles: RoleSource | None = None,
    carried: CarriedContent | None = None,
) -> VenvPlan:
    """Exactly what is locked, nothing resolved; raises :class:`ResolutionError` where that is not what is asked for."""
    if lock.request_digest != request.locked_digest:
        differences = "; ".join(_unmet(request, lock))
        said = f" ({shortened(differences, _MAX_REASON)})" if differences else ""
        raise ResolutionError(f"The lock is for other requirements{said}: {UPDATE}")
    if lock.python != "{}.{}".format(*interpreter.minor):
        raise ResolutionError(
            f"The lock is for Python {lock.python}, and {interpreter.executable} is {interpreter.version}: set the "
            "option 'python'"
        )
    collections: Sequence[CachedCollection] = ()
    if carried is not None:
        collections = carried.collections
    elif source is not None:
        collections = resolve(request.collections, LockedSource(lock.collections, source))
    check_content("collections", collections, lock.collections)
    brought: tuple[CachedRole, ...] = ()
    if carried is not None:
        brought = carried.roles
        check_content("roles", brought, lock.roles)
    elif roles is not None:
        brought = tuple(roles.locked(lock.roles))
    packages = tuple(LockedPackage(name, version, "", "", sha256) for name, version, sha256 in lock.packages)
    names = {one.name for one in packages}
    _check_required(request, names, brought)
    left_out = dict.fromkeys(_not_locked(request.optional_packages, packages, interpreter), NOT_LOCKED)
    plan = VenvPlan(
        interpreter,
        packages,
        tuple(collections),
        siblings=request.siblings,
        left_out=left_out,
        roles=brought,
        closure=_closure(request),
    )
    if plan.core_version is not None:
        check_core(plan.collections, plan.core_version)
    return plan


def _not_locked(lines: Sequence[str], packages: Sequence[LockedPackage], interpreter: Interpreter) -> Iterator[str]:
    """The optional ``lines`` that are for this Python and that no package of a lock meets."""
    versions = {one.name: one.version for one in packages}
    for line in lines:
        requirement = parse_requirement(line, where="optional_packages")
        version = versions.get(requirement.name)
        if not (version and allows(requirement.versions, version)) and _is_for(requirement.marker, interpreter):
            yield line


def _is_for(marker: str, interpreter: Interpreter) -> bool:
    """Whether a marker holds on this host, as far as the interpreter tells without being started."""
    from .._verify.probe import markers

    values = {
        **markers(),
        "implementation_name": interpreter.implementation.lower(),
        "implementation_version": interpreter.version,
        "platform_machine": interpreter.machine,
        "platform_python_implementation": interpreter.implementation,
        "python_full_version": interpreter.version,
        "python_version": "{}.{}".format(*interpreter.minor),
    }
    return holds(marker, values)


def _closure(request: VenvRequest) -> LockedClosure:
    return LockedClosure(
        tuple(parse_requirement(line, where="packages") for line in request.packages),
        frozenset(parse_requirement(line, where="overrides").name for line in request.overrides),
    )


def _check_required(request: VenvRequest, packages: Collection[str], roles: Sequence[CachedRole]) -> None:
    """Raise :class:`ResolutionError` where these, which a lock lists, are not all that is required."""
    core = [request.ansible_core or _CORE] if request.ansible_core or request.collections else []
    required = ((line, parse_requirement(line, where="packages")) for line in (*core, *request.packages))
    lost = [line for line, requirement in required if not requirement.marker and requirement.name not in packages]
    needed = {*(one.name for one in request.roles), *(name for one in roles for name in one.dependencies)}
    lost += [f"the role {name}" for name in sorted(needed - {one.name for one in roles})]
    if lost:
        raise ResolutionError(f"The lock does not have what is required, {listed(lost)}: {UPDATE}")


def _unmet(request: VenvRequest, lock: Lockfile) -> Iterator[str]:
    """What ``request`` requires and ``lock`` does not have, as far as names and versions tell."""
    packages = {name: version for name, version, _sha256 in lock.packages}
    for line in (*request.packages, *([request.ansible_core] if request.ansible_core else [])):
        requirement = parse_requirement(line, where="packages")
        version = packages.get(requirement.name)
        if not requirement.marker and not (version and allows(requirement.versions, version)):
            yield f"{line} is required, and the lock has {version or 'no version of it'}"
    collections = {one.name: one for one in lock.collections}
    for asked in request.collections:
        locked = collections.get(asked.collection or "")
        if asked.collection is not None and (locked is None or locked.difference(asked)):
            yield locked.difference(asked) if locked is not None else f"it does not have {asked.name}"
    roles = {one.name: one for one in lock.roles}
    for wanted in request.roles:
        role = roles.get(wanted.name)
        if role is None or role.difference(wanted):
            yield role.difference(wanted) if role is not None else f"it does not have the role {wanted.name}"
