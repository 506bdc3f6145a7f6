# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A task of the module ``shared_venv``: from its options to its result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import InputError, ResolutionError
from .._projects.combination import combined
from .._projects.entry import parse_projects
from .._store.store import Store
from .._uv.package_index import PackageIndex
from .manager import SharedVenv
from .report import diff, facts, lost_edits, overwritten_files, requested
from .request import build_request

# What a run that changes nothing does not need is imported where it is: each start compiles what it imports anew.

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableSet, Sequence

    from .._projects.combination import CombinedRequirements
    from .._projects.entry import Project
    from .._projects.model import ProjectRequirements
    from .._runner import Runner
    from .._store.links import PublicLink
    from .carried_content import CarriedContent
    from .lockfile import Lockfile
    from .manager import VenvOutcome
    from .profile import Profile
    from .request import VenvRequest
    from .wheels import CarriedWheels

#: The value of the options name and parent that lets the module choose.
AUTO = "auto"


@dataclass(frozen=True)
class VenvTask:
    """``options`` are those of the module. ``scratch`` makes a directory that goes when the task ends.

    ``masked`` are the texts that are hidden in results; ``warn`` tells the user a sentence.
    """

    options: Mapping[str, Any]
    runner: Runner
    is_check: bool
    scratch: Callable[[], str]
    masked: MutableSet[str]
    warn: Callable[[str], None]

    def run(self) -> dict[str, Any]:
        """Do what the options ask for; returns the result."""
        options = self.options
        if options["progress_id"] is not None:
            from .._progress import check_ident

            check_ident(options["progress_id"])
        store = Store(options["store"])
        projects = parse_projects(options["projects"]) if options["projects"] is not None else []
        if options["linking"] != "none":
            from .._link.link_path import check_can_link

            check_can_link(projects, replace=options["linking"] == "replace")
        is_asked = options["state"] == "present" and options["generation"] == "current"
        sources = self._sources(projects) if is_asked else []
        parent = _parent(options["parent"], projects, sources)
        needs = combined(sources)
        profile = self._profile() if is_asked else None
        carried = self._carried() if is_asked else None
        request = self._request(needs, carried, profile) if is_asked else None
        link = self._link(store, parent, request)
        venv = SharedVenv(
            store,
            link,
            runner=self.runner,
            index=PackageIndex.of(options, masked=self.masked),
            verify=options["verify"],
            scratch=self.scratch() if self.is_check else None,
            tools_store=options["tools_store"],
            progress_id=options["progress_id"],
            carried=self._content(carried, store),
        )
        told: dict[str, Any] = {}
        if request is not None:
            if carried is not None and carried.index is not None:
                return {"changed": False, "wheels": self._needed_wheels(carried, store, request)}
            told["requested"] = requested(needs, [one for source in sources for one in source.declared])
            outcome = self.ensure(venv, request, sources)
            told["left_out"] = outcome.left_out(request)
            told["missing_system_packages"] = self._missing_system(profile, outcome)
        elif options["state"] == "absent":
            outcome = self._remove(venv)
        else:
            outcome = venv.inspect_previous() if self.is_check else venv.go_back(lock_timeout=options["lock_timeout"])
        self._warn_of(outcome, link)
        return {
            "changed": outcome.changed,
            "built": outcome.built,
            "path": link.path,
            "parent": parent,
            "linked_projects": list(outcome.linked_projects),
            "diff": diff(link, outcome),
            **told,
            **facts(outcome),
        }

    def _sources(self, projects: Sequence[Project]) -> list[ProjectRequirements]:
        """What projects, requirement files and constraint files ask for."""
        options = self.options
        if not (projects or options["requirements"] or options["constraints"]):
            return []
        from .._projects.reader import read_file, read_projects

        files = [
            read_file(path, constraint=option == "constraints", index_url=options["index_url"])
            for option in ("requirements", "constraints")
            for path in options[option]
        ]
        return [*read_projects(projects, index_url=options["index_url"]), *files]

    def _link(self, store: Store, parent: str | None, request: VenvRequest | None) -> PublicLink:
        if self.options["name"] == AUTO:
            if request is None:
                raise InputError(
                    f"name: {AUTO} is for a venv that is to be present; set the name or the path of the venv"
                )
            from .naming import name_of

            return store.named(name_of(request))
        if self.options["path"] is not None:
            return store.at(self.options["path"])
        if self.options["name"] is not None:
            return store.named(self.options["name"])
        from .._projects.parent import venv_name

        return store.named(venv_name(str(parent)))

    def _carried(self) -> CarriedWheels | None:
        """What the action sends along for a host without a network."""
        if self.options["wheels"] is None:
            return None
        from .wheels import CarriedWheels

        return CarriedWheels.parse(self.options["wheels"])

    def _content(self, carried: CarriedWheels | None, store: Store) -> CarriedContent | None:
        """What was sent of collections and roles; check mode says what would be sent."""
        content = carried.content if carried is not None and carried.index is None else None
        return content if content is None or self.is_check else content.in_store(store)

    def _profile(self) -> Profile | None:
        if not self.options["profile"]:
            return None
        from .profile import parse_profile

        return parse_profile(self.options["profile"])

    def _request(
        self, needs: CombinedRequirements, carried: CarriedWheels | None, profile: Profile | None
    ) -> VenvRequest:
        options = self.options
        for warning in (*needs.notes, *(profile.warnings() if profile is not None else ())):
            self.warn(warning)
        return build_request(
            **{
                key: options[key]
                for key in (
                    "python",
                    "ansible_core",
                    "packages",
                    "optional_packages",
                    "collections",
                    "collections_source",
                    "roles",
                    "siblings",
                )
            },
            profile=profile,
            needs=needs,
            may_be_empty=bool(options["projects"] or options["requirements"]),
            local=carried.local if carried is not None else None,
        )

    def ensure(
        self, venv: SharedVenv, request: VenvRequest, sources: Sequence[ProjectRequirements] = ()
    ) -> VenvOutcome:
        """The venv, and the lock where one is asked for; that it can be written is known before anything is built."""
        options, directory = self.options, self.options["lock"]
        lock = _read_lock(directory) if options["locked"] else None
        if directory is not None and lock is None:
            self._check_lock(directory, venv, request)
        try:
            if self.is_check:
                outcome = venv.predict(request, upgrade=options["upgrade"], lock=lock)
            else:
                timeout = options["lock_timeout"]
                outcome = venv.ensure(request, upgrade=options["upgrade"], lock=lock, lock_timeout=timeout)
        except ResolutionError as error:
            raise _explained(error, sources, request, venv) from error
        self._warn_of_left_out(outcome.left_out(request))
        if directory is None or lock is not None or outcome.generation is None:
            return outcome
        from .lockfile import lockfile_of, needs_writing, texts_in, write_lockfile

        wanted = lockfile_of(outcome.generation.record, request_digest=request.locked_digest)
        lost = lost_edits(texts_in(directory), wanted, directory)
        if lost is not None:
            self.warn(lost)
        if self.is_check:
            return replace(outcome, changed=outcome.changed or needs_writing(directory, wanted, is_needed=False))
        return replace(outcome, changed=write_lockfile(directory, wanted) or outcome.changed)

    def _check_lock(self, directory: str, venv: SharedVenv, request: VenvRequest) -> None:
        """Raise :class:`InputError` where the lock would have to be written and cannot be."""
        from .lockfile import lockfile_of, needs_writing

        found = venv.inspect(request)
        known = found.generation if not (found.changed or self.options["upgrade"]) else None
        wanted = lockfile_of(known.record, request_digest=request.locked_digest) if known is not None else None
        needs_writing(directory, wanted, is_needed=not self.is_check)

    def _remove(self, venv: SharedVenv) -> VenvOutcome:
        force = self.options["force"]
        if self.is_check:
            return venv.inspect_absent(force=force)
        return venv.remove(force=force, lock_timeout=self.options["lock_timeout"])

    def _needed_wheels(self, carried: CarriedWheels, store: Store, request: VenvRequest) -> dict[str, Any]:
        """What the action asks before it sends wheels."""
        from .wheels import needed_wheels

        options = self.options
        return needed_wheels(
            carried,
            request,
            store=store,
            runner=self.runner,
            scratch=self.scratch(),
            is_check=self.is_check,
            upgrade=options["upgrade"],
            lock=_read_lock(options["lock"]) if options["locked"] else None,
            tools_store=options["tools_store"],
        )

    def _warn_of_left_out(self, packages: Sequence[Mapping[str, str]]) -> None:
        if packages:
            said = "; ".join(f"{one['package']} ({one['reason']})" for one in packages)
            self.warn(f"Optional packages are not in the venv, so modules that require them fail in it: {said}")

    def _missing_system(self, profile: Profile | None, outcome: VenvOutcome) -> list[str] | None:
        """What the host lacks, None where that is not known; a warning says so where the venv is another one."""
        if profile is None or not profile.system:
            return []
        from .host_packages import missing_packages

        venv = outcome.generation.path if outcome.generation is not None else None
        found = missing_packages(profile.system, runner=self.runner, venv=venv)
        if found.warning is not None and outcome.changed:
            self.warn(found.warning)
        return list(found.missing) if found.missing is not None else None

    def _warn_of(self, outcome: VenvOutcome, link: PublicLink) -> None:
        if outcome.changed and outcome.linked_projects:
            self.warn(f"{link.path} changes for all projects that link to it: {', '.join(outcome.linked_projects)}")
        overwritten = overwritten_files(outcome)
        if overwritten is not None:
            self.warn(overwritten)


def _parent(parent: str | None, projects: list[Project], sources: Sequence[ProjectRequirements]) -> str | None:
    """The directory of the parent; raises :class:`InputError` where it is not among the projects."""
    if parent is None:
        return None
    if parent == AUTO:
        from .._projects.parent import natural_parent

        return natural_parent(projects, (one.requirement for source in sources for one in source.requirements)).path
    from .._projects.links import link_targets

    return link_targets(projects, target="", parent=parent)[0][0].path


def _read_lock(directory: str) -> Lockfile:
    from .lockfile import read_lock

    return read_lock(directory)


def _explained(
    error: ResolutionError, sources: Sequence[ProjectRequirements], request: VenvRequest, venv: SharedVenv
) -> ResolutionError:
    """``error`` with who requires what, and where."""
    if not sources:
        return error
    from .._union.explanation import explained, of_task
    from .._union.union import UvResolver

    asked = [*request.packages, *([request.ansible_core] if request.ansible_core else [])]
    everything = [*sources, of_task(asked, sources)]
    return explained(error, everything, resolver=lambda: UvResolver(*venv.uv_and_python(request)))
