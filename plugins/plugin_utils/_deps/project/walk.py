# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Walks a project as Ansible would: plays and imported playbooks, and from there all that they include and import."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ..model import FileLocation
from .actions import free_form
from .context import Context
from .files import Files
from .forms import (
    IMPORT_PLAYBOOK,
    without_hosts,
    wrong_at_run_time,
    wrong_in_import,
    wrong_in_play,
)
from .keywords import HANDLERS, SECTIONS
from .names import split_playbook
from .roles import missing_in_collection
from .scan import is_template
from .scope import ANY
from .walk_roles import RoleWalker
from .yaml import Fields, Text, UnusableFileError, line_of, yaml_error


class Walker(RoleWalker):
    """Collects into ``findings``; a file is walked once for each role that it is seen from."""

    def found_playbook(
        self,
        path: Path,
        files: Files,
        nesting: int = 0,
        *,
        stops: bool = False,
        static: bool = True,
        collection: str = "",
    ) -> bool:
        """Walk a playbook that the user did not name; whether it can be used, which is reported when it cannot.

        ``stops``: Ansible reads it before the first task. ``static`` and ``collection``: see :class:`Context`.
        """
        try:
            self.playbook(path, files, nesting, static=static, collection=collection)
        except UnusableFileError as error:
            self.findings.unusable(error, stops=stops)
            return False
        return True

    def playbook(
        self, path: Path, files: Files, nesting: int = 0, *, static: bool = True, collection: str = ""
    ) -> None:
        """Walk a playbook: a list of plays and imported playbooks. Raises UnusableFileError for what is none."""
        if self.finder.visited.before(("playbook", path), path.parent, static=static):
            return
        document = files.readable_yaml(path)
        if not isinstance(document, list) or not document:
            raise yaml_error(files.shown(path), line_of(document), "a playbook is a list of at least one play")
        base = path.parent
        self.bases.setdefault(base)
        context = Context(files, base, (base,), nesting=nesting, static=static).with_local(playbook_dir=[str(base)])
        context = context.of_collection(self.roles.collection_around(path, files) or collection)
        self.variables.beside(base, context)
        for play in document:
            if not isinstance(play, Fields):
                raise yaml_error(files.shown(path), line_of(play), "a play is a mapping with hosts: and tasks:")
            imported = next((play[name] for name in IMPORT_PLAYBOOK if play.get(name)), None)
            if imported is not None and "hosts" not in play:
                self.keywords.wrong(wrong_in_import(play), play, context, path)
                self.variables.learn(play.get("vars"))
                self._keywords(play, context, path)
                self._imported_playbook(imported, context, path)
            else:
                self._play(play, context, path)

    def _imported_playbook(self, value: Any, context: Context, path: Path) -> None:
        location = context.location(path, value)
        nesting = context.deeper(location).nesting
        name = Text.at(free_form(str(value)), location.line)
        if split_playbook(name) is not None:
            self.collection_playbook(name, location, nesting, static=context.static)
            return
        found = self.finder.files(name, "", context, path)
        if is_template(name):
            follow = partial(self._imported_playbook, value, context, path)
            self.templated.again(follow)
            context = self.templated.certain(context, follow, is_sure=self.finder.is_sure)
            for pattern in self.values.patterns(name, context.known):
                if ANY not in pattern and split_playbook(pattern) is not None:
                    self.collection_playbook(Text.at(pattern, location.line), location, nesting, static=False)
        for one in found:
            self.found_playbook(
                one,
                context.files,
                nesting,
                stops=context.static,
                static=context.static,
                collection=context.collection,
            )

    def collection_playbook(self, name: Text, location: FileLocation, nesting: int = 0, *, static: bool = True) -> None:
        """Walk ``namespace.collection.playbook``, which ``location`` names."""
        self.findings.name("playbook", name, location)
        collection, playbook = split_playbook(name) or ("", "")
        content = self.roles.library.open(collection)
        found = content.playbook(playbook) if content is not None else None
        if content is not None and found is not None:
            self.found_playbook(found, content.files, nesting, stops=static, static=static, collection=collection)
            return
        reason = missing_in_collection(collection, "playbook", playbook, known=content is not None)
        self.findings.missing("playbook", name, location, reason, stops=static)

    def _play(self, play: Fields, outer: Context, path: Path) -> None:
        context = outer.with_search(play.get("collections")).running(self.hosts.play(play))
        self.variables.learn(play.get("vars"))
        self.variables.files(play.get("vars_files"), context, path)
        self._keywords(play, context, path)
        self.keywords.prompts(play, context, path)
        self.variables.learn(self.keywords.prompted(play))
        if self.play_keywords:
            unknown = [name for name in play if name not in self.play_keywords]
            self.keywords.unknown("play", unknown, play, context, path)
        self.keywords.wrong(without_hosts(play), play, context, path, stops=not self.is_begun)
        self.is_begun = True
        self.keywords.wrong(wrong_in_play(play), play, context, path)
        self.keywords.wrong(wrong_at_run_time(play), play, context, path, stops=False)
        roles = [] if play.get("roles") is None else play["roles"]
        if not isinstance(roles, list):
            raise yaml_error(context.files.shown(path), line_of(roles), "roles are a list")
        for role in roles:
            self._role_entry(role, context, path)
        for section in SECTIONS:
            self.tasks(play.get(section), context.handling(section == HANDLERS), path)
