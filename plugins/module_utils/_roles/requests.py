# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a user asks for in ``roles:``, in the forms that a Galaxy requirements file has.

They are those of ``role_yaml_parse`` in ansible/playbook/role/requirement.py, but for ``include``, which is a file.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import InputError
from .._galaxy.address import REFERENCE, check_address, revision_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCMS = ("git", "hg")
#: ``sha256`` is known to us only: ansible-galaxy ignores it.
_KEYS = ("name", "role", "src", "scm", "version", "requested_revision", "sha256")
_DIGEST = re.compile(r"[0-9a-f]{64}|")
#: What is also a directory's name, and cannot lead elsewhere.
_NAME = re.compile(r"\w[\w.+-]{0,199}")
#: The owner, which can have dots, and the role.
_GALAXY_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+")

_QUOTED = r'("(?:[^"\\\n]|\\.)*")'
_LOCKED = re.compile(
    rf"^  - name: {_QUOTED}\n    src: {_QUOTED}\n(?:    requested_revision: {_QUOTED}\n)?"
    rf"    version: {_QUOTED} # sha256:([0-9a-f]{{64}})$",
    re.MULTILINE | re.ASCII,
)


@dataclass(frozen=True)
class RoleRequest:
    """One entry of a requirements file.

    ``name`` is the one that playbooks use. ``src`` is the name on Galaxy, an address, or the absolute path of a
    tarball or directory on this host; with ``scm``, ``git`` or ``hg``, that of a repository. ``version`` is empty for
    the newest. ``requested_revision``: see ``CollectionRequest``. ``sha256`` is what its content must have
    (``role_digest``), empty for any.
    """

    name: str
    src: str
    scm: str | None = None
    version: str = ""
    requested_revision: str = ""
    sha256: str = ""

    @property
    def revision(self) -> str:
        """The commit, branch or tag of a repository, or the version, that was asked for; empty for the newest."""
        return revision_of(self.requested_revision or self.version)

    @property
    def path(self) -> str | None:
        """Where the tarball or directory is, None for what is fetched."""
        return self.src if self.scm is None and os.path.isabs(self.src) else None

    def listed(self) -> dict[str, str]:
        """As people write it, with the version and the content last."""
        content = {"sha256": self.sha256} if self.sha256 else {}
        if self.scm is not None and "+" in self.src:
            return {**self.entry(), **content}
        parts = {"name": self.name, "src": self.src if self.src != self.name else "", "scm": self.scm or ""}
        revisions = {"requested_revision": self.requested_revision, "version": self.version}
        return {**{key: text for key, text in {**parts, **revisions}.items() if text}, **content}

    def place(self) -> RoleRequest:
        """The same for any content."""
        return replace(self, sha256="")

    def entry(self) -> dict[str, str]:
        """As it stands in a requirements file; the key ``scm`` alone would not hold for a ``src`` with a ``+``."""
        src = f"{self.scm}+{self.src}" if self.scm is not None else self.src
        revisions = {"requested_revision": self.requested_revision, "version": self.version}
        return {"name": self.name, "src": src, **{key: text for key, text in revisions.items() if text}}


@dataclass(frozen=True)
class LockedRole:
    """A role in a lock."""

    name: str
    version: str
    sha256: str
    src: str
    scm: str | None = None
    requested_revision: str = ""

    def request(self) -> RoleRequest:
        """What asks for exactly this."""
        return RoleRequest(self.name, self.src, self.scm, self.version, self.requested_revision)

    def difference(self, asked: RoleRequest) -> str:
        """What ``asked`` requires of it and it is not; empty where it is what is asked for."""
        if (asked.src, asked.scm) != (self.src, self.scm):
            return f"the role {self.name} from {asked.src} is required, and the lock has it from {self.src}"
        revision = revision_of(self.requested_revision) if self.scm is not None else self.version
        is_any = self.scm is None and not asked.revision
        if is_any or asked.version == self.version or asked.revision in (self.version, revision):
            return ""
        newest = "the newest commit"
        wanted = asked.revision or newest
        return f"the role {self.name} {wanted} is required, and the lock has {revision or newest}"


def roles_of(text: str) -> tuple[LockedRole, ...]:
    """The roles in this listing; ``ValueError`` or :class:`InputError` for an entry that is none of ours."""
    return tuple(map(_role_of, _LOCKED.findall(text)))


def _role_of(match: tuple[str, ...]) -> LockedRole:
    name, src, requested, version = (json.loads(text or '""') for text in match[:4])
    scm, plus, address = src.partition("+")
    is_repository = plus and scm in ("git", "hg")
    scm = scm if is_repository else ""
    locked = LockedRole(name, version, match[4], address if is_repository else src, scm or None, requested)
    parse_roles([locked.request().entry()])
    return locked


def role_text(role: LockedRole) -> str:
    """An entry for ansible-galaxy; text in JSON's form is YAML, and no other reader takes a version for a number."""
    entry = {**role.request().entry(), "version": role.version}
    keys = ("name", "src", *(["requested_revision"] if role.requested_revision else []), "version")
    lines = [f"{key}: {json.dumps(entry[key])}" for key in keys]
    listed = "\n    ".join(lines)
    return f"  - {listed} # sha256:{role.sha256}\n"


