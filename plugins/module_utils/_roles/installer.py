# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Let ``ansible-galaxy role install`` put roles into a directory of ours, and what it installed into the cache.

It fetches with the settings of the user: servers, tokens, certificates, proxies, the user's git. The roles that a role
depends on (meta/main.yml and meta/requirements.yml) come along, as ansible-galaxy has it.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from .._errors import SourceError
from .._galaxy.complaints import Complaint, complaint_of
from .._galaxy.run import GalaxyCommand, failure
from .._galaxy.tool import messages_of, reason_of
from .._printable import listed, shortened
from .._store.json import OptionalText, read_json
from .._store.layout import GALAXY
from .._store.staging import staging
from .requests import RoleRequest
from .role_cache import CachedRole, RoleOrigin
from .tree import role_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._galaxy.settings import GalaxySettings
    from .._galaxy.tool import GalaxyTool
    from .._runner import Completed, Runner
    from .._store.store import Store
    from .role_cache import RoleCache

#: Runs in the process of ansible-galaxy, before it starts. What that is asked to install by another role can have any
#: name and version, which it gives to git as they are. What it installed is written to the file in ``root``: a commit
#: is the comment of the archive that git makes, and dependencies are those that ansible-galaxy follows
#: (``_execute_install_role`` in ansible/cli/galaxy.py).
_NOTING = r"""
import copy, json, re, tarfile
from ansible.galaxy.role import GalaxyRole
from ansible.playbook.role.requirement import RoleRequirement
commits, installed = {}, {}
archive, install = RoleRequirement.scm_archive_role, GalaxyRole.install
def noted_archive(*arguments, **spec):
    path = archive(*arguments, **spec)
    with tarfile.open(path) as opened:
        commits[spec["name"]] = opened.pax_headers.get("comment")
    return path
def dependencies_of(role):
    written = copy.deepcopy(role.metadata_dependencies + role.requirements)
    parsed = map(RoleRequirement.role_yaml_parse, written)
    return [
        one["name"] for one in parsed
        if "." in one["name"] or "." in (one.get("src") or "") or one.get("scm") is not None
    ]
def noted_install(role):
    if not re.fullmatch(r"\w[\w.+-]{0,199}", role.name) or str(role.version or "").startswith("-"):
        sys.exit(f"[ERROR]: a role has the name {role.name!r} and the version {role.version!r}, which cannot be used")
    src = role.src
    done = install(role)
    if done:
        version = commits.get(role.name) or role.version or ""
        needed = dependencies_of(role) if role.metadata else []
        installed[role.name] = {"version": str(version), "src": str(src), "scm": role.scm, "dependencies": needed}
        with open(os.path.join(root, "installed.json"), "w", encoding="utf-8") as stream:
            json.dump(installed, stream)
    return done
RoleRequirement.scm_archive_role = staticmethod(noted_archive)
GalaxyRole.install = noted_install
"""
_FAILED = re.compile(r"- .* was NOT installed successfully: (?P<reason>.*)", re.DOTALL)
_COLLECTED = re.compile(r"- you can use --ignore-errors")


class _Installed(TypedDict):
    version: str
    src: str
    scm: OptionalText
    dependencies: list[str]


@dataclass(frozen=True)
class RoleInstaller:
    """Runs the ansible-galaxy of ``tool`` as the user of ``settings`` would."""

    tool: GalaxyTool
    runner: Runner
    store: Store
    cache: RoleCache
    settings: GalaxySettings

    def fetch(self, requests: Sequence[RoleRequest]) -> list[CachedRole]:
        """The roles that are asked for, with all they depend on; raises :class:`SourceError`."""
        what = f"the role {listed([shortened(request.name, 80) for request in requests])}"
        galaxy = GalaxyCommand(self.tool, self.runner, self.settings, "roles")
        python = galaxy.python(what)
        self.store.prepare()
        with staging(self.store.directory(GALAXY)) as scratch:
            root, temporary = os.path.join(scratch, "roles"), os.path.join(scratch, "temporary")
            for directory in (root, temporary):
                os.mkdir(directory)
            local = {one.name: _tarball(one.path, temporary, one.name) for one in requests if one.path is not None}
            requirements = os.path.join(scratch, "requirements.yml")
            with open(requirements, "w", encoding="utf-8") as stream:
                entries = [{**one.entry(), "src": local.get(one.name, one.entry()["src"])} for one in requests]
                json.dump({"roles": entries}, stream)
            ended = galaxy.run(
                python,
                ["role", "install", "--role-file", requirements, "--roles-path", root],
                scratch=scratch,
                what=what,
                changes=_NOTING,
                variables={"ANSIBLE_ROLES_PATH": root, "TMPDIR": temporary},
            )
            if ended.returncode != 0:
                addresses = {one.name: one.src for one in requests}
                raise failure(what, complaint_of(self.settings.masked(_reason(ended)), addresses=addresses))
            return self._kept(root, requests, what)

    def _kept(self, root: str, requests: Sequence[RoleRequest], what: str) -> list[CachedRole]:
        """What was installed in ``root``, in the cache."""
        try:
            installed = read_json(os.path.join(os.path.dirname(root), "installed.json"), dict[str, _Installed])
        except (OSError, ValueError):
            installed = {}
        asked = {one.name: one for one in requests}
        missing = sorted(asked.keys() - installed.keys())
        if missing:
            raise failure(what, Complaint(f"it did not install {listed(missing)}"))
        try:
            return [self._cached(root, name, one, asked.get(name)) for name, one in sorted(installed.items())]
        except SourceError as error:
            raise failure(what, Complaint(error.message)) from error

    def _cached(self, root: str, name: str, installed: _Installed, request: RoleRequest | None) -> CachedRole:
        # A path of ours stood for a path of the user's.
        src, scm = (request.src, request.scm) if request is not None else (installed["src"], installed["scm"])
        dependencies = tuple(installed["dependencies"])
        try:
            return self.cache.add(
                os.path.join(root, name), RoleOrigin(name, installed["version"], src, scm, dependencies)
            )
        except SourceError as error:
            raise SourceError(f"{name}: {error.message}") from error


def _tarball(path: str, directory: str, name: str) -> str:
    """The tarball at ``path``, or one of the directory there, which ansible-galaxy does not take."""
    if not os.path.isdir(path):
        if not os.path.isfile(path):
            raise SourceError(f"roles: {path} is neither a tarball nor a directory of this host; correct the entry")
        return path
    target = os.path.join(directory, f"{name}.tar")
    try:
        with tarfile.open(target, "w") as archive:
            for relative, file in sorted(role_files(path).items()):
                archive.add(file, arcname=f"{name}/{relative}", recursive=False)
    except OSError as error:
        raise SourceError(f"roles: {path} cannot be read: {error.strerror}") from error
    except SourceError as error:
        raise SourceError(f"roles: {path}: {error.message}") from error
    return target


def _reason(ended: Completed) -> str:
    """Why a role was not installed, which ansible-galaxy says in a warning; its error only says how to go on."""
    messages = messages_of(ended.stderr)
    failed = (match["reason"] for _label, text in messages if (match := _FAILED.match(text)))
    errors = (text for label, text in messages if label == "ERROR" and not _COLLECTED.match(text))
    return next(iter((*failed, *errors)), None) or reason_of(ended)
