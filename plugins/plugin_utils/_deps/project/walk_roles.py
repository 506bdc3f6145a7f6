# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Walks roles as Ansible would: what a name can mean, dependencies, variables, tasks and handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..model import FileLocation
from .context import Context, text_of
from .forms import wrong_in_metadata, wrong_in_role
from .keywords import HANDLERS
from .names import looks_full
from .role_directory import RoleDirectory
from .role_files import role_files
from .roles import named_dependency, role_context
from .scan import is_template
from .scope import ANY
from .values import Values
from .walk_tasks import TaskWalker
from .yaml import Fields, UnusableFileError, line_of, unless_empty, yaml_error


class RoleWalker(TaskWalker):
    """Walks the roles that plays, tasks and other roles name."""

    def _role_entry(self, entry: Any, context: Context, path: Path) -> None:
        """An item of ``roles:`` or of a role's dependencies."""
        self.keywords.wrong(wrong_in_role(entry), entry, context, path)
        if isinstance(entry, Fields):
            name = text_of(entry.get("role")) or text_of(entry.get("name"))
            own = {key: value for key, value in entry.items() if key not in ("role", "name", "when", "tags", "vars")}
            self.values.learn(own)
            self.findings.variables(Fields(own), context.files.shown(path), context.known)
            self.variables.learn(entry.get("vars"))
            self._keywords(entry, context, path)
            context = self._inside(entry, context)
        else:
            name = text_of(entry)
        if name is not None:
            self._role(name, context, path, {})
            if is_template(name):
                self.templated.again(partial(self._role, name, context, path, {}))

    def _role(self, name: str, context: Context, path: Path, parts: dict[str, Any]) -> None:
        follow = partial(self._role, name, context, path, parts)
        if self._is_too_deep(name, context, path):
            return
        location = context.location(path, name)
        context = context.deeper(location)
        sure = {name, *Values().patterns(name, context.known)}
        patterns = self.values.patterns(name, context.known)
        doubt, note = self.values.doubt, self.values.note
        is_open = any(ANY in pattern for pattern in patterns)
        found, problems = self._roles_of(patterns, context)
        settable = [] if is_open else self.values.settable(name, context.known, patterns)
        others = [one for one in self._roles_of(settable, context)[0] if one not in found]
        is_templated = is_template(name)
        # What a literal name means is followed however much was spent.
        followed = [
            one for roles in (found, others) if not is_templated or self.values.spend(len(roles)) for one in roles
        ]
        note = note or self.values.note
        is_sure = len(patterns) == 1 and not (others or doubt or note)
        inner = self.templated.certain(context, follow, is_sure=is_sure) if is_templated else context
        for problem in problems:
            self.findings.missing("role", name, location, problem, stops=inner.static)
        inner = inner.at_run_time() if is_open else inner
        for one in followed:
            self._named_role(one, location, inner, path, parts, said="" if one in sure else name)
        if is_open or others or doubt or note:
            self.findings.unknown(name, location, note or ("" if is_open else doubt))

    def _roles_of(self, patterns: Iterable[str], context: Context) -> tuple[list[str], list[str]]:
        """The names of roles that patterns can mean, and why some cannot be told."""
        found = [[one] if ANY not in one else self.roles.matching(one, context) for one in patterns]
        names = [name for one in found if not isinstance(one, str) for name in one]
        return list(dict.fromkeys(names)), [one for one in found if isinstance(one, str)]

    def _named_role(
        self, name: str, location: FileLocation, context: Context, path: Path, parts: dict[str, Any], *, said: str
    ) -> None:
        """Walk the role ``name``; where a variable has it, which ``said`` names, it may be meant for something else."""
        found = self.roles.find(name, context)
        if context.within and self.roles.is_at_base(found, context):
            self.finder.visited.searched_at_base(context.within)
        full = "" if said else self.roles.perhaps_missing(name, found, context)
        if full:
            name, found = full, self.roles.find(full, context)
        self.roles.uses.add(name, found, location, context, path, is_sure=not said)
        if looks_full(name):
            self.findings.name("role", name, location)
        if isinstance(found, RoleDirectory):
            if found.collection and not looks_full(name):
                self.findings.name("role", f"{found.collection}.{name}", location)
            self.role(found, context, parts, path, said=said)
        elif looks_full(name) or not said:
            self.findings.missing("role", name, location, found, stops=context.static and not said)
        else:
            self.findings.unknown(said, location, f"{name}: {found}")

    def role(self, role: RoleDirectory, outer: Context, parts: dict[str, Any], path: Path, *, said: str = "") -> None:
        """Walk a role; ``parts`` are ``tasks_from`` and its like, which the file ``path`` names.

        ``said``: see :meth:`_named_role`. Of one that was walked before, those are followed that are templates: they
        may be more files by now.
        """
        names = {part: str(parts.get(f"{part}_from") or "main") for part in ("tasks", "handlers", "vars", "defaults")}
        may_lack = bool(said) and {*names.values()} != {"main"}
        key = ("role", role.path, role.collection, *names.values(), may_lack)
        outer = self._shared(key, outer)
        is_known = self.finder.visited.before(key, outer.base, outer.within, static=outer.static)
        sections = [section for section, name in names.items() if not is_known or is_template(name)]
        if not sections:
            return
        self.role_directories.setdefault(role.path)
        meta = role.files.yaml_file(role.path / "meta" / "main")
        metadata = self._metadata(meta, role, stops=outer.static) if meta is not None else None
        context = role_context(role, outer, metadata)
        context = context.with_scope(self.role_scopes.setdefault(key, context.local))
        location = outer.location(path, None)
        follow = partial(self.role, role, outer, parts, path, said=said)
        files = partial(
            role_files, role, parts=parts, context=context, finder=self.finder, location=location, said=said
        )
        for section in ("defaults", "vars"):
            chosen = files(section=section) if section in sections else []
            inner = self._chosen(names[section], context, follow)
            for one in chosen:
                self.variables.file(one, context, stops=inner.static, are_defaults=section == "defaults")
        if isinstance(metadata, Fields) and meta is not None and not is_known:
            self.keywords.wrong(wrong_in_metadata(metadata), metadata, replace(context, static=outer.static), meta)
            self.keywords.searched(metadata.get("collections"), context, meta)
            dependencies = metadata.get("dependencies")
            for dependency in dependencies if isinstance(dependencies, list) else ():
                self._role_entry(named_dependency(dependency), replace(context, directories=outer.directories), meta)
        for section in ("tasks", HANDLERS):
            chosen = files(section=section) if section in sections else []
            inner = self._chosen(names[section], context, follow)
            for one in chosen:
                are_handlers = None if outer.are_handlers is None else section == HANDLERS
                self.task_file(one, inner.handling(are_handlers))

    def _chosen(self, name: str, context: Context, follow: Callable[[], None]) -> Context:
        """The context of the files of a role that ``name`` has chosen last: ``main``, or what ``tasks_from`` says."""
        return self.templated.certain(context, follow, is_sure=self.finder.is_sure) if is_template(name) else context

    def _metadata(self, path: Path, role: RoleDirectory, *, stops: bool) -> Any:
        try:
            metadata = unless_empty(role.files.readable_yaml(path))
            if metadata is not None and not isinstance(metadata, Fields):
                raise yaml_error(role.files.shown(path), line_of(metadata), "the metadata of a role is a mapping")
            return metadata
        except UnusableFileError as error:
            self.findings.unusable(error, stops=stops)
            return None