def parse_roles(entries: Sequence[object]) -> list[RoleRequest]:
    """The requests of the option ``roles``, in its order, each once; :class:`InputError` names the entry that is
    wrong."""
    requests: dict[str, RoleRequest] = {}
    for number, entry in enumerate(entries, start=1):
        try:
            request = _parse(entry)
            earlier = requests.setdefault(request.name, request)
            if not earlier.sha256 and earlier == request.place():
                requests[request.name] = request
            elif request not in (earlier, earlier.place()):
                raise InputError(f"the role {request.name} has two different entries; remove one")
        except InputError as error:
            raise InputError(f"roles, entry {number}: {error.message}") from error
    return list(requests.values())


def is_galaxy_name(name: str) -> bool:
    """Whether a role of this name can be on a Galaxy server: it has an owner."""
    return _GALAXY_NAME.fullmatch(name) is not None


def name_of_source(src: str) -> str:
    """The name that ansible-galaxy gives to what has none (``repo_url_to_role_name``); of a path the last part."""
    if "://" not in src and "@" not in src and not os.path.isabs(src):
        return src
    last = src.rstrip("/").rpartition("/")[2]
    for ending in (".git", ".tar.gz"):
        last = last[: -len(ending)] if last.endswith(ending) else last
    return last


def _parse(entry: object) -> RoleRequest:
    if isinstance(entry, str):
        src, *rest = (part.strip() for part in entry.split(","))
        if len(rest) > 2:
            raise InputError(f"{shown(entry)} has more than src,version,name")
        version, name = [*rest, "", ""][:2]
        fields = {"src": src, "version": version or None, "name": name or None, "requested_revision": None}
        return _checked(fields, shown(entry))
    if isinstance(entry, dict):
        return _from_dictionary(entry)
    raise InputError(f"{shown(entry)} is neither a name such as geerlingguy.docker nor a dictionary with src or name")


def _from_dictionary(entry: Mapping[object, Any]) -> RoleRequest:
    if "include" in entry:
        raise InputError("include is not supported here; write the entries of that file")
    unknown = [shown(key) for key in entry if key not in _KEYS]
    if unknown:
        raise InputError(f"unknown key {', '.join(unknown)}; known are {', '.join(_KEYS)}")
    if entry.get("role") is not None and entry.get("name") is not None:
        raise InputError("role and name are the same; remove one")
    fields = {key: _text(entry, key) for key in _KEYS}
    name = fields.pop("role") or fields["name"]
    src = fields["src"]
    if src is not None and _is_repository_of_a_forge(src) and fields["scm"] is None:
        src = f"git+{src}"
    return _checked({**fields, "name": name, "src": src}, shown(entry))


def _is_repository_of_a_forge(src: str) -> bool:
    """As ansible-galaxy itself decides, for this forge alone."""
    return "github.com" in src and "http" in src and "+" not in src and not src.endswith(".tar.gz")


def _checked(fields: Mapping[str, str | None], what: str) -> RoleRequest:
    src, scm, version = fields["src"] or fields["name"], fields.get("scm"), fields["version"] or ""
    if not src:
        raise InputError(f"{what} has neither src nor name")
    if scm is None and src.startswith(tuple(f"{one}+" for one in _SCMS)):
        scm, _plus, src = src.partition("+")
    if scm not in (None, *_SCMS):
        raise InputError(f"scm {shown(scm)} is not supported; use one of {', '.join(_SCMS)}")
    name = fields["name"] or name_of_source(src)
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{shown(name)} is not the name of a role: it must begin with a letter or digit and consist of letters, "
            "digits, dots, dashes and underscores; set name"
        )
    if version and not REFERENCE.fullmatch(version):
        raise InputError(f"version {shown(version)} is not a version, commit, tag or branch")
    sha256 = fields.get("sha256") or ""
    if not _DIGEST.fullmatch(sha256):
        raise InputError(f"sha256 {shown(sha256)} is not one: it has 64 of the digits 0 to 9 and a to f")
    requested = fields["requested_revision"] or ""
    if requested and (scm is None or not REFERENCE.fullmatch(requested)):
        raise InputError(f"requested_revision {shown(requested)} is not the name of a branch or tag of a repository")
    return RoleRequest(name, _source(src, scm), scm, version, requested, sha256)


def _source(src: str, scm: str | None) -> str:
    if scm is not None:
        return check_address(src, scm)
    if "://" in src:
        return check_address(src, "tarball")
    if os.path.isabs(src) and "\0" not in src:
        return src
    if is_galaxy_name(src):
        return src
    raise InputError(
        f"{shown(src)} is neither a name on Galaxy, such as geerlingguy.docker, nor an address, nor the absolute path "
        "of a tarball or directory"
    )


def _text(entry: Mapping[object, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise InputError(f"{key} must be text, not {shown(value)}; quote it")
